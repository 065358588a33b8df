"""Creators like another one, and why: niches that both post in, addresses that both link to, who links to both."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from storage import tables as t
from storage.search import facet
from storage.views import in_force, published

WEIGHTS = {"niche": 0.4, "links": 0.35, "cited": 0.25}
"""What each kind of likeness counts; one that neither creator can have counts nothing."""
_MOST = 400
"""Addresses compared: the rarest tell most, and a page that everybody links to tells nothing."""
COMMON = 0.05
"""An address to which a greater share of creators links tells nothing (where there are at least twenty of them)."""


@dataclass(slots=True)
class Likeness:
    """A creator, how like (0..1), and the reasons in words."""

    creator: int
    name: str | None = None
    value: float = 0.0
    why: list[str] = field(default_factory=list)


def similar(connection: Connection, creator: int, limit: int = 10) -> list[Likeness]:
    """The creators of the index most like this one, the likest first.

    Niches: cosine of the shares of posts. Links and citations: cosine of the sets, each address weighed by its rarity
    (log of creators / those who share it; Salton & Buckley 1988).
    """
    number = connection.execute(select(published())).scalar()
    if number is None:
        return []
    found: dict[int, Likeness] = defaultdict(lambda: Likeness(0))
    _add(found, "niche", _by_niche(connection, creator, number), "both post in")
    member = _member(number)
    mine = {"links": (t.link.c.target, "both link to"), "cited": (t.link.c.account, "both are linked to by")}
    for kind, (shared, said) in mine.items():
        _add(found, kind, _by_links(connection, creator, number, shared, member), said)
    c = t.published_creator.c
    ranked = sorted(found.items(), key=lambda item: (-item[1].value, item[0]))[: limit * 2]
    query = select(c.creator, c.name).where(
        c.creator.in_([key for key, _ in ranked]), in_force(t.published_creator, number)
    )
    names = {row.creator: row.name for row in connection.execute(query)}
    return [Likeness(key, names[key], round(like.value, 4), like.why) for key, like in ranked if key in names][:limit]


Shared = dict[int, tuple[float, list[str]]]


def _add(found: dict[int, Likeness], kind: str, shared: Shared, said: str) -> None:
    for other, (value, names) in shared.items():
        found[other].value += WEIGHTS[kind] * value
        found[other].why.append(f"{said} {', '.join(names[:3])}" + (f" and {len(names) - 3} more" * (len(names) > 3)))


def _by_niche(connection: Connection, creator: int, number: int) -> Shared:
    f, held = facet.c, [facet.c.kind == "niche", in_force(facet, number)]
    mine = {row.value: row.share for row in connection.execute(select(facet).where(f.creator == creator, *held))}
    if not mine:
        return {}
    length = math.hypot(*mine.values())
    theirs: dict[int, dict[str, float]] = defaultdict(dict)
    near = select(f.creator, f.value, f.share).where(f.value.in_(list(mine)), f.share >= 0.1, f.creator != creator)
    for row in connection.execute(near.where(*held)):
        theirs[row.creator][row.value] = row.share
    return {
        other: (
            sum(mine[n] * share for n, share in shares.items()) / (length * max(math.hypot(*shares.values()), 0.5)),
            sorted(shares, key=lambda n: -mine[n] * shares[n]),
        )
        for other, shares in theirs.items()
    }


def _member(number: int) -> ColumnElement[bool]:
    return and_(t.published_member.c.account == t.link.c.account, in_force(t.published_member, number))


def _by_links(
    connection: Connection, creator: int, number: int, shared: ColumnElement[Any], member: ColumnElement[bool]
) -> Shared:
    """By what they link to (``shared`` is the target), or by who links to them (``shared`` is the linking account)."""
    m, link = t.published_member, t.link
    whole = connection.execute(select(func.count()).select_from(m).where(in_force(m, number))).scalar_one()
    if shared is link.c.target:
        mine = select(link.c.target).join(m, member).where(m.c.creator == creator, link.c.target.is_not(None))
        pairs = select(m.c.creator, link.c.target.label("what")).select_from(link.join(m, member))
        pairs = pairs.where(link.c.target.in_(list(connection.scalars(mine.distinct().limit(_MOST)))))
        name = {}
    else:
        held = and_(m.c.account == t.account.c.key, in_force(m, number))
        owned = t.account.join(m, held)
        urls = list(connection.scalars(select(t.account.c.url).select_from(owned).where(m.c.creator == creator)))
        mine = select(link.c.account).where(link.c.target.in_(urls)).distinct().limit(_MOST)
        by = list(connection.scalars(mine))
        named = link.join(t.account, t.account.c.url == link.c.target).join(m, held)
        pairs = select(m.c.creator, link.c.account.label("what")).select_from(named).where(link.c.account.in_(by))
        told = select(t.account.c.key, t.account.c.url).where(t.account.c.key.in_(by))
        name = {row.key: row.url for row in connection.execute(told)}
    return _cosine(connection.execute(pairs.distinct()), creator, whole, name)


def _cosine(pairs: Iterable[Any], creator: int, whole: int, name: dict[int, str]) -> Shared:
    holders: dict[Any, set[int]] = defaultdict(set)
    for other, what in pairs:
        holders[what].add(other)
    weight = {
        what: math.log(1 + whole / len(some))
        for what, some in holders.items()
        if len(some) <= max(20, COMMON * whole) and creator in some
    }
    length = math.sqrt(sum(w * w for w in weight.values())) or 1.0
    theirs: dict[int, list[Any]] = defaultdict(list)
    for what in weight:
        for other in holders[what] - {creator}:
            theirs[other].append(what)
    return {
        other: (
            math.sqrt(sum(weight[what] ** 2 for what in some)) / length,
            [str(name.get(what, what)) for what in sorted(some, key=lambda what: (-weight[what], str(what)))],
        )
        for other, some in theirs.items()
    }
