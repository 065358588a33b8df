"""Creators like another one, and why: niches both post in, addresses both link to, who links to both, what they say."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, and_, func, select

from pipelines.topics.strong import unpack
from storage import tables as t
from storage.search import facet
from storage.views import in_force, published

WEIGHTS = {"niche": 0.4, "links": 0.35, "cited": 0.25}
"""What each kind of likeness counts; one that neither creator can have counts nothing."""
TEXTS = 0.3
"""What the likeness of texts counts beside all of these, where posts keep embeddings."""
LIKE = 0.5
"""From here on it is a reason to name."""
_POSTS = 100
"""So many of a creator's newest posts are compared."""
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
    (log of creators / those who share it; Salton & Buckley 1988). Texts: of those the likest by these, cosine of the
    mean embeddings of posts that keep one (GRAPEVINE_KEEP_EMBEDDINGS).
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
    ranked = _ranked(found)[: max(limit * 2, 50)]
    _compare_texts(connection, creator, dict(ranked), number)
    ranked, c = _ranked(dict(ranked))[: limit * 2], t.published_creator.c
    query = select(c.creator, c.name).where(
        c.creator.in_([key for key, _ in ranked]), in_force(t.published_creator, number)
    )
    names = {row.creator: row.name for row in connection.execute(query)}
    return [Likeness(key, names[key], round(like.value, 4), like.why) for key, like in ranked if key in names][:limit]


def _ranked(found: dict[int, Likeness]) -> list[tuple[int, Likeness]]:
    return sorted(found.items(), key=lambda item: (-item[1].value, item[0]))


def _compare_texts(connection: Connection, creator: int, found: dict[int, Likeness], number: int) -> None:
    mine = _mean(connection, creator, number)
    if mine is None:
        return
    for other, like in found.items():
        theirs = _mean(connection, other, number)
        alike = max(0.0, float(mine @ theirs)) if theirs is not None and theirs.shape == mine.shape else 0.0
        like.value = (1 - TEXTS) * like.value + TEXTS * alike
        if alike >= LIKE:
            like.why.append(f"write about like things: cosine {alike:.2f}")


def _mean(connection: Connection, creator: int, number: int) -> npt.NDArray[np.float32] | None:
    """The mean embedding of a creator's newest posts, at unit length; None where none is kept."""
    m, p = t.published_member, t.post.c
    kept = p.findings["topic"]["embedding"].as_string()
    query = select(kept).join(m, m.c.account == p.account)
    query = query.where(m.c.creator == creator, in_force(m, number), kept.is_not(None))
    newest = query.order_by(p.published_at.is_(None), p.published_at.desc(), p.key).limit(_POSTS)
    vectors = [unpack(text) for text in connection.scalars(newest)]
    if not vectors:
        return None
    mean = np.sum([one for one in vectors if one.shape == vectors[0].shape], axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


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
