"""Writing: records in, batched transactions out; the same crawl twice changes nothing but last_seen and run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, StatementError

from storage import tables
from storage.clean import COLUMNS, Fault, RefusedError, digest, quarantine_row, row_of
from storage.database import DatabaseProblem, writing
from storage.history import Stretch, place
from storage.merge import Facts, Plan, Row, merge_account, merge_row, new_row
from storage.records import Account, Record

BATCH = 500
BATCH_CHARACTERS = 8_000_000
"""A batch is written at so many records, or so many characters of text, whatever comes first."""
BATCH_SECONDS = 5.0
"""... or when its first record has waited so long: what a kill can cost."""
_CHUNK = 500


def run_started(engine: Engine, platform: str, versions: dict[str, str] | None = None) -> int:
    """Opens a run and gives its number."""
    with writing(engine) as connection:
        row = {"platform": platform, "started_at": datetime.now(UTC), "versions": versions or {}}
        number = connection.execute(insert(tables.run).values(row)).inserted_primary_key
        assert number is not None
        return int(number[0])


def run_finished(engine: Engine, run_id: int, outcome: str, stats: dict[str, Any] | None = None) -> None:
    """Closes a run with its outcome (ok, failed, stopped ...) and its stats; values that are not JSON become text."""
    plain = {name: v if isinstance(v, int | float | str | None) else str(v) for name, v in (stats or {}).items()}
    row = {"finished_at": datetime.now(UTC), "outcome": outcome, "stats": plain}
    with writing(engine) as connection:
        connection.execute(update(tables.run).where(tables.run.c.id == run_id).values(row))


class Writer:
    """Takes records and stores them in batches, each one transaction.

    ``platforms``: names of the known platforms; a record of another is refused. ``counts`` tells what was done:
    stored/<table>, refused/<reason>, mended/<reason>. ``touched`` holds the keys of the accounts written so far.
    A flush that fails (DatabaseProblem) keeps its batch for the next one.
    """

    def __init__(self, engine: Engine, run_id: int | None = None, platforms: Iterable[str] | None = None) -> None:
        self.engine = engine
        self.run_id = run_id
        self.platforms = frozenset(platforms) if platforms is not None else None
        self.counts: Counter[str] = Counter()
        self.touched: set[int] = set()
        self._batch: list[tuple[str, Row, Record]] = []
        self._faults: dict[int, Row] = {}
        self._characters = 0
        self._since = 0.0

    def add(self, record: Record) -> None:
        """Takes a record; writes when the batch is full or old. Raises DatabaseProblem where the database fails."""
        try:
            table, row, faults = row_of(record, self.platforms)
        except RefusedError as refused:
            self._fault(record, refused.fault, "refused")
        else:
            for fault in faults:
                self._fault(record, fault, "mended")
            if table not in ("account", "observation"):
                row["digest"] = digest(row)
            if not self._batch:
                self._since = time.monotonic()
            self._batch.append((table, row, record))
            self._characters += len(row.get("text") or "") + len(row.get("summary") or "") + 500
        full = len(self._batch) >= BATCH or len(self._faults) >= BATCH or self._characters >= BATCH_CHARACTERS
        if full or (self._batch and time.monotonic() - self._since >= BATCH_SECONDS):
            self.flush()

    def _fault(self, record: Record, fault: Fault, what: str) -> None:
        row = quarantine_row(record, fault, self.run_id)
        self._faults[row["key"]] = row
        self.counts[f"{what}/{fault.reason}"] += 1

    def flush(self) -> None:
        """Writes what is waiting, all of it or nothing."""
        if self._batch:
            self._write(self._batch)
        self._batch, self._characters = [], 0
        if self._faults:
            with writing(self.engine) as connection:
                _upsert(connection, tables.quarantine, list(self._faults.values()), ("detail", "last_seen", "run"))
            self._faults = {}

    def close(self) -> None:
        self.flush()

    def _write(self, batch: list[tuple[str, Row, Record]]) -> None:
        """One transaction; where the database refuses a value, halves the batch until the one row is found."""
        rows: dict[str, list[Row]] = {}
        for table, row, _ in batch:
            rows.setdefault(table, []).append(row)
        try:
            with writing(self.engine) as connection:
                for name, some in rows.items():
                    store_rows(connection, tables.metadata.tables[name], some, self.run_id)
        except DatabaseProblem:
            raise
        except (StatementError, OverflowError) as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise DatabaseProblem(f"the connection was lost while writing: {error.orig}") from error
            if len(batch) == 1:
                self._fault(batch[0][2], Fault(None, "database_refused", str(getattr(error, "orig", error))), "refused")
                return
            middle = len(batch) // 2
            self._write(batch[:middle])
            self._write(batch[middle:])
            return
        for table, row, record in batch:
            self.counts[f"stored/{table}"] += 1
            self.touched.add(row["key"] if isinstance(record, Account) else row["account"] or 0)
        self.touched.discard(0)


def store_rows(connection: Connection, table: Table, rows: Sequence[Row], run: int | None) -> None:
    """Merges cleaned rows (storage.clean.row_of, with digest) of one table into it, within the caller's transaction."""
    if table is tables.observation:
        _store_observations(connection, rows, run)
        return
    plan = plan_account(connection, rows, run) if table is tables.account else plan_rows(connection, table, rows, run)
    if plan.inserts:
        connection.execute(insert(table), sorted(plan.inserts, key=lambda row: row["key"]))
    if plan.updates:
        names = [name for name in plan.updates[0] if name != "key"]
        statement = update(table).where(table.c.key == bindparam("b_key"))
        changed = [{"b_key" if name == "key" else f"v_{name}": row[name] for name in row} for row in plan.updates]
        connection.execute(statement.values({name: bindparam(f"v_{name}") for name in names}), changed)
    changed = [
        {"subject": subject, "field": name, **_columns(stretch), "value": stretch.value}
        for subject, facts in plan.facts.items()
        for name, stretches in facts.items()
        for stretch in stretches
        if stretch.changed
    ]
    _upsert(connection, tables.fact, changed, ("value", "last_seen", "until", "run", "extractor"))


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
                if table is tables.source:
                    fresh[key] |= {"attempts": 0, "lease_by": None, "lease_until": None}
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
    for start in range(0, len(keys), _CHUNK):
        query = select(*(columns or table.c)).where(table.c.key.in_(keys[start : start + _CHUNK]))
        for found in connection.execute(query).mappings():
            yield dict(found)


def _touch(connection: Connection, table: Table, rows: Iterable[Row], run: int | None) -> None:
    touched = [{"b_key": row["key"], "b_seen": row["seen"], "b_run": run} for row in rows]
    if touched:
        newer = (table.c.key == bindparam("b_key")) & (table.c.last_seen < bindparam("b_seen"))
        connection.execute(
            update(table).where(newer).values(last_seen=bindparam("b_seen"), run=bindparam("b_run")), touched
        )


def _facts(connection: Connection, keys: Iterable[int]) -> dict[int, Facts]:
    found: dict[int, Facts] = {key: {} for key in keys}
    wanted, fact = sorted(found), tables.fact.c
    for start in range(0, len(wanted), _CHUNK):
        query = select(tables.fact).where(fact.subject.in_(wanted[start : start + _CHUNK]))
        for row in connection.execute(query):
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
    wanted = sorted(series)
    for start in range(0, len(wanted), _CHUNK):
        query = select(table).where(table.c.series.in_(wanted[start : start + _CHUNK]))
        for found in connection.execute(query):
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
    _upsert(connection, table, changed, (*_SHOWN, "last_seen", "until", "run", "extractor"))


def _upsert(connection: Connection, table: Table, rows: list[Row], changing: Iterable[str]) -> None:
    """Inserts rows, or sets their ``changing`` columns where their primary key is there already."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    taken = {name: statement.excluded[name] for name in changing}
    connection.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=taken), rows)
