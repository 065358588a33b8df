"""Passes of the scheduler: one at a time for a database, and every slot of the clock once, whoever comes first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, Integer, Table, Text, delete, insert, select, text, update

from storage.database import explained, writing
from storage.refresh import calibrate
from storage.tables import Json, Key, Utc, metadata

cycle = Table(  # ``slot``: its place on the clock; none where somebody asked for a pass by hand
    "cycle",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("slot", Key, unique=True, index=True),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("by", Text, nullable=False),
    Column("exit_code", Integer),
    Column("summary", Json),
)
SCHEDULER_LOCK = 0x67726172
"""PostgreSQL advisory lock of the one scheduler at work."""


class AlreadyRunning(Exception):
    """Another scheduler is at work on this database, or has done this slot."""


def lock_file(engine: Engine) -> Path:
    """Beside an SQLite database: what the one scheduler at work holds."""
    return Path(f"{engine.url.database}.scheduler.lock")


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Holds the one lock of this database; the system or the server frees it whatever happens to the process."""
    with ExitStack() as stack:
        if engine.dialect.name == "postgresql":
            stack.enter_context(explained(engine))
            session = stack.enter_context(engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
            got = session.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": SCHEDULER_LOCK}).scalar()
            stack.callback(session.invalidate)  # a pooled connection would keep the lock
        else:
            file = stack.enter_context(lock_file(engine).open("w"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                got = True
            except BlockingIOError:
                got = False
        if not got:
            raise AlreadyRunning("another scheduler is running")
        yield


def slot_of(at: datetime, minutes: float) -> int:
    """The place of a moment on a clock that ticks every so many minutes, counted in UTC: no hour is lost or double."""
    return int(at.timestamp() // (minutes * 60))


def begin(engine: Engine, by: str, slot: int | None, at: datetime) -> int:
    """Opens a pass, within ``alone``, and gives its number. Raises AlreadyRunning where the slot was run to its end."""
    with writing(engine) as connection:
        if slot is not None:
            done = connection.execute(select(cycle.c.finished_at).where(cycle.c.slot == slot)).one_or_none()
            if done and done.finished_at:
                raise AlreadyRunning(f"this slot was run at {done.finished_at:%Y-%m-%d %H:%M} UTC")
            connection.execute(delete(cycle).where(cycle.c.slot == slot))  # whoever began it died
        calibrate(connection, at)
        row = {"slot": slot, "started_at": datetime.now(UTC), "by": f"{by}:{os.getpid()}"}
        number = connection.execute(insert(cycle).values(row)).inserted_primary_key
        assert number is not None
        return int(number[0])


def end(engine: Engine, number: int, exit_code: int, summary: dict[str, Any]) -> None:
    """Closes a pass."""
    values = {"finished_at": datetime.now(UTC), "exit_code": exit_code, "summary": summary}
    with writing(engine) as connection:
        connection.execute(update(cycle).where(cycle.c.id == number).values(values))
