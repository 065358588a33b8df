"""Rows into tables: what a batch meets in the database is merged with it, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import tables
from storage.clean import COLUMNS
from storage.merge import Facts, Plan, Row, Stretch, merge_account, merge_row, new_row, place
from storage.read import where_in

FRONTIERS = frozenset(["attempts", "due_at", "rate", "weight", "host", "band", "visits", "quarantined_at"])
"""Columns of a source that only storage.frontier sets."""


def store_rows(connection: Connection, table: Table, rows: Sequence[Row], run: int | None) -> None:
    """Merges cleaned rows (storage.clean.row_of, with digest) of one table into it, within the caller's transaction."""
    if table is tables.observation:
        _store_observations(connection, rows, run)
        return
    plan = plan_account(connection, rows, run) if table is tables.account else plan_rows(connection, table, rows, run)
    if plan.inserts:
        connection.execute(insert(table), sorted(plan.inserts, key=lambda row: row["key"]))
    if plan.updates:
        kept = {"key", *(FRONTIERS if table is tables.source else ())}
        names = [name for name in plan.updates[0] if name not in kept]
        statement = update(table).where(table.c.key == bindparam("b_key"))
        changed = [{"b_key": row["key"], **{f"v_{name}": row[name] for name in names}} for row in plan.updates]
        connection.execute(statement.values({name: bindparam(f"v_{name}") for name in names}), changed)
    changed = [
        {"subject": subject, "field": name, **_columns(stretch), "value": stretch.value}
        for subject, facts in plan.facts.items()
        for name, stretches in facts.items()
        for stretch in stretches
        if stretch.changed
    ]
    upsert(connection, tables.fact, changed, ("value", "last_seen", "until", "run", "extractor"))


def plan_rows(connection: Connection, table: Table, rows: Sequence[Row], run: int | None) -> Plan:
    """What posts, links or sources change: unseen rows are inserted, unchanged ones touched, others merged."""
    known = {
        row["key"]: row for row in _by_key(connection, table, rows, table.c.key, table.c.digest, table.c.last_seen)
    }
    fresh: dict[int, Row] = {}
    touched: dict[int, Row] = {}
    changed: list[Row] = []
    again: list[Row] = []
    for row in rows:
        key = row["key"]
        stored = known.get(key)
        if stored is None:
            if key in fresh:
                again.append(row)
            else:
                fresh[key] = new_row(row, COLUMNS[table.name], run)
        elif stored["digest"] != row["digest"] or table is tables.source or key in touched:
            changed.append(row)
        else:
            touched[key] = row
    plan = Plan(inserts=list(fresh.values()))
    olds = {row["key"]: row for row in _by_key(connection, table, changed)}
    plan.facts = _facts(connection, olds)
    for row in [*again, *changed]:
        old = fresh.get(row["key"]) or olds[row["key"]]
        merge_row(old, row, plan.facts.setdefault(row["key"], {}), run)
    for key, row in touched.items():
        if key in olds:
            merge_row(olds[key], row, plan.facts[key], run)
    plan.updates = list(olds.values())
    _touch(connection, table, [row for key, row in touched.items() if key not in olds], run)
    return plan


def plan_account(connection: Connection, rows: Sequence[Row], run: int | None) -> Plan:
    """What accounts change; every stated field keeps a fact."""
    olds = {row["key"]: row for row in _by_key(connection, tables.account, rows)}
    plan = Plan(facts=_facts(connection, olds))
    fresh: dict[int, Row] = {}
    for row in rows:
        key = row["key"]
        if key not in olds and key not in fresh:
            fresh[key] = new_row(row, COLUMNS["account"], run)
        merge_account(olds.get(key) or fresh[key], row, plan.facts.setdefault(key, {}), run)
    plan.inserts, plan.updates = list(fresh.values()), list(olds.values())
    return plan


def _by_key(connection: Connection, table: Table, rows: Iterable[Row], *columns: Any) -> Iterator[Row]:
    keys = sorted({row["key"] for row in rows})
    yield from (dict(row._mapping) for row in where_in(connection, select(*(columns or table.c)), table.c.key, keys))


def _touch(connection: Connection, table: Table, rows: Iterable[Row], run: int | None) -> None:
    touched = [{"b_key": row["key"], "b_seen": row["seen"], "b_run": run} for row in rows]
    if touched:
        newer = (table.c.key == bindparam("b_key")) & (table.c.last_seen < bindparam("b_seen"))
        connection.execute(
            update(table).where(newer).values(last_seen=bindparam("b_seen"), run=bindparam("b_run")), touched
        )


def _facts(connection: Connection, keys: Iterable[int]) -> dict[int, Facts]:
    found: dict[int, Facts] = {key: {} for key in keys}
    for row in where_in(connection, select(tables.fact), tables.fact.c.subject, sorted(found)):
        found[row.subject].setdefault(row.field, []).append(_stretch(row, row.value))
    return found


def _stretch(row: Any, value: Any) -> Stretch:
    return Stretch(value, row.first_seen, row.last_seen, row.source_url, row.extractor, row.run, row.until)


def _columns(stretch: Stretch) -> Row:
    names = ("first_seen", "last_seen", "source_url", "extractor", "run", "until")
    return {name: getattr(stretch, name) for name in names}


_SERIES = ("series", "platform", "account", "post", "metric", "definition")
_SHOWN = ("value", "low", "high", "text")


def _store_observations(connection: Connection, rows: Sequence[Row], run: int | None) -> None:
    table, series = tables.observation, {row["series"]: row for row in rows}
    known: dict[int, list[Stretch]] = {key: [] for key in series}
    for found in where_in(connection, select(table), table.c.series, sorted(series)):
        known[found.series].append(_stretch(found, tuple(getattr(found, name) for name in _SHOWN)))
    for row in rows:
        shown = tuple(row[name] for name in _SHOWN)
        seen, source, reader = row["seen"], row["source_url"], row["extractor"]
        place(known[row["series"]], Stretch(shown, seen, seen, source, reader, run))
    changed = [
        {name: series[key][name] for name in _SERIES} | _columns(s) | dict(zip(_SHOWN, s.value, strict=True))
        for key, stretches in known.items()
        for s in stretches
        if s.changed
    ]
    upsert(connection, table, changed, (*_SHOWN, "last_seen", "until", "run", "extractor"))


def upsert(connection: Connection, table: Table, rows: list[Row], changing: Iterable[str]) -> None:
    """Inserts rows, or sets their ``changing`` columns where their primary key is there already."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    taken = {name: statement.excluded[name] for name in changing}
    connection.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=taken), rows)
