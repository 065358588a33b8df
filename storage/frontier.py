"""The frontier: what of the sources is worth a visit now, who holds it, and when a visited one is due again.

A crawl claims sources for a short while (a lease, which it extends) and every visit ends in the transaction that stores
its Source record; so a kill at any moment loses nothing, and what was in flight is free again when its lease runs out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import policy
from storage.holder import gone
from storage.policy import NEW, VISITED
from storage.refresh import next_visits
from storage.tables import Utc, source
from storage.tables import lease as leases
from storage.worth import VOID, Claim, best

__all__ = ["LEASE", "PER_HOST", "VISITED", "Claim", "best", "claim", "due_by_platform", "extend", "finish", "held"]
__all__ += ["reclaim", "release", "spread"]

LEASE = timedelta(seconds=120)
"""How long a claim holds unless it is extended: what a crawl that died keeps from the others."""
PER_HOST = 25
"""Sources of one host in a batch."""


def _runs(clock: datetime) -> Any:
    return leases.c.until.between(clock, clock + VOID)


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

    ``clock``: the time by which leases run, where ``now`` is not it. Run it in a transaction that writes. A lease
    counts the visits begun: a source that kills its crawls is found out (policy.DEADLY).
    """
    clock = clock or now
    reclaim(connection)
    shut = held(connection, clock, but=by)
    given: dict[str, Any] = {"clock": clock, "shut": shut, "unseen_since": unseen_since, "per_host": PER_HOST}
    batch = best(connection, platform, now, limit, **given)
    deadly = [one.key for one in batch if one.begun >= policy.DEADLY]
    if deadly:
        _put_away(connection, deadly, clock)
    batch = [one for one in batch if one.begun < policy.DEADLY]
    if batch:
        _take(connection, [one.key for one in batch], by, clock + lease)
    return [one.claim(platform) for one in batch]


def _take(connection: Connection, keys: Sequence[int], by: str, until: datetime) -> None:
    """One statement for all: five hundred rows of parameters would cost more than their leases."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = (source.c.key, source.c.platform, func.coalesce(source.c.host, ""), literal(by), literal(until, Utc))
    rows = select(*new, literal(1)).where(source.c.key.in_(keys))
    insert = dialect.insert(leases).from_select([column.name for column in leases.c], rows)
    taken = {name: insert.excluded[name] for name in ("by", "until")} | {"begun": leases.c.begun + 1}
    connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=taken))


def _put_away(connection: Connection, keys: Sequence[int], clock: datetime) -> None:
    """Quarantine for sources that were in flight every time their crawls died."""
    told = {"outcome": "died", "detail": f"{policy.DEADLY} crawls of it began and never ended; see the log"}
    values = told | {"quarantined_at": clock, "due_at": clock + timedelta(days=policy.LONGEST_DAYS)}
    connection.execute(update(source).where(source.c.key.in_(keys)).values(values))
    connection.execute(delete(leases).where(leases.c.key.in_(keys)))


def held(connection: Connection, clock: datetime, but: str = "", platform: str = "") -> set[str]:
    """Hosts that somebody holds now (of ``platform``), ``but`` excepted."""
    query = select(leases.c.host).where(_runs(clock), leases.c.by != but)
    query = query.where(leases.c.platform == platform) if platform else query
    return set(connection.execute(query.distinct()).scalars())


def extend(connection: Connection, by: str, until: datetime) -> int:
    """Moves the end of all leases of ``by``; how many it holds."""
    mine = and_(leases.c.until.is_not(None), leases.c.by == by)
    return connection.execute(update(leases).where(mine).values(until=until)).rowcount


def release(connection: Connection, by: str, keys: Sequence[int] | None = None) -> int:
    """Gives back what ``by`` holds unvisited (of it only ``keys``), as if never claimed; how many."""
    mine = [leases.c.until.is_not(None), leases.c.by == by]
    mine += [leases.c.key.in_(keys)] if keys is not None else []
    gone = connection.execute(delete(leases).where(*mine, leases.c.begun <= 1)).rowcount
    values = {"until": None, "begun": leases.c.begun - 1}
    return gone + connection.execute(update(leases).where(*mine).values(values)).rowcount


def reclaim(connection: Connection, *, died: bool = True) -> int:
    """Ends the leases of processes that are gone; how many. Where they ``died`` of it, the visits they began count."""
    names = connection.execute(select(leases.c.by).where(leases.c.until.is_not(None)).distinct()).scalars()
    dead = [by for by in names if gone(by)]
    if not died:
        return sum(release(connection, by) for by in dead)
    return connection.execute(update(leases).where(leases.c.by.in_(dead)).values(until=None)).rowcount if dead else 0


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
    if rows:
        connection.execute(delete(leases).where(leases.c.key.in_(keys)))


def due_by_platform(connection: Connection, now: datetime) -> dict[str, int]:
    """How many sources are due and free, by platform."""
    free = source.c.key.not_in(select(leases.c.key).where(_runs(now)))
    query = select(source.c.platform, func.count()).where(source.c.band.is_not(None), _due(now), free)
    return {row[0]: row[1] for row in connection.execute(query.group_by(source.c.platform).order_by(source.c.platform))}


def spread(connection: Connection, now: datetime, budget: int) -> list[Claim]:
    """The ``budget`` sources of all platforms that are worth most now: what a cycle would visit, best first."""
    names, clock = connection.execute(select(source.c.platform).distinct()).scalars().all(), datetime.now(UTC)
    found = sorted((one, name) for name in names for one in best(connection, name, now, budget, clock=clock))
    return [one.claim(name) for one, name in found[:budget]]
