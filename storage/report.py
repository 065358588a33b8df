"""How the crawl stands: sources due, late and failing, freshness, runs and their yield, the publication. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from storage.discovery import candidate
from storage.frontier import VISITED
from storage.tables import lease, publication, run, source

LATE = timedelta(days=1)
"""A source is late when it has been due for longer."""
AGES = (1, 3, 7, 14, 28)
"""Bounds in days of the classes in which freshness is shown."""
RUNS, FAILING = 30, 25
"""How many runs and failing sources a report lists."""


@dataclass(slots=True)
class Report:
    """All counts as of ``at``. It names no person; addresses of sources only where they fail."""

    at: datetime
    sources: dict[str, dict[str, int]] = field(default_factory=dict)
    """platform -> total, due, late, failing (the last visits gave nothing), leased, never (visited)."""
    ages: dict[str, int] = field(default_factory=dict)
    """Days since the last visit, as a class such as "1-3" -> sources."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """Outcome of the last visit -> sources, other than ok and unchanged; the commonest first."""
    failing: list[dict[str, Any]] = field(default_factory=list)
    """platform, url, outcome, detail, attempts; the longest failing first."""
    runs: list[dict[str, Any]] = field(default_factory=list)
    """id, platform, started_at, seconds, outcome, requests, accounts, posts, stats; the newest first."""
    publication: dict[str, Any] | None = None
    """number, published_at, counts of the one in force."""
    candidates: dict[str, int] = field(default_factory=dict)
    """What discovery found: status -> places."""

    def total(self, name: str) -> int:
        """``due``, ``late`` ... over all platforms."""
        return sum(counts[name] for counts in self.sources.values())


def report(connection: Connection, at: datetime) -> Report:
    """The state of this moment; ``at`` (aware) is what "due" and "ago" are measured from."""
    made = Report(at, _sources(connection, at))
    made.ages = _ages(connection, at)
    bad = source.c.outcome.not_in(("ok", "unchanged"))
    counted = select(source.c.outcome, func.count()).where(source.c.kind.in_(VISITED), bad).group_by(source.c.outcome)
    made.outcomes = dict(Counter({row[0]: row[1] for row in connection.execute(counted)}).most_common())
    shown = (source.c.platform, source.c.url, source.c.outcome, source.c.detail, source.c.attempts)
    failing = select(*shown).where(source.c.kind.in_(VISITED), source.c.attempts > 0, bad)
    ordered = failing.order_by(source.c.attempts.desc(), source.c.url).limit(FAILING)
    made.failing = [dict(row) for row in connection.execute(ordered).mappings()]
    made.runs = [_run(row) for row in connection.execute(select(run).order_by(run.c.id.desc()).limit(RUNS))]
    last = select(publication).where(publication.c.status == "published").order_by(publication.c.number.desc())
    found = connection.execute(last.limit(1)).mappings().first()
    if found:
        made.publication = {name: found[name] for name in ("number", "published_at", "counts")}
    waiting = select(candidate.c.status, func.count()).group_by(candidate.c.status).order_by(candidate.c.status)
    made.candidates = {row[0]: row[1] for row in connection.execute(waiting)}
    return made


def _sources(connection: Connection, at: datetime) -> dict[str, dict[str, int]]:
    s = source.c
    is_due = s.due_at.is_(None) | (s.due_at <= at)
    facts = {
        "due": is_due,
        "late": s.due_at <= at - LATE,
        "failing": s.outcome.not_in(("ok", "unchanged")) & (s.attempts > 0),
        "leased": lease.c.until > at,
        "never": s.last_seen.is_(None),
    }
    sums = [func.sum(case((fact, 1), else_=0)).label(name) for name, fact in facts.items()]
    query = select(s.platform, func.count().label("total"), *sums).where(s.kind.in_(VISITED))
    query = query.outerjoin_from(source, lease, lease.c.key == s.key)
    rows = connection.execute(query.group_by(s.platform).order_by(s.platform)).mappings()
    return {row["platform"]: {name: int(row[name]) for name in ("total", *facts)} for row in rows}


def _ages(connection: Connection, at: datetime) -> dict[str, int]:
    names = [f"{low}-{high}" for low, high in zip((0, *AGES), AGES, strict=False)]
    seen = source.c.last_seen
    cases = [(seen > at - timedelta(days=high), name) for high, name in zip(AGES, names, strict=True)]
    label = case((seen.is_(None), "never"), *cases, else_=f"{AGES[-1]}+").label("age")
    inner = select(label).where(source.c.kind.in_(VISITED)).subquery()
    found = {row[0]: row[1] for row in connection.execute(select(inner.c.age, func.count()).group_by(inner.c.age))}
    return {name: found.get(name, 0) for name in (*names, f"{AGES[-1]}+", "never")}


def _run(row: Any) -> dict[str, Any]:
    stats = row.stats or {}
    seconds = (row.finished_at - row.started_at).total_seconds() if row.finished_at else None
    counts = {"accounts": stats.get("grapevine/item/account", 0), "posts": stats.get("grapevine/item/post", 0)}
    known = {name: getattr(row, name) for name in ("id", "platform", "started_at", "outcome")}
    requests = int(stats.get("downloader/request_count", 0))
    return {**known, "seconds": seconds, "requests": requests, **counts, "stats": stats}
