"""Who speaks of a brand, and who pays for it: mentions by creator and brand, and crowds of the small by week."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, or_, select

from index.scores.audience import table
from storage import tables as t
from storage.read import best_name, creator_of, stream, where_in

FLOOR = "nano"
"""Creators of a lower tier, or of none that is known, are private people here: they are counted, never named."""
LEAST_PEOPLE = 3
"""A week's crowd of fewer is not told as a number: who they are could be guessed."""
KINDS = {"none": "organic", "disclosed": "disclosed", "affiliate": "affiliate", "undisclosed": "undisclosed"}
COUNTED = (*KINDS.values(), "unknown")
_KATAKANA = r"\u30a1-\u30fa\u30fc"
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNSPACED += r"\U00020000-\U0003ffff"
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_WORD = rf"(?:[^\W{_UNSPACED}]|[{_MARKS}])"
"""A letter, digit or mark of a script that parts its words: next to it no word of such a script begins or ends."""


class BrandsProblem(Exception):
    """The file of brands can't be used: what, where, and how to mend it."""


def normal(text: str) -> str:
    """Text as it is compared: compatibility forms made one (NFKC), without case."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


@dataclass(slots=True)
class Brand:
    """A brand as the user tells it."""

    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    starts: tuple[str, ...] = field(init=False)
    """The first words, one of which a text must hold: found much faster than the pattern."""
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        words = [normal(one).split() for one in {self.name, *self.aliases, *self.domains}]
        self.starts = tuple(sorted({word[0] for word in words}))
        self.pattern = re.compile("|".join(sorted(map(_bounded, words), key=len, reverse=True)))

    def in_text(self, text: str) -> bool:
        """Whether a text in ``normal`` form names the brand as a word of its own."""
        return any(start in text for start in self.starts) and self.pattern.search(text) is not None

    def in_url(self, url: str) -> bool:
        """Whether an address lies in one of the brand's domains."""
        host = (urlsplit(url).hostname or "").lower()
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


def _bounded(words: list[str]) -> str:
    """The pattern of a name: at an edge in a script without spaces any neighbour may stand, except that a word in
    katakana goes on as long as the katakana does."""
    first, last = words[0][0], words[-1][-1]
    return rf"(?<!{_beside(first)})" + r"\s+".join(map(re.escape, words)) + rf"(?!{_beside(last)})"


def _beside(edge: str) -> str:
    if re.match(f"[{_KATAKANA}]", edge):
        return f"[{_KATAKANA}]"
    return r"[^\s\S]" if re.match(f"[{_UNSPACED}]", edge) else _WORD


def read(path: Path) -> list[Brand]:
    """The brands of a TOML file: [[brand]] with name, aliases, domains. Raises BrandsProblem."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrandsProblem(f"{path}: can't be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrandsProblem(f"{path}: is no TOML ({error}); see docs/atlas.md for an example") from error
    rows = told.get("brand")
    if not isinstance(rows, list) or not rows:
        raise BrandsProblem(f'{path}: names no brand; write [[brand]] and name = "..." under it')
    brands = [_brand(f"{path}: brand {place}", row) for place, row in enumerate(rows, 1)]
    names = [brand.name for brand in brands]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BrandsProblem(f"{path}: {', '.join(twice)} stands there twice; put its names under one [[brand]]")
    return brands


def _brand(where: str, row: Any) -> Brand:
    if not isinstance(row, dict) or not _names(row.get("name")):
        raise BrandsProblem(f'{where}: has no name; write name = "..."')
    if unknown := sorted(row.keys() - {"name", "aliases", "domains"}):
        raise BrandsProblem(f"{where}: {', '.join(unknown)} is not known; a brand has name, aliases, domains")
    for key in ("aliases", "domains"):
        if not isinstance(row.get(key, []), list) or not all(map(_names, row.get(key, []))):
            raise BrandsProblem(f'{where}: {key} is no list of names; write {key} = ["..."]')
    domains = [normal(one.strip()).removeprefix("www.") for one in row.get("domains", [])]
    if odd := [one for one in domains if "/" in one or ":" in one or "." not in one or " " in one]:
        raise BrandsProblem(f"{where}: {odd[0]} is no domain; write it as shop.example, without https:// and path")
    return Brand(row["name"].strip(), tuple(row.get("aliases", [])), tuple(domains))


def _names(value: Any) -> bool:
    return isinstance(value, str) and any(char.isalnum() for char in value)


@dataclass(slots=True)
class Mentions:
    """Posts of one creator that name one brand, by who pays for them (COUNTED): their keys."""

    posts: dict[str, array[int]] = field(default_factory=lambda: {kind: array("q") for kind in COUNTED})


def named(connection: Connection, brands: list[Brand]) -> tuple[list[dict[str, Any]], int]:
    """(a row a creator and brand, the most organic first; how many creators below the floor were left out)."""
    large, small = _above_floor(connection), set[int]()
    found: dict[tuple[int, str], Mentions] = defaultdict(Mentions)
    for creator, post, brand in mentions(connection, brands):
        if creator in large:
            found[creator, brand].posts[KINDS.get(post.sponsorship, "unknown")].append(post.key)
        else:
            small.add(creator)
    names = _creator_names(connection, {creator for creator, _ in found})
    rows = []
    for (creator, brand), told in found.items():
        counts = {kind: len(posts) for kind, posts in told.posts.items()}
        posts = {kind: sorted(some) for kind, some in told.posts.items() if some}
        rows.append({"creator": creator, "name": names.get(creator), "brand": brand, **counts, "posts": posts})
    return sorted(rows, key=lambda row: (row["brand"], -row["organic"], row["creator"])), len(small)


def crowds(connection: Connection, brands: list[Brand]) -> list[dict[str, Any]]:
    """Below the floor: how many people named a brand unpaid in each ISO week; None for fewer than LEAST_PEOPLE."""
    large = _above_floor(connection)
    people: dict[tuple[str, str], set[int]] = defaultdict(set)
    for creator, post, brand in mentions(connection, brands):
        if creator not in large and post.sponsorship == "none" and post.published_at is not None:
            year, week, _ = post.published_at.isocalendar()
            people[brand, f"{year}-W{week:02}"].add(creator)
    told = ((brand, week, len(who)) for (brand, week), who in sorted(people.items()))
    return [{"brand": brand, "week": week, "people": n if n >= LEAST_PEOPLE else None} for brand, week, n in told]


def mentions(connection: Connection, brands: list[Brand]) -> Iterator[tuple[int, Any, str]]:
    """(creator, post, brand) wherever a post's title, text or tags name a brand, or it links to its domain.

    Posts pass one by one; only the keys of posts with such links are held.
    """
    linked = _linked(connection, brands)
    joined, creator = creator_of()
    post = t.post.c
    columns = (post.key, post.sponsorship, post.published_at, post.title, post.text, post.summary, post.tags)
    query = select(creator.label("creator"), *columns).select_from(joined.join(t.post, post.account == t.account.c.key))
    for row in stream(connection, query, 1000):
        text = normal("\n".join((row.title or "", row.text or row.summary or "", *map(str, row.tags or ()))))
        also = linked.get(row.key, ())
        for brand in brands:
            if brand.name in also or brand.in_text(text):
                yield row.creator, row, brand.name


def _linked(connection: Connection, brands: list[Brand]) -> dict[int, set[str]]:
    link, found = t.link.c, defaultdict[int, set[str]](set)
    wanted = [link.url.icontains(domain, autoescape=True) for brand in brands for domain in brand.domains]
    if wanted:
        query = select(link.post, link.url).where(link.post.is_not(None), or_(*wanted))
        for post, url in stream(connection, query):
            for brand in brands:
                if brand.in_url(url):
                    found[post].add(brand.name)
    return found


def _above_floor(connection: Connection) -> set[int]:
    order = table("tiers.toml")["order"]
    score = t.score.c
    query = select(score.creator).where(score.name == "tier", score.label.in_(order[order.index(FLOOR) :]))
    return set(connection.scalars(query))


def _creator_names(connection: Connection, creators: Iterable[int]) -> dict[int, str | None]:
    joined, number = creator_of()
    columns = [t.account.c[name] for name in ("owner", "name", "handle", "url")]
    known: dict[int, list[dict[str, Any]]] = defaultdict(list)
    query = select(number.label("creator"), *columns).select_from(joined).order_by(t.account.c.key)
    for row in where_in(connection, query, number, creators):
        known[row.creator].append(dict(row._mapping))
    return {creator: best_name(accounts) for creator, accounts in known.items()}
