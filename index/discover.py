"""Discovery on the database: gathers who leads where, ranks it, keeps the candidates, tells each as a path in words."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from index import hashtags
from index.filters import UnknownFilterError, topic
from pipelines.discovery.places import Place, place_of, weights
from pipelines.discovery.score import Lead, Leader, Scored, rank
from pipelines.topics.classifier import classifier
from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, niches
from storage import discovery as stored
from storage.read import accounts, best_name, creator_of
from storage.records import key_of
from storage.suppression import Suppressor, read_key
from storage.tables import account

Visit = Callable[[Place], str | None]
"""What a spider asks for on its first visit to a place; None where it can't."""
_BLANK = 2.0
"""A creator's share on the topic is taken over so many posts more than there are: one post makes no specialist."""
_SAYS = {
    "blogroll": "recommends it (blogroll)",
    "follow": "follows it",
    "boost": "passed on a post of it",
    "mention": "mentions it",
    "body": "links to it in a post",
    hashtags.KIND: "writes under it (hashtag)",
    "bio": "names it in the profile text",
}


class BadWish(Exception):
    """A topic, language or file of wishes that can't be understood; the text says how to mend it."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants to find, and how much of the budget goes into finding."""

    topics: tuple[str, ...]
    """Niche ids; empty where nothing is wished."""
    languages: tuple[str, ...] = ()
    share: float = 0.2
    depth: int = 3


@dataclass(slots=True)
class Found:
    """A ranked candidate with its place and what the spider visits."""

    place: Place
    visit: str
    scored: Scored


@dataclass(slots=True)
class Survey:
    """What discovery saw: candidates, the best first, and how many addresses were left out, by reason."""

    found: list[Found] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    leaders: int = 0


def topics_of(words: Iterable[str]) -> tuple[str, ...]:
    """Niche ids of what a user calls a topic: an id, a domain, or a name of one in any of fifteen languages.

    Raises BadWish for words that name none (with the nearest), and for topics that are never said of a person.
    """
    chosen: list[str] = []
    for word in words:
        try:
            kind, name = topic(word)
        except UnknownFilterError as problem:
            raise BadWish(str(problem)) from None
        some = [name] if kind == "niche" else [n.id for n in niches() if n.domain == name]
        chosen += [one for one in some if one not in NEVER_OF_A_PERSON]
    return tuple(dict.fromkeys(chosen))


def read_wishes(path: Path) -> Wishes:
    """The wishes in a TOML file: topics (required), languages, share (0..1 of the budget), depth. Raises BadWish."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadWish(f'{path}: {error}; write lines such as topics = ["food.baking"]') from error
    if odd := sorted(given.keys() - {"topics", "languages", "share", "depth"}):
        raise BadWish(f"{path}: {', '.join(odd)} is unknown; there are topics, languages, share and depth")
    topics, languages = given.get("topics"), given.get("languages", [])
    for name, value in (("topics", topics), ("languages", languages)):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadWish(f'{path}: {name} is a list of words, such as {name} = ["..."]')
    share, depth = given.get("share", 0.2), given.get("depth", 3)
    if not isinstance(share, int | float) or not 0 <= share <= 1:
        raise BadWish(f"{path}: share is the part of the budget, from 0 to 1")
    if not isinstance(depth, int) or depth < 1:
        raise BadWish(f"{path}: depth is a number of steps, 1 or more")
    return Wishes(topics_of(topics or ()), tuple(languages), float(share), depth)


def survey(connection: Connection, wishes: Wishes, visit: Visit) -> Survey:
    """Ranks every unvisited place that creators on the topic lead to, up to the wished depth."""
    seen, steps = Survey(), stored.depths(connection)
    leaders = {
        row.creator: Leader(
            row.on / (row.posts + _BLANK),
            steps.get(row.creator, 0),
            not wishes.languages or 2 * row.spoken >= row.posts,
        )
        for row in stored.writers(connection, wishes.topics, wishes.languages)
    }
    seen.leaders = len(leaders)
    of = stored.accounts_of(connection, leaders)
    links = list(stored.links_of(connection, of, list(weights()["kind"])))
    texts = _text_fits({row.text for row in links if row.text}, wishes.topics)
    places: dict[str, Place] = {}
    targets: dict[str, str] = {}
    left_out = Suppressor(read_key(connection.engine))
    left_out.refresh(connection)
    for url in {row.url for row in links}:
        place = place_of(url)
        if isinstance(place, Place) and (left_out.holds(url) or left_out.holds(place.url)):
            seen.left_out["asked_to_be_left_out"] += 1
        elif isinstance(place, Place):
            targets[url] = places.setdefault(place.address, place).address
        else:
            seen.left_out[place] += 1
    named = {row.url: row.target for row in links if row.target and row.url in targets}
    known = stored.holders(connection, [*places, *named.values()])
    known |= {targets[url]: known[target] for url, target in named.items() if target in known}
    leads = [
        Lead(of[row.account], targets[row.url], row.kind, texts.get(row.text, 0.0))
        for row in links
        if row.url in targets
    ]
    counts = stored.referrers(connection, named.values())
    everyone: Counter[str] = Counter()
    for url, target in named.items():
        everyone[targets[url]] = max(everyone[targets[url]], counts.get(target, 0))
    creators = connection.execute(select(func.count()).select_from(account)).scalar_one()
    tagged, at, users = hashtags.hashtags(connection, of, wishes.topics)
    leads, places = leads + tagged, places | at
    vouched: dict[str, set[int]] = {}
    for lead in leads:
        vouched.setdefault(lead.address, set()).add(lead.creator)
    others = {address: max(0, everyone[address] - len(them)) for address, them in vouched.items()} | users
    _sift(connection, seen, rank(leaders, leads, known, others, creators), places, wishes, visit)
    return seen


def _sift(
    connection: Connection,
    seen: Survey,
    ranked: list[Scored],
    places: Mapping[str, Place],
    wishes: Wishes,
    visit: Visit,
) -> None:
    """Leaves out what is too deep, was a source before (whatever came of it), or comes in a crowd of one site."""
    found = []
    for scored in ranked:
        place = places[scored.address]
        if scored.depth > wishes.depth:
            seen.left_out["too_deep"] += 1
        elif (address := visit(place)) is None:
            seen.left_out["no_account"] += 1
        else:
            found.append(Found(place, address, scored))
    before = stored.visited(connection, [key_of(one.place.platform, one.visit) for one in found])
    sites: Counter[str] = Counter()
    for one in found:
        key = key_of(one.place.platform, one.visit)
        if key in before:
            seen.left_out[f"visited ({before[key] or 'waiting'})"] += 1
        elif sites[one.place.site] >= weights()["limits"]["per_site"]:
            seen.left_out["crowd"] += 1
        else:
            sites[one.place.site] += 1
            seen.found.append(one)


def _text_fits(texts: set[str], topics: tuple[str, ...]) -> dict[str | None, float]:
    """How sure the words of links are on the topic, beyond a guess; by the cheap classifier."""
    some = sorted(texts)
    if not some:
        return {}
    chances, _ = classifier("cheap").probabilities(some)
    wanted = [place for place, niche in enumerate(niches()) if niche.id in topics]
    fits = chances[:, wanted].sum(axis=1) - len(wanted) / chances.shape[1]
    return {text: max(0.0, float(fit)) for text, fit in zip(some, fits, strict=True)}


def store(connection: Connection, seen: Survey, wishes: Wishes, budget: int, now: datetime) -> int:
    """Keeps the candidates and admits the best ``budget`` of them as sources due now; how many became sources."""
    rows = [
        {
            "key": key_of(one.place.platform, one.place.address),
            "platform": one.place.platform,
            "address": one.place.address,
            "url": one.visit,
            "score": one.scored.score,
            "depth": one.scored.depth,
            "vouchers": len(one.scored.vouchers),
            "path": [[v.creator, v.kind] for v in one.scored.vouchers[:5]],
            "topics": list(wishes.topics),
            "status": "waiting",
        }
        for one in seen.found
    ]
    stored.keep(connection, rows, now)
    return stored.admit(connection, rows[:budget], now)


def told(connection: Connection, one: Found) -> list[str]:
    """Why a candidate stands where it does: a sentence for each of up to five vouchers, and how they were found."""
    lines = []
    for voucher in one.scored.vouchers[:5]:
        word = _SAYS.get(voucher.kind, "names it as a place of its own")
        lines.append(f"{_name(connection, voucher.creator)} ({voucher.trust:.0%} on the topic) {word}")
    if len(one.scored.vouchers) > 5:
        lines.append(f"and {len(one.scored.vouchers) - 5} more")
    chain, creator = [], one.scored.vouchers[0].creator
    for _ in range(one.scored.depth):
        path = stored.found_by(connection, creator)
        if not path:
            break
        chain.append(f"{_name(connection, creator)} was found through {_name(connection, path[0][0])}")
        creator = path[0][0]
    return lines + chain


def _name(connection: Connection, creator: int) -> str:
    members, number = creator_of()
    query = select(account.c.key).select_from(members).where(number == creator).order_by(account.c.first_seen)
    keys: list[Any] = list(connection.execute(query.limit(5)).scalars())
    return best_name(list(accounts(connection, keys))) or "somebody"
