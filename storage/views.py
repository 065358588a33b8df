"""The ``v1_*`` views, all that consumers read: their SQL, their dictionary (v1.toml), and any of them as of a time."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    inspect,
    or_,
    select,
    true,
)
from sqlalchemy.schema import CreateView

from storage import atlas  # noqa: F401 - its tables are known with the others
from storage import tables as t
from storage.merge import ACCOUNT_FIELDS, DETAIL

Row = dict[str, Any]
_CHUNK = 500


@cache
def dictionary() -> dict[str, Any]:
    """v1.toml: for each view ``about``, ``key`` and ``columns`` {name: type, about, null, unit, example, tests}."""
    return tomllib.loads(Path(__file__).with_name("v1.toml").read_text(encoding="utf-8"))


def published(at: datetime | None = None) -> ColumnElement[Any]:
    """The number of the publication in force, now or at a time; NULL before the first."""
    query = select(func.max(t.publication.c.number)).where(t.publication.c.status == "published")
    return (query if at is None else query.where(t.publication.c.published_at <= at)).scalar_subquery()


def in_force(table: Table, number: ColumnElement[Any] | int) -> ColumnElement[bool]:
    """Whether a row of a published table is part of publication ``number``."""
    return and_(table.c.since <= number, or_(table.c.until.is_(None), table.c.until > number))


def _table(view: str) -> Table:
    return t.metadata.tables[dictionary()[view]["table"]]


def select_view(view: str, number: ColumnElement[Any] | int, at: datetime | None = None) -> Select[Any]:
    """A view's query, in the order of its key: publication ``number``, and rows that were known by ``at`` (None: all).

    Values that changed after ``at`` are put back by ``rows``, not here.
    """
    table, member, pub = _table(view), t.published_member, t.publication
    start: FromClause = table
    where: list[ColumnElement[bool]] = []
    others: dict[str, ColumnElement[Any]] = {}
    if view in ("accounts", "posts", "links"):
        account = table.c.key if view == "accounts" else table.c.account
        start = table.outerjoin(member, and_(member.c.account == account, in_force(member, number)))
        others["creator"] = member.c.creator
    elif view in ("creators", "scores", "benchmarks"):
        where.append(in_force(table, number))
    elif view in ("changes", "bets"):
        start = table.join(pub, pub.c.number == table.c.publication)
        others["published_at"] = pub.c.published_at
    if view in ("changes", "bets", "publications"):
        where += [pub.c.status == "published", pub.c.number <= number]
    if view == "tests":
        where.append(table.c.publication <= number)
    if at is not None and (seen := table.c.get("first_seen", table.c.get("started_at"))) is not None:
        where.append(seen <= at)
        if view in ("facts", "observations"):
            others["until"] = case((table.c.until <= at, table.c.until))
        if view == "facts":
            where.append(_told(at))
    columns = []
    for name, told in dictionary()[view]["columns"].items():
        column = others[name] if name in others else table.c[told.get("stored", name)]
        columns.append(column.label(name))
    order = [columns[list(dictionary()[view]["columns"]).index(name)] for name in dictionary()[view]["key"]]
    return select(*columns).select_from(start).where(*where or [true()]).order_by(*order)


def _told(at: datetime) -> ColumnElement[bool]:
    """Facts written down by ``at``: those of accounts; others from the day on which a second value was seen."""
    one, two = t.fact.c, t.fact.alias("other").c
    other = or_(two.first_seen != one.first_seen, two.source_url != one.source_url)
    contested = exists().where(two.subject == one.subject, two.field == one.field, two.first_seen <= at, other)
    return or_(exists().where(t.account.c.key == one.subject), contested)


def create_views(connection: Connection) -> None:
    """Makes the views anew from the code, in the caller's transaction."""
    drop_views(connection)
    for view in dictionary():
        connection.execute(CreateView(select_view(view, published()).order_by(None), f"v1_{view}"))


def drop_views(connection: Connection) -> None:
    for name in inspect(connection).get_view_names():
        if name.startswith("v1_"):
            connection.exec_driver_sql(f'DROP VIEW "{name}"')


def rows(connection: Connection, view: str, at: datetime | None = None) -> Iterator[Row]:
    """A view's rows in the order of its key, as they stood at ``at``; memory holds some hundred of them.

    As of a time, the columns that move without a change (``moving`` in the dictionary) tell nothing and are left out.
    """
    kept = [name for name, column in dictionary()[view]["columns"].items() if at is None or not column.get("moving")]
    query = select_view(view, published(at), at)
    result = connection.execution_options(stream_results=True, max_row_buffer=_CHUNK).execute(query).mappings()
    for part in result.partitions(_CHUNK):
        chunk = [dict(row) for row in part]
        if at is not None and view in ("accounts", "posts", "links", "sources"):
            _put_back(connection, view, chunk, at)
        yield from ({name: row[name] for name in kept} for row in chunk)


def _put_back(connection: Connection, view: str, chunk: list[Row], at: datetime) -> None:
    """Sets contested values to what they were at ``at``."""
    table, fact = _table(view), t.fact.c
    by_key = {row[dictionary()[view]["key"][0]]: row for row in chunk}
    if view == "accounts":
        for row in chunk:
            row.update(dict.fromkeys(ACCOUNT_FIELDS), details=None)
    settled: set[tuple[int, str]] = set()
    known = select(t.fact).where(fact.subject.in_(sorted(by_key)))
    for found in connection.execute(known.order_by(fact.subject, fact.field, fact.first_seen, fact.source_url)):
        row, name = by_key[found.subject], found.field
        stands = found.first_seen <= at and (found.until is None or found.until > at)
        if stands and name.startswith(DETAIL):
            row["details"] = {**(row["details"] or {}), name.removeprefix(DETAIL): json.loads(found.value)}
        elif stands:
            row[name] = decoded(table, name, found.value)
        elif name in row and (found.subject, name) not in settled:
            row[name] = None  # unknown then, unless a later stretch stands
        settled.add((found.subject, name))


def decoded(table: Table, name: str, value: str) -> Any:
    """A fact's text as the value that its column holds."""
    kind = table.c[name].type
    if isinstance(kind, t.Utc):
        return datetime.fromisoformat(value)
    if kind.python_type is str:
        return value
    return date.fromisoformat(value) if kind.python_type is date else json.loads(value)


def stood(connection: Connection, subject: int, field: str, at: datetime) -> str | None:
    """The text of one fact as it stood at a time."""
    fact = t.fact.c
    query = select(fact.value).where(fact.subject == subject, fact.field == field, fact.first_seen <= at)
    query = query.where(or_(fact.until.is_(None), fact.until > at))
    return connection.execute(query.order_by(fact.first_seen.desc(), fact.source_url.desc()).limit(1)).scalar()
