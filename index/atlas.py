"""The open atlas: percentiles of every score by platform x tier x topic x language, with roll-ups (``all``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, product
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select

from index.scores.audience import table
from pipelines.topics.taxonomy import domain_of
from storage import tables as t
from storage.read import stream
from storage.views import in_force

LEAST = 5
"""Creators in a cell; of fewer the percentiles would be the numbers of single people."""
ALL, UNKNOWN = "all", "unknown"
PERCENTILES = (10, 25, 50, 75, 90)
Place = tuple[tuple[str, ...], str, str, str]


def cells(connection: Connection, number: int) -> Iterator[dict[str, Any]]:
    """The cells of publication ``number`` (it need not be shown yet), in the order of their key.

    A creator on several platforms counts in the cell of each, and once in ``all``; what is not known of them is
    ``unknown``. Memory holds one score's values at a time.
    """
    score = t.published_score
    told = select(score.c.name, score.c.creator, score.c.value).where(score.c.value.is_not(None))
    query = told.where(in_force(score, number)).order_by(score.c.name)
    places: dict[int, Place] = {}
    for name, rows in groupby(stream(connection, query), key=attrgetter("name")):
        places = places or _places(connection, number)
        groups: dict[Place, list[float]] = defaultdict(list)
        for _, creator, value in rows:
            if creator in places:
                groups[places[creator]].append(value)
        yield from _rolled_up(name, groups)


def _places(connection: Connection, number: int) -> dict[int, Place]:
    """Where each creator belongs: platforms, tier, topic (the niche's domain), language."""
    score, creator, order = t.published_score, t.published_creator, set(table("tiers.toml")["order"])
    tiers = select(score.c.creator, score.c.label).where(score.c.name == "tier", in_force(score, number))
    tier = {row.creator: row.label for row in stream(connection, tiers) if row.label in order}
    query = select(creator.c.creator, creator.c.platforms, creator.c.niche, creator.c.language)
    known, same, domains = {}, dict[Place, Place](), domain_of()
    for row in stream(connection, query.where(in_force(creator, number))):
        topic = domains.get(row.niche, UNKNOWN) if row.niche else UNKNOWN
        place = (tuple(row.platforms or ()), tier.get(row.creator, UNKNOWN), topic, row.language or UNKNOWN)
        known[row.creator] = same.setdefault(place, place)
    return known


def _rolled_up(name: str, groups: dict[Place, list[float]]) -> Iterator[dict[str, Any]]:
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for (platforms, *rest), values in groups.items():
        for cell in product((*platforms, ALL), *((one, ALL) for one in rest)):
            found[cell] += values
    for cell in sorted(found):
        if len(found[cell]) >= LEAST:
            values = sorted(found[cell])
            key = dict(zip(("platform", "tier", "topic", "language"), cell, strict=True))
            shares = {f"p{p}": percentile(values, p) for p in PERCENTILES}
            yield {"score": name, **key, "n": len(values), **shares}


def percentile(values: Sequence[float], p: float) -> float:
    """The p-th percentile (0..100) of sorted values, linear between neighbours (Hyndman & Fan 1996, type 7)."""
    at = (len(values) - 1) * p / 100
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return round(values[low] + (values[high] - values[low]) * (at - low), 4)
