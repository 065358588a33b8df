"""What of the frontier is worth a visit most, now: each band of like worth read from its longest due on, then ordered.

One statement asks all bands at once; it is asked again, deeper, of bands that may hide something better. How deep each
band was needed is known of the last time on the same connection, so that mostly one question is enough.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Integer, Text, all_, and_, bindparam, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from storage import policy
from storage.policy import BANDS, NEW
from storage.refresh import pace
from storage.tables import Utc, lease, source

_DAY = 86_400.0
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
VOID = timedelta(days=1)
"""A lease that would end later was taken while a clock stood wrong."""
FEWEST = 12
"""Sources of each band that are asked for at first, at the least."""
TAIL = 4
"""A band is read on while one of so many read last is worth a place: their rates differ by an octave."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A source that is worth a visit, and why: priority = weight x rate (posts a day to hope for) x days^2."""

    key: int
    platform: str
    url: str
    weight: float
    rate: float
    days: float | None
    """Since the last visit; None: never visited."""
    priority: float
    overdue: bool


class Found(NamedTuple):
    """What ordering takes, and what a claim tells; sorted, the best comes first."""

    late: bool  # False, the overdue, come first
    loss: float  # -priority
    key: int
    host: str
    begun: int
    """Visits of it that crawls began and died in."""
    new: bool
    url: str
    weight: float
    rate: float
    days: float

    def claim(self, platform: str) -> Claim:
        days = None if self.new else self.days
        return Claim(self.key, platform, self.url, self.weight, self.rate, days, -self.loss, not self.late)


def days_since(dialect: str, column: Any, now: Any) -> Any:
    """Days from a column's time to ``now`` (a time, or an SQL expression of one), as SQL."""
    if dialect == "sqlite":
        return func.julianday(now) - func.julianday(column)
    return func.date_part("epoch", now - column) / _DAY


def _open(dialect: str) -> ColumnElement[bool]:
    """Of no host that is shut; a list of any length is one parameter."""
    host = func.coalesce(source.c.host, "")
    if dialect != "sqlite":
        return host != all_(bindparam("shut", type_=ARRAY(Text)))
    return host.not_in(select(func.json_each(bindparam("shut", type_=Text)).table_valued("value").c.value))


@cache
def _statement(dialect: str) -> Any:
    """Of each band the sources due longest: band, key, host, begun, url, weight, rate, failing, days."""
    clock, now = bindparam("clock", type_=Utc), bindparam("now", type_=Utc)
    seen, until, begun = source.c.last_seen, lease.c.until, func.coalesce(lease.c.begun, 0)
    free = or_(until.is_(None), until < clock, until > bindparam("void", type_=Utc))
    unseen = or_(seen.is_(None), seen < bindparam("unseen_since", type_=Utc))
    where = and_(source.c.platform == bindparam("platform", type_=Text), free, unseen, _open(dialect))
    failing = (source.c.attempts + begun).label("failing")
    weight, rate = func.coalesce(source.c.weight, 1.0), func.coalesce(source.c.rate, policy.PRIOR_RATE)
    worth = (weight.label("weight"), rate.label("rate"))
    arms = []
    for band in (*BANDS, NEW):
        new = band == NEW
        due = source.c.due_at <= now  # alone, so that the index ends where nothing more is due
        due = or_(due, source.c.due_at.is_(None)) if new else due
        days = days_since(dialect, source.c.first_seen if new else func.coalesce(seen, source.c.first_seen), now)
        told: list[Any] = [source.c.band, source.c.key, func.coalesce(source.c.host, "").label("host")]
        told += [begun.label("begun"), source.c.url, *worth, failing, days.label("days")]
        arm = select(*told).outerjoin_from(source, lease, lease.c.key == source.c.key)
        arm = arm.where(where, source.c.band == band, due)
        arm = arm if new else arm.order_by(source.c.due_at)
        most, skip = bindparam(f"most_{band}", type_=Integer), bindparam(f"skip_{band}", type_=Integer)
        arms.append(select(arm.limit(most).offset(skip).subquery()))
    return union_all(*arms)


def best(
    connection: Connection,
    platform: str,
    now: datetime,
    limit: int,
    *,
    clock: datetime | None = None,
    shut: Iterable[str] = (),
    unseen_since: datetime | None = None,
    per_host: int | None = None,
) -> list[Found]:
    """The due sources of a platform that are worth most, best first; at most half never visited, if others wait.

    ``clock``: the time by which leases run. ``shut``: hosts to leave out. ``unseen_since``: only what was not visited
    since. ``per_host``: at most so many of one host.
    """
    dialect, clock, hosts = connection.dialect.name, clock or now, set(shut)
    mean, cap = pace(connection, platform)[1], per_host or limit
    given: dict[str, Any] = {"platform": platform, "now": now, "clock": clock, "void": clock + VOID}
    given["unseen_since"] = unseen_since or _NEVER
    found: dict[int, list[Found]] = {band: [] for band in (*BANDS, NEW)}
    depths: dict[tuple[str, int], float] = connection.info.setdefault("depths", {})
    asked = {band: min(max(ceil(depths.get((platform, band), 0) * limit), FEWEST), limit) for band in found}
    known, new = list[Found](), list[Found]()
    while any(asked.values()):
        given["shut"] = json.dumps(list(hosts)) if dialect == "sqlite" else list(hosts)
        for band, some in found.items():
            # What was read of a host that is full by now is passed over by the host, not by the count.
            skip = sum(one.host not in hosts for one in some)
            given |= {f"most_{band}": asked.get(band, 0), f"skip_{band}": skip}
        counts = Counter[int]()
        for row in plain(connection.execute(_statement(dialect), given)):
            counts[row[0]] += 1
            found[row[0]].append(_judged(row, mean))
        room = Counter[str]()
        known = _capped((one for band in BANDS for one in found[band]), room, limit, cap)
        new = _capped(found[NEW], room, limit, cap)
        hosts |= {host for host, count in room.items() if count >= cap}
        last = known[-1] if len(known) == limit else None
        depths |= {(platform, band): 1.1 * _deepest(found[band], last) / limit for band in BANDS}
        depths[platform, NEW] = len(found[NEW]) / limit
        asked = {
            band: min(max(2 * count, FEWEST), limit)
            for band, count in asked.items()
            if count and counts[band] == count
            if (len(new) < limit if band == NEW else last is None or min(found[band][-TAIL:]) < last)
        }
    of_new = limit - min(len(known), limit // 2)
    return sorted([*new[:of_new], *known[: limit - min(len(new), of_new)]])


def plain(result: CursorResult[Any]) -> Sequence[Any]:
    """The rows as the driver gives them: numbers and texts, thousands a claim, need nothing made of them."""
    assert result.cursor is not None
    return result.cursor.fetchall()


def _deepest(some: Sequence[Found], last: Found | None) -> int:
    """How deep the deepest stands that comes before the ``last`` of a batch."""
    return max((place for place, one in enumerate(some, 1) if last is None or one <= last), default=0)


def _capped(some: Iterable[Found], room: Counter[str], limit: int, cap: int) -> list[Found]:
    """The best ``limit``, of a host at most ``cap``; ``room`` counts what each host has."""
    kept: list[Found] = []
    for one in sorted(some):
        if room[one.host] < cap:
            room[one.host] += 1
            kept.append(one)
            if len(kept) == limit:
                break
    return kept


def _judged(row: Any, mean: float) -> Found:
    """A row as the policy sees it; what was never visited, as if it had been the mean interval before it was known."""
    band, key, host, begun, url, weight, rate, failing, days = row
    new = band == NEW
    if new:
        days += policy.MEAN_DAYS
    rate, late = policy.hope(rate, failing), new or failing > 0 or not policy.overdue(days, mean)
    return Found(late, -policy.priority(weight, rate, days), key, host, begun, new, url, weight, rate, days)
