"""A creator's scores opened: every number with its posts, the composite part by part, and what-ifs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from index.scores import composite
from index.scores.model import Case, Score
from index.scores.reader import cases
from index.scores.run import World, creators_scored, scores_of
from index.scores.trust import commercial, hidden
from storage.read import best_name

SHOWN = 5
"""Posts named for a score."""


@dataclass(slots=True)
class WhatIf:
    """What the scores would be without some posts; only those that change are told."""

    without: str
    posts: list[Any]
    changes: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Explanation:
    """A creator, their case, the stored rows by name, the composite's parts, and the what-ifs."""

    name: str | None
    case: Case
    rows: dict[str, Any]
    parts: dict[str, tuple[float, float, float, float]]
    what_ifs: list[WhatIf]

    def posts_of(self, name: str) -> list[Any]:
        """The posts that its evidence points at, else all that the score rests on."""
        evidence = self.rows[name].evidence or {}
        told = evidence.get("told") or {}
        wanted = set(told.get("undisclosed") or told.get("paid") or evidence.get("posts", ()))
        return [post for post in self.case.posts if post.key in wanted]


def explain(connection: Connection, creator: int, *, accepted: bool = False) -> Explanation | None:
    """Everything that ``scrapy score NAME --explain`` shows; None where nothing is scored yet."""
    rows = {row.name: row for batch in creators_scored(connection, creator) for row in batch}
    case = next((case for batch in cases(connection, creator) for case in batch), None)
    if case is None or not rows:
        return None
    world = _world(rows)
    now = dict(scores_of(case, world, accepted))
    name = best_name([{**row._mapping, "owner": None, "handle": None} for row in case.accounts])
    what_ifs = [made for made in _what_ifs(case, now, world, accepted) if made.changes]
    return Explanation(name, case, rows, composite.parts_of(now), what_ifs)


def _world(rows: dict[str, Any]) -> World:
    """What the stored scores say they took from the others."""
    given = [(row.evidence or {}).get("given") or {} for row in rows.values()]
    asked = next((datetime.fromisoformat(one["asked"]) for one in given if "asked" in one), None)
    cells = {cell: quantiles for one in given for cell, quantiles in one.get("cells", {}).items()}
    return World(asked, cells)


def _what_ifs(case: Case, now: dict[str, Score], world: World, accepted: bool) -> Iterator[WhatIf]:
    silent = [post for post in case.posts if hidden(post)]
    paid = [post for post in case.posts if commercial(post)]
    kinds = [("undisclosed", silent), ("paid", paid if len(paid) > len(silent) else [])]
    for word, posts in kinds:
        if posts:
            told = f"without what is {word} in {len(posts)} post{'s' * (len(posts) > 1)}"
            yield without(case, posts, told, now, world, accepted, keep=True)
    if "specialist" in now:
        tries = [
            without(case, [post], "without the post furthest from the rest", now, world, accepted)
            for post in case.posts
        ]
        best = max(tries, key=lambda made: _gain(made.changes.get("specialist")), default=None)
        if best is not None and _gain(best.changes.get("specialist")) > 0:
            yield best


def _gain(change: tuple[float | None, float | None] | None) -> float:
    return (change[1] or 0.0) - (change[0] or 0.0) if change else 0.0


def without(
    case: Case, posts: list[Any], told: str, now: dict[str, Score], world: World, accepted: bool = False,
    *, keep: bool = False,
) -> WhatIf:  # fmt: skip
    """The scores computed again without these posts, or with ``keep`` as if nobody paid for them."""
    gone = {post.key for post in posts}
    series = [one for one in case.series if one.post not in gone or keep]
    left = replace(case, posts=[p for p in case.posts if p.key not in gone], series=series, scores={})
    if keep:
        left.posts = [
            SimpleNamespace(**{**p._mapping, "sponsorship": "none"}) if p.key in gone else p for p in case.posts
        ]
    then = scores_of(left, world, accepted)
    made = WhatIf(told, posts)
    for name in now | then:
        before, after = (scores[name].value if name in scores else None for scores in (now, then))
        if before != after:
            made.changes[name] = (before, after)
    return made
