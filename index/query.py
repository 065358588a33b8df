"""Asking the index: the creators of a publication that fulfil some filters, in the order of a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CTE, ColumnElement, Connection, Select, func, select, true

from index import fulltext
from index.filters import MAIN, SCORES, SORTS, Filters, UnknownFilterError, one_of, topic
from index.words import parse
from storage import tables as t
from storage.read import chunks
from storage.search import creator_list, facet, list_entry
from storage.views import in_force, published


@dataclass(slots=True)
class Found:
    """``rows``: the creators asked for, as columns of v1_creators, ``scores`` {name: {value, low, high, n, label}} and
    ``matched`` posts; ``total``: how many fulfil the filters."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0
    publication: int = 0


def conditions(connection: Connection, told: Filters, number: int) -> list[ColumnElement[bool]]:
    """What a row of ``published_creator`` must fulfil to be found in publication ``number``; ``told``: as checked.

    Raises UnknownFilterError where there is no such list.
    """
    c = t.published_creator.c
    wanted = [in_force(t.published_creator, number), c.creator.not_in(_listed(creator_list.c.kind == "exclude"))]
    for name, value in told.items():
        if name in _SIMPLE:
            wanted.append(_SIMPLE[name](c, number, value))
        elif name == "search":
            wanted.append(fulltext.condition(connection, parse(value), c.creator, number))
        elif name in ("list", "exclude_list"):
            one_of(name, value, tuple(connection.scalars(select(creator_list.c.name))), "no list is kept yet")
            on = c.creator.in_(_listed(creator_list.c.name == value))
            wanted.append(on if name == "list" else ~on)
        else:
            way, _, score = name.partition("_")
            column, bound = t.published_score.c.value, float(value)
            wanted.append(_scored(c, number, score, column >= bound if way == "min" else column <= bound))
    return wanted


def _has(c: Any, number: int, kind: str, value: str, share: float = 0.0) -> ColumnElement[bool]:
    f = facet.c
    of = select(f.creator).where(f.kind == kind, f.value == value, f.share >= share, in_force(facet, number))
    return cast("ColumnElement[bool]", c.creator.in_(of))


def _at_place(c: Any, number: int, value: str) -> ColumnElement[bool]:
    f = facet.c
    there = f.value.contains(" ".join(value.casefold().split()), autoescape=True)
    of = select(f.creator).where(f.kind == "place", there, in_force(facet, number))
    return cast("ColumnElement[bool]", c.creator.in_(of))


def _scored(c: Any, number: int, score: str, held: ColumnElement[bool]) -> ColumnElement[bool]:
    s = t.published_score
    of = select(s.c.creator).where(s.c.name == score, held, in_force(s, number))
    return cast("ColumnElement[bool]", c.creator.in_(of))


def _affiliate(c: Any, number: int, value: str) -> ColumnElement[bool]:
    has = _has(c, number, "sponsorship", "affiliate")
    return has if value == "yes" else ~has


def _active(c: Any, _: int, value: str) -> ColumnElement[bool]:
    return cast("ColumnElement[bool]", c.last_post_at >= datetime.now(UTC) - timedelta(days=float(value)))


_LABEL = t.published_score.c.label
_SIMPLE: dict[str, Callable[[Any, int, str], ColumnElement[bool]]] = {
    "topic": lambda c, n, value: _has(c, n, *topic(value), MAIN),
    "lang": lambda c, n, value: _has(c, n, "language", value, MAIN),
    "platform": lambda c, n, value: _has(c, n, "platform", value),
    "place": _at_place,
    "tier": lambda c, n, value: _scored(c, n, "tier", _LABEL.in_([value])),
    "rising": lambda c, n, value: _scored(c, n, "rising", _LABEL.in_([value])),
    "affiliate": _affiliate,
    "sponsored_share": lambda c, n, value: ~_has(c, n, "sponsorship", "any", float(value) + 1e-9),
    "active_days": _active,
    "min_posts": lambda c, _, value: c.posts >= float(value),
    "max_posts": lambda c, _, value: c.posts <= float(value),
    "accounts": lambda c, _, value: c.accounts >= float(value),
}


def _listed(which: ColumnElement[bool]) -> Select[Any]:
    """Creators on the lists that fulfil ``which``, also under the id that a merge gave them."""
    redirect = t.creator_redirect
    joined = list_entry.join(creator_list, creator_list.c.name == list_entry.c.list)
    joined = joined.outerjoin(redirect, redirect.c.old == list_entry.c.creator)
    return select(func.coalesce(redirect.c.new, list_entry.c.creator)).select_from(joined).where(which)


def find(connection: Connection, filters: Filters, sort: str = "field_geek", limit: int | None = 20) -> Found:
    """The creators of the index that fulfil the filters (as checked), best first: by the score, then those that have
    none by their latest post. Raises UnknownFilterError."""
    ids, total, number = whom(connection, filters, sort, limit)
    return Found(_filled(connection, ids, filters, number), total, number)


def whom(connection: Connection, filters: Filters, sort: str, limit: int | None) -> tuple[list[int], int, int]:
    """As ``find``, without what is known of them: (ids, how many fulfil the filters, the publication or 0)."""
    sort = one_of("sort", sort, SORTS)
    if limit is not None and limit < 0:
        raise UnknownFilterError(f"limit: {limit} is less than 0")
    number = connection.execute(select(published())).scalar() or 0
    c, s = t.published_creator.c, t.published_score.c
    held = (s.name == sort, s.value.is_not(None), in_force(t.published_score, number))
    wanted = conditions(connection, filters, number)
    if not number:
        return [], 0, 0
    hit = select(c.creator, c.posts, c.last_post_at).where(*wanted).cte("hit").prefix_with("MATERIALIZED")
    if sort in SCORES:
        # "IS true" keeps both databases from joining: they walk the scores in their order and ask a set of the hits
        best = select(s.creator, s.value.label("by")).where(*held, s.creator.in_(select(hit.c.creator)).is_(true()))
        best = best.order_by(s.value.desc(), s.creator)
    else:
        best = _latest(hit, hit.c.posts if sort == "posts" else hit.c.last_post_at)
    first, whole = best.limit(limit).subquery(), select(func.count().label("total")).select_from(hit).subquery()
    query = select(whole.c.total, first.c.creator).select_from(whole.outerjoin(first, true()))
    rows = connection.execute(query.order_by(first.c.by.desc().nulls_last(), first.c.creator)).all()
    total, ids = rows[0].total, [row.creator for row in rows if row.creator is not None]
    if len(ids) < total and (limit is None or len(ids) < limit):
        rest = _latest(hit, hit.c.last_post_at).where(hit.c.creator.not_in(select(s.creator).where(*held)))
        ids += connection.scalars(rest.limit(limit and limit - len(ids)))
    return ids, total, number


def _latest(hit: CTE, by: ColumnElement[Any]) -> Select[Any]:
    return select(hit.c.creator, by.label("by")).order_by(by.desc().nulls_last(), hit.c.creator)


def _filled(connection: Connection, ids: list[int], filters: Filters, number: int) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    hidden = ("since", "until")
    for some in chunks(ids):
        table, scores = t.published_creator, t.published_score
        for row in connection.execute(select(table).where(table.c.creator.in_(some), in_force(table, number))):
            rows[row.creator] = {k: v for k, v in row._mapping.items() if k not in hidden} | {"scores": {}}
        for row in connection.execute(select(scores).where(scores.c.creator.in_(some), in_force(scores, number))):
            told = {name: getattr(row, name) for name in ("value", "low", "high", "n", "label")}
            rows[row.creator]["scores"][row.name] = told
        if "search" in filters:
            for creator, posts in fulltext.holding(connection, parse(filters["search"]), some, number).items():
                rows[creator]["matched"] = posts
    return [rows[one] for one in ids if one in rows]
