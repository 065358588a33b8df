"""``scrapy sources``: which sources are due, late, failing or in quarantine, and why."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from scrapy.exceptions import UsageError
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, literal, or_, select

from crawler.command import DatabaseCommand, option
from crawler.page import now
from crawler.progress import console, table
from storage.database import reading
from storage.frontier import best
from storage.policy import NEW, overdue
from storage.refresh import pace
from storage.tables import Utc, source
from storage.worth import days_since

STATES = ("due", "late", "failing", "quarantined")


@dataclass(frozen=True, slots=True)
class Row:
    """One source as shown."""

    platform: str
    state: str
    url: str
    outcome: str | None
    attempts: int
    due_at: str | None
    priority: float | None
    """weight x rate (posts a day) x days since the last visit, squared; of due ones."""
    detail: str | None


class Command(DatabaseCommand):
    """Exit code 0; 2 where the database can't be used."""

    usage = "[due|late|failing|quarantined]"
    about = "Show which sources are due, late, failing or in quarantine"
    options = (
        option("--platform", "of this platform only", metavar="TEXT"),
        option("--limit", "sources shown (default: 20)", type=int, default=20),
        option("--format", "", choices=("table", "json"), default="table"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) > 1 or (args and args[0] not in STATES):
            raise UsageError(f"name one state or none; there are: {', '.join(STATES)}")
        with reading(engine) as connection:
            query = select(source.c.platform).where(source.c.band.is_not(None)).distinct().order_by(source.c.platform)
            names = connection.execute(query).scalars().all()
            names = [name for name in names if opts.platform in (None, name)]
            counts = {name: numbers(connection, name, now()) for name in names}
            shown = [row for name in names for row in listed(connection, name, args[0], opts.limit)] if args else []
        shown = sorted(shown, key=lambda row: -(row.priority or 0))[: opts.limit]
        if opts.format == "json":
            print(json.dumps({"counts": counts, "sources": [asdict(row) for row in shown]}, ensure_ascii=False))
        else:
            head = ("platform", *(next(iter(counts.values()), None) or ("sources",)))
            console().print(table(head, ((name, *told.values()) for name, told in counts.items())))
            if args:
                head = ("platform", "address", "outcome", "failed", "due", "priority", "why")
                console().print(table(head, map(_facts, shown)))
        return 0


def _state(connection: Connection, platform: str, state: str, at: datetime) -> ColumnElement[bool]:
    if state == "due":
        return or_(source.c.due_at <= at, source.c.band == NEW)
    if state == "late":
        days = days_since(connection.dialect.name, source.c.last_seen, literal(at, Utc))
        late = overdue(days, pace(connection, platform)[1])
        return and_(source.c.attempts == 0, source.c.band != NEW, late)
    if state == "failing":
        return and_(source.c.attempts > 0, source.c.quarantined_at.is_(None), source.c.outcome.is_not(None))
    return source.c.quarantined_at.is_not(None)


def numbers(connection: Connection, platform: str, at: datetime) -> dict[str, int]:
    """How many sources a platform has, in all and in each state, and how many were never visited."""
    mine = (source.c.platform == platform, source.c.band.is_not(None))
    count = select(func.count()).select_from(source).where(*mine)
    told = {"sources": int(connection.execute(count).scalar_one())}
    told["new"] = int(connection.execute(count.where(source.c.band == NEW)).scalar_one())
    return told | {
        state: int(connection.execute(count.where(_state(connection, platform, state, at))).scalar_one())
        for state in STATES
    }


def listed(connection: Connection, platform: str, state: str, limit: int) -> list[Row]:
    """The sources of a state; due ones as a cycle would take them, others longest waiting first."""
    at, mine = now(), (source.c.platform == platform, source.c.band.is_not(None))
    worth: dict[int, float] = {}
    if state == "due":
        worth = {one.key: -one.loss for one in best(connection, platform, at, limit)}
        query = select(source).where(source.c.key.in_(list(worth)))
    else:
        query = select(source).where(*mine, _state(connection, platform, state, at))
        query = query.order_by(source.c.last_seen).limit(limit)
    return [_row(found, state, worth) for found in connection.execute(query)]


def _row(found: Any, state: str, worth: dict[int, float]) -> Row:
    due = found.due_at.isoformat(timespec="minutes") if found.due_at else None
    value = round(worth[found.key], 3) if found.key in worth else None
    return Row(found.platform, state, found.url, found.outcome, found.attempts, due, value, found.detail)


def _facts(row: Row) -> tuple[Any, ...]:
    """A source as a line of the table."""
    worth = None if row.priority is None else f"{row.priority:.1f}"
    when = (row.due_at or "now")[:16]
    return row.platform, row.url, row.outcome or "never visited", row.attempts or None, when, worth, row.detail
