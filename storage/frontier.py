"""The frontier: the source table says what is worth a visit now, who holds it, and when a visited one is due again.

A crawl claims sources for a short while (a lease, which it extends) and every visit ends in the transaction that stores
its Source record; so a kill at any moment loses nothing, and what was in flight is free again when its lease runs out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, and_, bindparam, func, literal, or_, select, text, update

from storage import policy
from storage.holder import gone
from storage.policy import NEW, VISITED
from storage.refresh import next_visits, pace
from storage.tables import Utc, source

__all__ = ["LEASE", "PER_HOST", "VISITED", "Claim", "best", "claim", "due_by_platform", "extend", "finish", "held"]
__all__ += ["reclaim", "release", "spread"]

LEASE = timedelta(seconds=120)
"""How long a claim holds unless it is extended: what a crawl that died keeps from the others."""
PER_HOST = 25
"""Sources of one host in a batch."""
CLAIM_LOCK = 0x67726171
"""PostgreSQL advisory lock: two claims at once could both take sources of one host."""
_DAY = 86_400.0
_WEIGHT = func.coalesce(source.c.weight, 1.0)
_RATE = func.coalesce(source.c.rate, policy.PRIOR_RATE)


@dataclass(frozen=True, slots=True)
class Claim:
    """A source that is worth a visit, and why: priority = weight x rate (posts a day) x days^2."""

    key: int
    platform: str
    url: str
    weight: float
    rate: float
    days: float | None
    """Since the last visit; None: never visited."""
    priority: float
    overdue: bool


def _free(clock: datetime) -> Any:
    """Held by nobody; a lease of a distant future was taken while a clock stood wrong."""
    until = source.c.lease_until
    return or_(until.is_(None), until < clock, until > clock + timedelta(days=1))


def _due(now: datetime) -> Any:
    return or_(source.c.due_at <= now, and_(source.c.due_at.is_(None), source.c.band == NEW))


def days_since(connection: Connection, column: Any, now: datetime) -> Any:
    """Days from a column's time to ``now``, as SQL."""
    at = literal(now, Utc)
    if connection.dialect.name == "sqlite":
        return func.julianday(at) - func.julianday(column)
    return func.extract("epoch", at - column) / _DAY


class Found(NamedTuple):
    """What ordering candidates takes; sorted, the best comes first."""

    late: bool  # False, the overdue, come first
    loss: float  # -priority
    key: int
    host: str
    deadly: bool
    """Whether it was in flight in too many crawls that died."""


def best(
    connection: Connection,
    platform: str,
    now: datetime,
    limit: int,
    *,
    clock: datetime | None = None,
    shut: Iterable[str] = (),
    unseen_since: datetime | None = None,
) -> list[Found]:
    """The due sources of a platform that are worth most, best first; at most half never visited, if others wait.

    ``shut``: hosts to leave out. ``unseen_since``: only sources not visited since. Each band of like worth is read from
    its longest due on, deeper while it may hide a better one; the policy, as SQL, orders what was read.
    """
    shut = sorted(shut)
    where = [source.c.platform == platform, source.c.band == bindparam("in_band"), _free(clock or now)]
    where += [source.c.host.not_in(shut)] if shut else []
    where += [or_(source.c.last_seen.is_(None), source.c.last_seen < unseen_since)] if unseen_since else []
    most, skip = bindparam("most", type_=Integer), bindparam("skip", type_=Integer)
    days = days_since(connection, source.c.last_seen, now)
    in_time = or_(source.c.attempts > 0, ~policy.overdue(days, pace(connection, platform)[1]))
    deadly = and_(source.c.lease_by.is_not(None), source.c.attempts >= policy.DEADLY)
    tail = (source.c.key, func.coalesce(source.c.host, ""), deadly)
    due = select(in_time, -policy.priority(_WEIGHT, _RATE, days), *tail).where(*where, source.c.due_at <= now)
    due = due.order_by(source.c.due_at).limit(most).offset(skip)
    found, known = dict[int, list[Any]](), list[Any]()
    asked = dict.fromkeys(policy.BANDS, min(limit, 24))
    while asked:
        for band, count in asked.items():
            before = found.setdefault(band, [])
            some = connection.execute(due, {"in_band": band, "most": count, "skip": len(before)}).all()
            found[band], known, asked[band] = [*before, *some], [*known, *some], 2 * count if len(some) == count else 0
        known = sorted(map(tuple, known))[:limit]
        last = known[-1] if len(known) == limit else None
        asked = {
            band: min(count, limit)
            for band, count in asked.items()
            if count and len(found[band]) < limit and (last is None or tuple(found[band][-1]) < last)
        }
    # As if it had been visited the mean interval before it became known.
    waited = days_since(connection, source.c.first_seen, now) + policy.MEAN_DAYS
    fresh = select(literal(True), -policy.priority(_WEIGHT, _RATE, waited), *tail).where(*where, _due(now)).limit(most)
    new = sorted(map(tuple, connection.execute(fresh, {"in_band": NEW, "most": limit})))
    room = limit - min(len(known), limit // 2)
    return [Found(*one) for one in sorted([*new[:room], *known[: limit - min(len(new), room)]])]


def explain(connection: Connection, found: Sequence[Found], now: datetime) -> list[Claim]:
    """The sources of ``found``, in its order."""
    query = select(source.c.key, source.c.platform, source.c.url, _WEIGHT, _RATE, source.c.band, source.c.last_seen)
    rows = {row.key: row for row in connection.execute(query.where(source.c.key.in_([one.key for one in found])))}

    def told(one: Found) -> Claim:
        key, platform, url, weight, rate, band, last = rows[one.key]
        days = (now - last).total_seconds() / _DAY if band != NEW and last else None
        return Claim(key, platform, url, weight, rate, days, -one.loss, not one.late)

    return [told(one) for one in found if one.key in rows]


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
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
    reclaim(connection)
    shut, room, batch = held(connection, clock, but=by), Counter[str](), list[Found]()
    while len(batch) < limit:
        wanted = limit - len(batch)
        more = wanted + wanted // 2  # of great hosts some will be left out
        found = best(connection, platform, now, more, clock=clock, shut=shut, unseen_since=unseen_since)
        taken = dict[int, Found]()
        for one in found:
            if len(taken) == wanted:
                break
            room[one.host] += 1
            if one.deadly:
                _put_away(connection, one.key, clock)
            elif room[one.host] <= PER_HOST:
                taken[one.key] = one
            else:
                shut.add(one.host)
        # A row that is being written this moment is left for the next claim.
        free = select(source.c.key).where(source.c.key.in_(list(taken))).with_for_update(skip_locked=True)
        values = {"lease_until": clock + lease, "lease_by": by, "attempts": source.c.attempts + 1}
        mine = update(source).where(source.c.key.in_(free)).values(values).returning(source.c.key)
        got = set(connection.execute(mine).scalars()) if taken else set()
        batch += [one for key, one in taken.items() if key in got]
        if len(found) < more or len(got) < len(taken):
            break
    return explain(connection, batch, now)


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
    names = connection.execute(select(source.c.platform).distinct()).scalars().all()
    found = sorted(one for name in names for one in best(connection, name, now, budget, clock=datetime.now(UTC)))
    return explain(connection, found[:budget], now)
