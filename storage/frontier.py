"""The frontier: the source table says what is worth a visit now, who holds it, and when a visited one is due again.

A crawl claims sources for a short while (a lease, which it extends) and every visit ends in the transaction that stores
its Source record; so a kill at any moment loses nothing, and what was in flight is free again when its lease runs out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from storage import policy
from storage.holder import gone
from storage.policy import NEW, VISITED
from storage.refresh import next_visits
from storage.tables import source
from storage.worth import Claim, best

__all__ = ["LEASE", "PER_HOST", "VISITED", "Claim", "best", "claim", "due_by_platform", "extend", "finish", "held"]
__all__ += ["reclaim", "release", "spread"]

LEASE = timedelta(seconds=120)
"""How long a claim holds unless it is extended: what a crawl that died keeps from the others."""
PER_HOST = 25
"""Sources of one host in a batch."""


def _free(clock: datetime) -> Any:
    """Held by nobody; a lease of a distant future was taken while a clock stood wrong."""
    until = source.c.lease_until
    return or_(until.is_(None), until < clock, until > clock + timedelta(days=1))


def _due(now: datetime) -> Any:
    return or_(source.c.due_at <= now, and_(source.c.due_at.is_(None), source.c.band == NEW))


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

    ``clock``: the time by which leases run, where ``now`` is not it. Run it in a transaction that writes. Counts an
    attempt for each: a source that kills its crawls is found out (policy.DEADLY).
    """
    clock = clock or now
    reclaim(connection)
    shut = held(connection, clock, but=by)
    given: dict[str, Any] = {"clock": clock, "shut": shut, "unseen_since": unseen_since, "per_host": PER_HOST}
    batch = best(connection, platform, now, limit, **given)
    for one in batch:
        if one.deadly:
            _put_away(connection, one.key, clock)
    batch = [one for one in batch if not one.deadly]
    values = {"lease_until": clock + lease, "lease_by": by, "attempts": source.c.attempts + 1}
    if batch:
        connection.execute(update(source).where(source.c.key.in_([one.key for one in batch])).values(values))
    return [one.claim(platform) for one in batch]


def _put_away(connection: Connection, key: int, clock: datetime) -> None:
    """Quarantine for a source that was in flight every time its crawl died."""
    told = {"outcome": "died", "detail": f"{policy.DEADLY} crawls of it began and never ended; see the log"}
    values = told | {"quarantined_at": clock, "due_at": clock + timedelta(days=policy.LONGEST_DAYS)}
    connection.execute(update(source).where(source.c.key == key).values(lease_until=None, lease_by=None, **values))


def held(connection: Connection, clock: datetime, but: str = "", platform: str = "") -> set[str]:
    """Hosts that somebody holds now (of ``platform``), ``but`` excepted."""
    query = select(source.c.host).where(source.c.lease_until.between(clock, clock + timedelta(days=1)))
    query = query.where(source.c.platform == platform) if platform else query
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


def reclaim(connection: Connection, *, died: bool = True) -> int:
    """Ends the leases of processes that are gone; how many. Where they ``died`` of it, the attempts count."""
    held_by = select(source.c.lease_by).where(source.c.lease_until.is_not(None)).distinct()
    dead = [by for by in connection.execute(held_by).scalars() if by and gone(by)]
    if not died:
        return sum(release(connection, by) for by in dead)
    theirs = and_(source.c.lease_until.is_not(None), source.c.lease_by.in_(dead))
    return connection.execute(update(source).where(theirs).values(lease_until=None)).rowcount if dead else 0


def fresh_visits(connection: Connection, seen: Mapping[int, datetime]) -> list[int]:
    """Of sources about to be stored (key -> when visited) those whose record is news; a repeated one ends no visit."""
    query = select(source.c.key, source.c.last_seen).where(source.c.key.in_(list(seen)))
    known = {row.key: row.last_seen for row in connection.execute(query)} if seen else {}
    return [key for key, at in seen.items() if known.get(key) is None or at > known[key]]


def finish(connection: Connection, keys: Sequence[int]) -> None:
    """Ends the visits whose Source rows were just stored, in the same transaction: rate, band, when due again."""
    rows = connection.execute(select(source).where(source.c.key.in_(keys))).all() if keys else []
    for key, values in next_visits(connection, rows):
        connection.execute(update(source).where(source.c.key == key).values(values))


def due_by_platform(connection: Connection, now: datetime) -> dict[str, int]:
    """How many sources are due and free, by platform."""
    query = select(source.c.platform, func.count()).where(source.c.band.is_not(None), _due(now), _free(now))
    return {row[0]: row[1] for row in connection.execute(query.group_by(source.c.platform).order_by(source.c.platform))}


def spread(connection: Connection, now: datetime, budget: int) -> list[Claim]:
    """The ``budget`` sources of all platforms that are worth most now: what a cycle would visit, best first."""
    names, clock = connection.execute(select(source.c.platform).distinct()).scalars().all(), datetime.now(UTC)
    found = sorted((one, name) for name in names for one in best(connection, name, now, budget, clock=clock))
    return [one.claim(name) for one, name in found[:budget]]
