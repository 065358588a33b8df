"""A creator's lines in the index: what is published of them, and the facets by which they are found, a row each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, domain_of
from storage.read import CreatorRow
from storage.tables import post

Row = dict[str, Any]
NICHES = 5
LINKS = 50
PAID = ("affiliate", "disclosed", "undisclosed")


def paid_posts(connection: Connection) -> dict[int, dict[str, int]]:
    """Account -> kind of payment -> posts; from an index that holds paid posts only."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    query = select(post.c.account, post.c.sponsorship, func.count()).where(post.c.sponsorship != "none")
    for account, kind, count in connection.execute(query.group_by(post.c.account, post.c.sponsorship)):
        found[account][kind] = count
    return found


def facets(creator: CreatorRow, paid: dict[int, dict[str, int]]) -> Iterator[Row]:
    """The rows of a creator, in the order of their key. Shares are of all posts that could be told (paid: of all)."""
    told: dict[tuple[str, str], float] = {}
    whole = sum(creator.niches.values())
    for niche, count in creator.niches.items():
        if niche not in NEVER_OF_A_PERSON:
            told["niche", niche] = count / whole
            if domain := domain_of().get(niche):
                told["domain", domain] = told.get(("domain", domain), 0.0) + count / whole
    whole = sum(creator.languages.values())
    told |= {("language", language): count / whole for language, count in creator.languages.items()}
    kinds: Counter[str] = Counter()
    for account in creator.accounts:
        told["platform", account["platform"]] = 1.0
        if place := account["place"]:
            told["place", " ".join(place.casefold().split())[:200]] = 1.0
        kinds.update(paid.get(account["key"], {}))
    if creator.posts and (some := sum(kinds[kind] for kind in PAID)):
        told |= {("sponsorship", kind): kinds[kind] / creator.posts for kind in PAID if kinds[kind]}
        told["sponsorship", "any"] = some / creator.posts
    for (kind, value), share in sorted(told.items()):
        yield {"creator": creator.id, "kind": kind, "value": value, "share": round(share, 4)}


def shares(counts: dict[str, int], most: int | None = None) -> dict[str, float]:
    """Each part of the whole (0..1, four digits), the largest first, ties by name; at most so many."""
    whole = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {name: round(count / whole, 4) for name, count in ranked[:most]}


def index_row(creator: CreatorRow) -> dict[str, Any]:
    """The columns of ``published_creator`` that tell of the creator (storage/v1.toml says what each means)."""
    languages, niches = shares(creator.languages), shares(creator.niches, NICHES)
    places = {link["target"] or link["url"] for link in creator.links}
    return {
        "creator": creator.id,
        "name": creator.name,
        "accounts": len(creator.accounts),
        "platforms": sorted({account["platform"] for account in creator.accounts}),
        "urls": [account["url"] for account in creator.accounts],
        "posts": creator.posts,
        "first_post_at": creator.first_post,
        "last_post_at": creator.last_post,
        "language": next(iter(languages), None),
        "language_share": next(iter(languages.values()), None),
        "languages": languages or None,
        "niche": next(iter(niches), None),
        "niche_share": next(iter(niches.values()), None),
        "niches": niches or None,
        "links": sorted(places - {account["url"] for account in creator.accounts})[:LINKS] or None,
    }
