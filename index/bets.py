"""Pre-registered bets: who was said to rise is hashed with each publication, and judged later, losers included."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import erf, log, sqrt
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, func, insert, select

from index.atlas import ALL, LEAST
from index.scores.audience import table
from storage import tables as t
from storage.atlas import bet, bet_entry, published_benchmark
from storage.database import reading, writing
from storage.read import stream
from storage.views import in_force

HALF_YEAR = 182
Row = dict[str, Any]
ENTRY = ("publication", "creator", "salt", "value", "size", "chance")


class Standing(NamedTuple):
    """A creator's size in a publication; ``measure``: the series it was read from, or ``links`` to them."""

    cell: tuple[tuple[str, ...], str]
    size: float
    measure: str


@dataclass(slots=True)
class Verdict:
    """What came of one publication's bet; ``unclear``: no size then, or now another account or meaning is counted."""

    publication: int
    made_at: datetime
    hash: str
    size: int
    problems: list[str] = field(default_factory=list)
    """Why the stored list is not the one that was hashed; empty: it is."""
    withdrawn: int = 0
    """Entries of people who were forgotten; their hashes stand."""
    due_at: datetime | None = None
    judged_by: int | None = None
    """The publication that tells the outcome: the first one when the bet was due."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """hit, miss, gone (a miss, too), unclear."""
    base_rate: float | None = None
    """The share of hits among all creators who had a size then."""
    brier: float | None = None
    """Mean squared distance of the chances told from the outcomes (Brier 1950): 0 is perfect, a coin's is 0.25."""
    entries: list[Row] = field(default_factory=list)

    @property
    def hit_rate(self) -> float | None:
        judged = sum(self.outcomes[word] for word in ("hit", "miss", "gone"))
        return self.outcomes["hit"] / judged if judged else None


def leaf_of(entry: Row) -> str:
    """The hash of one entry: SHA-256 of its canonical JSON. Without the salt it tells nobody who it was."""
    return _sha256({name: entry[name] for name in ENTRY})


def hash_of(publication: int, leaves: Iterable[str]) -> str:
    """The hash of a bet: SHA-256 of the canonical JSON of the publication's number and the sorted entry hashes."""
    return _sha256({"publication": publication, "leaves": sorted(leaves)})


def _sha256(value: Row) -> str:
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(told.encode("ascii")).hexdigest()


def record(engine: Engine, number: int) -> tuple[int, str] | None:
    """Stores whom publication ``number`` (not shown yet) says to rise; (entries, hash), or None without scores."""
    with reading(engine) as connection:
        s = t.published_score.c
        told = select(s.creator, s.value, s.low, s.high).where(s.name == "rising", s.label == "rising")
        rising = connection.execute(told.where(in_force(t.published_score, number)).order_by(s.creator)).all()
        any_at_all = rising or connection.execute(select(s.creator).where(s.name == "rising").limit(1)).first()
        if not any_at_all:
            return None
        then, medians = standings(connection, number), _medians(connection, number)
    entries = []
    for creator, value, low, high in rising:
        at = then.get(creator)
        entry = {"publication": number, "creator": creator, "salt": secrets.token_hex(16), "value": float(value)}
        entry |= {"size": at.size if at else None, "chance": _chance(value, low, high, _usual(medians, at))}
        entries.append(entry)
    leaves = sorted(map(leaf_of, entries))
    row = {"publication": number, "made_at": datetime.now(UTC), "hash": hash_of(number, leaves)}
    with writing(engine) as connection:
        connection.execute(insert(bet).values(**row, size=len(entries), leaves=leaves))
        if entries:
            connection.execute(insert(bet_entry), entries)
    return len(entries), str(row["hash"])


def _medians(connection: Connection, number: int) -> dict[tuple[str, str], float]:
    """The median of the score ``rising`` by platform and tier, from the atlas of the same publication."""
    b = published_benchmark.c
    query = select(b.platform, b.tier, b.p50).where(b.score == "rising", b.topic == ALL, b.language == ALL)
    rows = connection.execute(query.where(in_force(published_benchmark, number)))
    return {(row.platform, row.tier): row.p50 for row in rows}


def _usual(medians: dict[tuple[str, str], float], at: Standing | None) -> float:
    platform, tier = (at.cell[0][0] if len(at.cell[0]) == 1 else ALL, at.cell[1]) if at else (ALL, ALL)
    return medians.get((platform, tier), medians.get((ALL, ALL), 0.0))


def _chance(value: float, low: float | None, high: float | None, usual: float) -> float:
    """The chance told: that the slope lies above the cell's median slope, were its 95 % interval a normal one's."""
    spread = (high - low) / 3.92 if low is not None and high is not None else 0.0
    above = 0.5 * (1 + erf((value - usual) / max(spread, 1e-6) / sqrt(2)))
    return round(min(max(above, 0.01), 0.99), 4)


def standings(connection: Connection, number: int) -> dict[int, Standing]:
    """The size of every creator who had one in a publication."""
    s, c, order = t.published_score, t.published_creator, set(table("tiers.toml")["order"])
    both = s.join(c, c.c.creator == s.c.creator)
    query = select(s.c.creator, s.c.value, s.c.label, s.c.evidence, c.c.platforms).select_from(both)
    query = query.where(s.c.name == "tier", s.c.value.is_not(None), in_force(s, number), in_force(c, number))
    found = {}
    for row in stream(connection, query):
        if row.label in order:
            seen = (row.evidence or {}).get("observations")
            measure = str(seen[max(seen)][0]) if seen else "links"
            found[row.creator] = Standing((tuple(row.platforms or ()), row.label), row.value, measure)
    return found


def verdicts(connection: Connection, days: int = HALF_YEAR, now: datetime | None = None) -> Iterator[Verdict]:
    """Every bet of a publication that was shown, the oldest first, verified; those ``days`` old are judged.

    A bet is judged by the first publication after it was due, whenever it is asked: nobody chooses a lucky day.
    """
    now = now or datetime.now(UTC)
    pub = t.publication.c
    shown = select(bet).join(t.publication, pub.number == bet.c.publication).where(pub.status == "published")
    for row in connection.execute(shown.order_by(bet.c.publication)).all():
        found = Verdict(row.publication, row.made_at, row.hash, row.size, due_at=row.made_at + timedelta(days=days))
        stored = select(bet_entry).where(bet_entry.c.publication == row.publication).order_by(bet_entry.c.creator)
        found.entries = [dict(entry) for entry in connection.execute(stored).mappings()]
        _verify(found, row.leaves)
        due = select(func.min(pub.number)).where(pub.status == "published", pub.published_at >= found.due_at)
        found.judged_by = connection.scalar(due.where(pub.published_at <= now))
        if found.judged_by is not None:
            _judge(connection, found)
        yield found


def _verify(found: Verdict, leaves: list[str]) -> None:
    if hash_of(found.publication, leaves) != found.hash or len(leaves) != found.size:
        found.problems.append("the hashes of its entries are not those that were published")
    for entry in found.entries:
        if leaf_of(entry) not in leaves:
            found.problems.append(f"the entry of creator {entry['creator']} was changed or added later")
    found.withdrawn = max(0, len(leaves) - len(found.entries))


def _judge(connection: Connection, found: Verdict) -> None:
    assert found.judged_by is not None
    then, later = standings(connection, found.publication), standings(connection, found.judged_by)
    redirect = t.creator_redirect.c
    heirs = {row.old: row.new for row in connection.execute(select(redirect.old, redirect.new))}
    outcomes = _outcomes(then, later, heirs)
    judged = Counter(outcomes.values())
    clear = judged["hit"] + judged["miss"] + judged["gone"]
    found.base_rate = judged["hit"] / clear if clear else None
    squares = []
    for entry in found.entries:
        entry["outcome"] = outcomes.get(entry["creator"], "unclear")
        found.outcomes[entry["outcome"]] += 1
        if entry["outcome"] != "unclear":
            squares.append((entry["chance"] - (entry["outcome"] == "hit")) ** 2)
    found.brier = sum(squares) / len(squares) if squares else None


def _outcomes(then: dict[int, Standing], later: dict[int, Standing], heirs: dict[int, int]) -> dict[int, str]:
    """hit: the tier went up, or the size grew more than the median of the cell; gone; unclear; else miss.

    A cell of fewer than five is judged by its tier, and that by all.
    """
    order = table("tiers.toml")["order"]
    growth: dict[int, float] = {}
    cells: dict[Any, list[float]] = defaultdict(list)
    outcomes = {}
    for creator, old in then.items():
        new = later.get(creator) or later.get(heirs.get(creator, creator))
        if new is None or new.measure != old.measure:
            outcomes[creator] = "gone" if new is None else "unclear"
            continue
        growth[creator] = log(max(new.size, 1) / max(old.size, 1))
        for cell in (old.cell, old.cell[1], None):
            cells[cell].append(growth[creator])
        up = order.index(new.cell[1]) > order.index(old.cell[1])
        outcomes[creator] = "hit" if up else "miss"
    usual = {cell: median(values) for cell, values in cells.items() if len(values) >= LEAST or cell is None}
    for creator, grown in growth.items():
        own = then[creator].cell
        if grown > next(usual[cell] for cell in (own, own[1], None) if cell in usual):
            outcomes[creator] = "hit"
    return outcomes
