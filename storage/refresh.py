"""What a visit teaches about its source: the rate of its posts, the band, when the next visit is due, quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Column, Connection, Double, Table, Text, case, delete, func, insert, select, update

from storage import policy
from storage.tables import Utc, metadata, post, source

pace_table = Table(  # how often sources of a platform can be visited, worked out anew with every cycle
    "pace",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("root", Double, nullable=False),  # mean of sqrt(weight x rate)
    Column("mean_days", Double, nullable=False),  # between visits, as it really is
    Column("at", Utc, nullable=False),
)
_DAY = timedelta(days=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
FAR = timedelta(days=policy.LONGEST_DAYS + 8)


def _day(at: datetime) -> float:
    return float((at - _EPOCH) / _DAY)


def pace(connection: Connection, platform: str) -> tuple[float, float]:
    """(mean of sqrt(weight x rate), mean days between visits) of a platform, as last worked out."""
    row = connection.execute(select(pace_table).where(pace_table.c.platform == platform)).one_or_none()
    return (row.root, row.mean_days) if row else (policy.root_of({}), policy.MEAN_DAYS)


def calibrate(connection: Connection, now: datetime) -> None:
    """Works out every platform's pace from what its sources are worth and how many were visited in the last week.

    Also calls back what a clock that stood wrong put off for ever.
    """
    late = (source.c.band.is_not(None), source.c.due_at > now + FAR)
    connection.execute(update(source).where(*late).values(due_at=now))
    recent = func.sum(case((source.c.last_seen > now - policy.MEAN_DAYS * _DAY, 1), else_=0))
    query = select(source.c.platform, source.c.band, func.count(), recent).where(source.c.band.is_not(None))
    bands: dict[str, dict[int, int]] = {}
    visited: dict[str, int] = {}
    for platform, band, count, some in connection.execute(query.group_by(source.c.platform, source.c.band)):
        bands.setdefault(platform, {})[band] = count
        visited[platform] = visited.get(platform, 0) + (int(some) if band != policy.NEW else 0)
    connection.execute(delete(pace_table))
    for platform, counts in bands.items():
        known = sum(count for band, count in counts.items() if band != policy.NEW)
        mean = min(policy.MEAN_DAYS * max(known / max(visited[platform], 1), 1.0), policy.LONGEST_DAYS)
        row = {"platform": platform, "root": policy.root_of(counts), "mean_days": mean, "at": now}
        connection.execute(insert(pace_table).values(row))


def next_visits(connection: Connection, visited: Sequence[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(key, columns to set) of each source whose row tells of a visit just stored."""
    roots = {platform: pace(connection, platform)[0] for platform in {row.platform for row in visited}}
    for row in visited:
        if row.kind not in policy.VISITED:
            values: dict[str, Any] = {"band": None, "due_at": None}
        elif row.outcome in policy.WELL:
            values = _well(connection, row, roots[row.platform])
        else:
            values = _failed(row)
        yield row.key, values


def _well(connection: Connection, row: Any, root: float) -> dict[str, Any]:
    ages = _ages(connection, row.account, row.last_seen) if row.account else []
    visits = None if ages else _remembered(connection, row)
    rate = policy.rate_from_dates(ages) if visits is None else _rate(visits)
    weight = row.weight or 1.0
    wait = policy.bounded(policy.interval(weight, rate, root))
    due = {"due_at": row.last_seen + wait * _DAY, "band": policy.band(weight, rate), "rate": rate, "visits": visits}
    return due | {"attempts": 0, "quarantined_at": None}


def _failed(row: Any) -> dict[str, Any]:
    ours = row.outcome in policy.OURS
    attempts = row.attempts if ours else row.attempts + 1
    wait = policy.retry(row.outcome, max(attempts, 1)) * _DAY
    shut = row.quarantined_at or row.last_seen if attempts >= policy.PATIENCE else None
    band = policy.band(row.weight or 1.0, policy.hope(row.rate or policy.PRIOR_RATE, attempts))
    return {"due_at": row.last_seen + wait, "attempts": attempts, "quarantined_at": shut, "band": band}


def _ages(connection: Connection, account: int, now: datetime) -> list[float]:
    """Ages in days of the newest dated posts of an account."""
    dated = select(post.c.published_at).where(post.c.account == account, post.c.published_at.between(_EPOCH, now))
    newest = connection.execute(dated.order_by(post.c.published_at.desc()).limit(policy.DATES)).scalars()
    return [(now - at) / _DAY for at in newest]


def _remembered(connection: Connection, row: Any) -> list[list[Any]]:
    """The visits so far with this one: [day, was there anything new]."""
    today = _day(row.last_seen)
    before = [known for known in row.visits or () if known[0] < today - 1e-3]
    since = _EPOCH + before[-1][0] * _DAY if before else _EPOCH
    fresh = select(post.c.key).where(post.c.account == row.account, post.c.first_seen > since).limit(1)
    new = row.outcome == "ok" and connection.execute(fresh).first() is not None
    return [*before, [round(today, 3), new]][-policy.VISITS :]


def _rate(visits: Sequence[Sequence[Any]]) -> float:
    """The first visit tells nothing of how often there is something new."""
    return policy.rate_from_visits([(b[0] - a[0], b[1]) for a, b in pairwise(visits)])
