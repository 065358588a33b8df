"""What creators are found by: niches and domains, languages, platforms, declared places, paid posts; a row each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, domain_of
from storage.read import CreatorRow
from storage.tables import post

Row = dict[str, Any]
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
