"""Scores against a known truth, and the cost of scoring a large index again.

``python -m benchmarks.scores --accounts 100000 --posts 1000000 --json``: rank correlation and coverage of the intervals
for 600 invented creators of 30 posts each; seconds and peak memory of a full re-score, and a query of ``scrapy top``,
at size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr
from sqlalchemy import Connection, Engine, func, select

from benchmarks.scores_world import Person, fill
from index.publish import publish
from index.scores.run import run
from storage import tables as t
from storage.database import connect, migrate, reading


def made(path: Path, accounts: int, posts: int, seed: int) -> Engine:
    """A migrated SQLite file with so many people, of so many posts each."""
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    fill(engine, (Person(number, posts, seed) for number in range(accounts)))
    return engine


def simulation(folder: Path, people: int, posts: int, seed: int) -> dict[str, Any]:
    """{"spearman": {score: value}, "interval_coverage": {score: value}} for people of whom all is known."""
    engine = made(folder / "truth.db", people, posts, seed)
    run(engine)
    with reading(engine) as connection:
        stored = _stored(connection)
        _without_series(engine)
    run(engine)
    with reading(engine) as connection:
        later = _stored(connection)
    pairs: dict[str, list[tuple[float, Any]]] = {}
    for number in range(people):
        person = Person(number, posts, seed)
        for name, truth in person.truth().items():
            row = later.get((person.key, "rising")) if name == "rising_by_posts" else stored.get((person.key, name))
            if row is not None:
                pairs.setdefault(name, []).append((truth, row))
    engine.dispose()
    return {
        "spearman": {
            n: round(float(spearmanr([x for x, _ in p], [r.value for _, r in p])[0]), 3) for n, p in pairs.items()
        },
        "interval_coverage": {
            n: round(statistics.fmean(r.low - 0.005 <= x <= r.high + 0.005 for x, r in p), 3) for n, p in pairs.items()
        },
    }


def _stored(connection: Connection) -> dict[tuple[int, str], Any]:
    return {(row.creator, row.name): row for row in connection.execute(select(t.score))}


def _without_series(engine: Engine) -> None:
    """Takes the follower counts away, so that rising falls back on the rate of posting."""
    with engine.begin() as connection:
        connection.execute(t.observation.delete().where(t.observation.c.metric == "followers"))


def rescored(path: Path) -> dict[str, Any]:
    """Seconds and peak memory of a full re-score of this database, by this process and its two workers."""
    engine, wall = connect(f"sqlite:///{path}"), time.perf_counter()
    done = run(engine)
    cpu = sum(os.times()[:4])
    seconds = {"rescore_seconds": time.perf_counter() - wall, "rescore_cpu_seconds": cpu}
    own, worker = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = own + 2 * worker  # the larger worker twice: at most that
    rows = {"scores_written": done.written, "scores_unchanged": done.unchanged}
    return {**{name: round(value, 1) for name, value in seconds.items()}, "rescore_peak_mb": round(peak), **rows}


def queried(engine: Engine, times: int = 7) -> float:
    """Median milliseconds of what ``scrapy top`` asks, once published."""
    publish(engine)
    spent = []
    with reading(engine) as connection:
        commonest = t.published_creator.c.niche
        query = select(commonest).where(commonest.is_not(None)).group_by(commonest).order_by(func.count().desc())
        niche = connection.execute(query.limit(1)).scalar()
        for _ in range(times):
            began = time.perf_counter()
            rows = top(connection, str(niche))
            spent.append(1000 * (time.perf_counter() - began))
            assert rows
    return round(statistics.median(spent), 1)


def top(connection: Connection, niche: str) -> list[Any]:
    """The twenty best field geeks of a niche and tier: the query of ``scrapy top --topic NICHE --tier micro``."""
    creator, best, size = t.published_creator, t.published_score.alias("best"), t.published_score.alias("size")
    query = (
        select(creator.c.creator, creator.c.name, best.c.value, size.c.label)
        .join(best, (best.c.creator == creator.c.creator) & (best.c.name == "field_geek") & best.c.until.is_(None))
        .join(size, (size.c.creator == creator.c.creator) & (size.c.name == "tier") & size.c.until.is_(None))
        .where(creator.c.niche == niche, creator.c.language == "en", creator.c.until.is_(None), size.c.label == "micro")
    )
    # the sum keeps SQLite from walking all scores in their order instead of the niche's few creators
    return list(connection.execute(query.order_by((best.c.value + 0).desc()).limit(20)))


def measure(accounts: int, posts: int, seed: int) -> dict[str, Any]:
    """All figures; the re-score runs in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        result = simulation(Path(folder), 600, 30, seed)
        path = Path(folder) / "size.db"
        engine = made(path, accounts, max(1, posts // accounts), seed + 1)
        command = [sys.executable, "-m", "benchmarks.scores", "--rescore", str(path)]
        for name in ("first", "again"):
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            result |= told if name == "first" else {"again": told}
        result["top_query_ms"] = queried(engine)
        engine.dispose()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object (the default says the same, indented)")
    parser.add_argument("--rescore", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    result = rescored(given.rescore) if given.rescore else measure(given.accounts, given.posts, given.seed)
    print(json.dumps(result, indent=None if given.json or given.rescore else 1))


if __name__ == "__main__":
    main()
