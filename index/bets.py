"""Pre-registered bets: whom each publication calls rising, sealed when it is shown, scored by what came; losers too.

A bet is won where the audience (value of the score ``tier``) has grown by a tenth or more. The chance that a bet states
is the rate at which earlier ones were won, (won + 1) / (bets + 2) (Laplace's rule of succession).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from storage import tables as t
from storage.database import reading, writing
from storage.search import bet
from storage.views import in_force, published

WON = 1.1
MATURE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Result:
    """How the bets of one publication stand; rates are 0..1 or None where nobody could be judged."""

    publication: int
    made_at: datetime
    sealed: bool
    """The entries still have the hash that was stored with them."""
    bets: int
    judged: int
    won: int
    gone: int
    """No longer in the index, or without a known audience: not judged."""
    base_rate: float | None
    """How many of all creators whose audience was known then have grown as much."""
    brier: float | None
    """Mean squared distance of the stated chance from what came (Brier 1950): 0 is best, 0.25 a coin."""


def seal(number: int, before: str, entries: list[dict[str, Any]]) -> str:
    """SHA-256 over the entries and the hash of the bet before, so that no old one can be changed unseen."""
    return hashlib.sha256(json.dumps([number, before, entries], sort_keys=True).encode()).hexdigest()


def place(engine: Engine, number: int) -> int:
    """Writes down whom publication ``number`` calls rising, with their audience; gives how many (0: no bet)."""
    with reading(engine) as connection:
        s = t.published_score.c
        held = in_force(t.published_score, number)
        rising = select(s.creator).where(s.name == "rising", s.label == "rising", held)
        sizes = select(s.creator, s.value).where(s.name == "tier", s.value > 0, s.creator.in_(rising), held)
        known = connection.execute(sizes.order_by(s.creator)).all()
        earlier = [one for one in results(connection) if one.judged] if known else []
        last = connection.execute(select(bet.c.sha256).order_by(bet.c.publication.desc()).limit(1)).scalar()
    if not known:
        return 0
    chance = round((sum(r.won for r in earlier) + 1) / (sum(r.judged for r in earlier) + 2), 4)
    entries = [{"creator": row.creator, "audience": row.value, "chance": chance} for row in known]
    row = {"publication": number, "made_at": datetime.now(UTC), "entries": entries}
    with writing(engine) as connection:
        connection.execute(insert(bet).values(row | {"sha256": seal(number, last or "", entries)}))
    return len(entries)


def results(connection: Connection, at: datetime | None = None, mature: timedelta = MATURE) -> list[Result]:
    """Every bet at least ``mature`` old at ``at`` (default: now) against the publication in force, the oldest first."""
    at, before, done = at or datetime.now(UTC), "", []
    now = _audiences(connection, published())
    for row in connection.execute(select(bet).order_by(bet.c.publication)):
        sealed, before = seal(row.publication, before, row.entries) == row.sha256, row.sha256
        if row.made_at > at - mature:
            continue
        there = [one for one in row.entries if one["creator"] in now]
        came = [(one["chance"], _grew(one["audience"], now[one["creator"]])) for one in there]
        then = _audiences(connection, row.publication)
        base = [_grew(size, now[creator]) for creator, size in then.items() if creator in now]
        brier = sum((chance - won) ** 2 for chance, won in came) / len(came) if came else None
        won, gone = sum(won for _, won in came), len(row.entries) - len(came)
        rate = sum(base) / len(base) if base else None
        whole = (row.publication, row.made_at, sealed, len(row.entries), len(came), won, gone, rate, brier)
        done.append(Result(*whole))
    return done


def _grew(then: float, now: float) -> bool:
    return now >= then * WON


def _audiences(connection: Connection, number: Any) -> dict[int, float]:
    s = t.published_score.c
    query = select(s.creator, s.value).where(s.name == "tier", s.value > 0, in_force(t.published_score, number))
    return {row.creator: row.value for row in connection.execute(query)}
