"""Writing: records in, batched transactions out; the same crawl twice changes nothing but last_seen and run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, update
from sqlalchemy.exc import DBAPIError, StatementError

from storage import tables
from storage.clean import Fault, RefusedError, digest, quarantine_row, row_of
from storage.database import DatabaseProblem, writing
from storage.frontier import finish, fresh_visits
from storage.merge import KeyClashError, Row
from storage.records import Account, Record
from storage.rows import store_rows, upsert
from storage.suppression import Suppressor

BATCH = 500
BATCH_CHARACTERS = 8_000_000
"""A batch is written at so many records, or so many characters of text, whatever comes first."""
BATCH_SECONDS = 5.0
"""... or when its first record has waited so long: what a kill can cost."""


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
    stored/<table>, refused/<reason>, mended/<reason>, suppressed. ``touched``: keys of the accounts written so far.
    A flush that fails (DatabaseProblem) keeps its batch for the next one.
    """

    def __init__(self, engine: Engine, run_id: int | None = None, platforms: Iterable[str] | None = None) -> None:
        self.engine = engine
        self.run_id = run_id
        self.platforms = frozenset(platforms) if platforms is not None else None
        self.counts: Counter[str] = Counter()
        self.touched: set[int] = set()
        self.suppressor = Suppressor.of(engine)
        self._batch: list[tuple[str, Row, Record]] = []
        self._faults: dict[int, Row] = {}
        self._characters = 0
        self._since = 0.0

    def add(self, record: Record) -> None:
        """Takes a record; writes when the batch is full or old. Raises DatabaseProblem where the database fails."""
        if self.suppressor.covers(record):
            self.counts["suppressed"] += 1
            return
        self.suppressor.scrub(record)
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
        if full or self.old():
            self.flush()

    def old(self) -> bool:
        """Whether what waits has waited long enough."""
        return bool(self._batch) and time.monotonic() - self._since >= BATCH_SECONDS

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
                upsert(connection, tables.quarantine, list(self._faults.values()), ("detail", "last_seen", "run"))
            self._faults = {}

    def close(self) -> None:
        self.flush()

    def _write(self, batch: list[tuple[str, Row, Record]]) -> None:
        """One transaction; where the database refuses a value, halves the batch until the one row is found."""
        rows: dict[str, list[Row]] = {}
        try:
            with writing(self.engine) as connection:
                if self.suppressor.refresh(connection):  # somebody was forgotten since: nothing of theirs comes after
                    batch = [one for one in batch if not self.suppressor.covers(one[2])]
                for table, row, _ in batch:
                    rows.setdefault(table, []).append(row)
                visits = {row["key"]: row["seen"] for row in rows.get("source", ())}
                ended = fresh_visits(connection, visits)
                for name, some in rows.items():
                    store_rows(connection, tables.metadata.tables[name], some, self.run_id)
                finish(connection, ended)  # after the posts, whose dates tell when the source is due again
        except DatabaseProblem:
            raise
        except (StatementError, OverflowError, KeyClashError) as error:
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
