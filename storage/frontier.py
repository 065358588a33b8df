"""The frontier: which sources are due, and when a visited one is due again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from storage.tables import source

INTERVAL = timedelta(days=7)
"""From one good visit to the next."""
LONGEST = timedelta(days=56)
"""The longest wait after failures; a dead source is still looked at, for some come back."""
VISITED = ("seed", "channel", "profile")
"""Kinds of source that a visit starts from; the others (a feed of a blog) are read on the way."""


def _due(now: datetime) -> Any:
    free = or_(source.c.lease_until.is_(None), source.c.lease_until < now)
    return and_(source.c.kind.in_(VISITED), free, or_(source.c.due_at.is_(None), source.c.due_at <= now))


def due(connection: Connection, platform: str, now: datetime, limit: int) -> list[str]:
    """Addresses of sources whose time has come: never visited ones first, then the longest overdue."""
    query = select(source.c.url).where(_due(now), source.c.platform == platform)
    order = (source.c.due_at.is_not(None), source.c.due_at, source.c.key)
    return list(connection.execute(query.order_by(*order).limit(limit)).scalars())


def due_by_platform(connection: Connection, now: datetime) -> dict[str, int]:
    """How many sources are due, by platform."""
    query = select(source.c.platform, func.count()).where(_due(now)).group_by(source.c.platform)
    return {row[0]: row[1] for row in connection.execute(query.order_by(source.c.platform))}


def reschedule(connection: Connection, run: int) -> int:
    """Sets when the sources visited in ``run`` are due again; how many they were.

    A good visit: INTERVAL after it. Failures: twice as long each time in a row, up to LONGEST.
    """
    query = select(source.c.key, source.c.attempts, source.c.outcome, source.c.last_seen).where(source.c.run == run)
    rows = connection.execute(query.where(source.c.kind.in_(VISITED))).all()
    for row in rows:
        attempts = 0 if row.outcome in ("ok", "unchanged") else row.attempts + 1
        wait = min(INTERVAL * 2 ** min(attempts, 8), LONGEST)
        values = {"due_at": row.last_seen + wait, "attempts": attempts}
        connection.execute(update(source).where(source.c.key == row.key).values(values))
    return len(rows)
