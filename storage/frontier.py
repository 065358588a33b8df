"""The frontier: the source table says what is worth a visit now, who holds it, and when a visited one is due again.

A crawl claims sources for a short while (a lease, which it extends) and every visit ends in the transaction that stores
its Source record; so a kill at any moment loses nothing, and what was in flight is free again when its lease runs out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, text, update

from storage import policy
from storage.policy import NEW, VISITED
from storage.refresh import next_visits, pace
from storage.tables import source

__all__ = ["LEASE", "PER_HOST", "VISITED", "Claim", "best", "claim", "due_by_platform", "extend", "finish", "held"]
__all__ += ["release", "spread"]

LEASE = timedelta(seconds=120)
"""How long a claim holds unless it is extended: what a crawl that died keeps from the others."""
PER_HOST = 25
"""Sources of one host in a batch."""
CLAIM_LOCK = 0x67726171
"""PostgreSQL advisory lock: two claims at once could both take sources of one host."""
_DAY = 86_400.0
_SHOWN = (*(source.c.key, source.c.platform, source.c.url, source.c.host, source.c.band, source.c.weight),)
_STATE = (*(source.c.rate, source.c.last_seen, source.c.first_seen, source.c.attempts, source.c.lease_by),)


@dataclass(frozen=True, slots=True)
class Claim:
    """A source that is worth a visit, and why: priority = weight x rate (posts a day) x days^2."""

    key: int
    platform: str
    url: str
    host: str
    weight: float
    rate: float
    days: float | None
    """Since the last visit; None: never visited."""
    priority: float
    attempts: int
    overdue: bool
    deadly: bool = False
    """Whether it was in flight in too many crawls that died."""


def _free(clock: datetime) -> Any:
    """Held by nobody; a lease of a distant future was taken while a clock stood wrong."""
    until = source.c.lease_until
    return or_(until.is_(None), until < clock, until > clock + timedelta(days=1))


def _due(now: datetime) -> Any:
    return or_(source.c.due_at <= now, and_(source.c.due_at.is_(None), source.c.band == NEW))


def _judged(row: Any, now: datetime, mean_days: float) -> Claim:
    weight, rate = row.weight or 1.0, row.rate or policy.PRIOR_RATE
    days = (now - row.last_seen).total_seconds() / _DAY if row.band != NEW and row.last_seen else None
    waited = days if days is not None else (now - row.first_seen).total_seconds() / _DAY + policy.MEAN_DAYS
    late = days is not None and not row.attempts and bool(policy.overdue(days, mean_days))
    worth = policy.priority(weight, rate, max(waited, 0.0))
    deadly = row.lease_by is not None and row.attempts >= policy.DEADLY
    return Claim(row.key, row.platform, row.url, row.host or "", weight, rate, days, worth, row.attempts, late, deadly)


def best(
    connection: Connection,
    platform: str,
    now: datetime,
    limit: int,
    *,
    clock: datetime | None = None,
    shut: Iterable[str] = (),
    unseen_since: datetime | None = None,
    locked: bool = False,
) -> list[Claim]:
    """The due sources of a platform that are worth most, best first; at most half never visited, if others wait.

    ``shut``: hosts to leave out. ``unseen_since``: only sources not visited since. Each band of like worth is read from
    its longest due on, deeper where it may hide a better one; the policy orders what was read.
    """
    mean_days, shut = pace(connection, platform)[1], sorted(shut)
    where = [source.c.platform == platform, _free(clock or now)]
    where += [source.c.host.not_in(shut)] if shut else []
    where += [or_(source.c.last_seen.is_(None), source.c.last_seen < unseen_since)] if unseen_since else []

    def read(band: int, most: int) -> list[Claim]:
        query = select(*_SHOWN, *_STATE).where(source.c.band == band, *where)
        query = query.where(_due(now) if band == NEW else source.c.due_at <= now)
        query = query.order_by(source.c.due_at).limit(most)
        rows = connection.execute(query.with_for_update(skip_locked=True) if locked else query)
        return [_judged(row, now, mean_days) for row in rows]

    first = min(limit, max(32, 2 * limit // len(policy.BANDS)))
    found = {band: read(band, first) for band in policy.BANDS}
    known = _ordered(found.values())
    last = known[limit - 1] if len(known) >= limit else None
    for band, some in found.items():
        if len(some) == first < limit and (last is None or some[-1].overdue or some[-1].priority > last.priority):
            found[band] = read(band, limit)
    known, new = _ordered(found.values())[:limit], _ordered([read(NEW, limit)])
    room = limit - min(len(known), limit // 2)
    return _ordered([new[:room], known[: limit - min(len(new), room)]])


def _ordered(lists: Iterable[Sequence[Claim]]) -> list[Claim]:
    return sorted((c for some in lists for c in some), key=lambda c: (not c.overdue, -c.priority, c.key))


def claim(
    connection: Connection,
    platform: str,
    now: datetime,
    limit: int,
    by: str,
    lease: timedelta = LEASE,
    *,
    clock: datetime | None = None,
    unseen_since: datetime | None = None,
) -> list[Claim]:
    """Leases to ``by`` what is worth most of what is due at ``now``; a host that another holds is left to it.

    ``clock``: the time by which leases run, where ``now`` is not it. Run it in a transaction that writes
    (``claiming``). Counts an attempt for each: a source that kills its crawls is found out (policy.DEADLY).
    """
    clock = clock or now
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
    shut, room, batch = held(connection, clock, but=by), Counter[str](), list[Claim]()
    while len(batch) < limit:
        wanted = limit - len(batch)
        found = best(connection, platform, now, wanted, clock=clock, shut=shut, unseen_since=unseen_since, locked=True)
        taken = []
        for one in found:
            room[one.host] += 1
            if one.deadly:
                _put_away(connection, one.key, clock)
            elif room[one.host] <= PER_HOST:
                taken.append(one)
            else:
                shut.add(one.host)
        values = {"lease_until": clock + lease, "lease_by": by, "attempts": source.c.attempts + 1}
        if taken:
            connection.execute(update(source).where(source.c.key.in_([c.key for c in taken])).values(values))
        batch += taken
        if len(found) < wanted:
            break
    return batch


def _put_away(connection: Connection, key: int, clock: datetime) -> None:
    """Quarantine for a source that was in flight every time its crawl died."""
    told = {"outcome": "died", "detail": f"{policy.DEADLY} crawls of it began and never ended; see the log"}
    values = told | {"quarantined_at": clock, "due_at": clock + timedelta(days=policy.LONGEST_DAYS)}
    connection.execute(update(source).where(source.c.key == key).values(lease_until=None, lease_by=None, **values))


def held(connection: Connection, clock: datetime, but: str = "") -> set[str]:
    """Hosts that somebody holds now, ``but`` excepted."""
    query = select(source.c.host).where(source.c.lease_until.between(clock, clock + timedelta(days=1)))
    return set(connection.execute(query.where(source.c.lease_by != but).distinct()).scalars())


def extend(connection: Connection, by: str, until: datetime) -> int:
    """Moves the end of all leases of ``by``; how many it holds."""
    mine = and_(source.c.lease_until.is_not(None), source.c.lease_by == by)
    return connection.execute(update(source).where(mine).values(lease_until=until)).rowcount


def release(connection: Connection, by: str, keys: Sequence[int] | None = None) -> int:
    """Gives back what ``by`` holds unvisited (of it only ``keys``), as if never claimed; how many."""
    mine = [source.c.lease_until.is_not(None), source.c.lease_by == by]
    mine += [source.c.key.in_(keys)] if keys is not None else []
    values = {"lease_until": None, "lease_by": None, "attempts": source.c.attempts - 1}
    return connection.execute(update(source).where(*mine, source.c.attempts > 0).values(values)).rowcount


def fresh_visits(connection: Connection, seen: Mapping[int, datetime]) -> list[int]:
    """Of sources about to be stored (key -> when visited) those whose record is news; a repeated one ends no visit."""
    query = select(source.c.key, source.c.last_seen).where(source.c.key.in_(list(seen)))
    known = {row.key: row.last_seen for row in connection.execute(query)} if seen else {}
    return [key for key, at in seen.items() if known.get(key) is None or at > known[key]]


def finish(connection: Connection, keys: Sequence[int]) -> None:
    """Ends the visits whose Source rows were just stored, in the same transaction: rate, band, when due again."""
    columns = (source.c.account, source.c.kind, source.c.outcome, source.c.visits, source.c.quarantined_at)
    rows = connection.execute(select(*_SHOWN, *_STATE, *columns).where(source.c.key.in_(keys))).all() if keys else []
    for key, values in next_visits(connection, rows):
        connection.execute(update(source).where(source.c.key == key).values(values))


def due_by_platform(connection: Connection, now: datetime) -> dict[str, int]:
    """How many sources are due and free, by platform."""
    query = select(source.c.platform, func.count()).where(source.c.band.is_not(None), _due(now), _free(now))
    return {row[0]: row[1] for row in connection.execute(query.group_by(source.c.platform).order_by(source.c.platform))}


def spread(connection: Connection, now: datetime, budget: int) -> list[Claim]:
    """The ``budget`` sources of all platforms that are worth most now: what a cycle would visit, best first."""
    names = connection.execute(select(source.c.platform).distinct()).scalars().all()
    return _ordered(best(connection, name, now, budget, clock=datetime.now(UTC)) for name in names)[:budget]
