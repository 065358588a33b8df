"""A creator's line in the index, from their accounts and the counts of their posts: pure."""

from __future__ import annotations

from typing import Any

from storage.read import CreatorRow

NICHES = 5
LINKS = 50


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
