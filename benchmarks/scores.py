"""Scores against a known truth, and the cost of scoring a large index again.

``python -m benchmarks.scores --accounts 100000 --posts 1000000 --json``: rank correlation and coverage of the intervals
for 600 invented creators of 30 posts each; seconds and peak memory of a full re-score, and what ``scrapy top`` takes
for each of some queries, at size.
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
from itertools import islice
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr
from sqlalchemy import Connection, Engine, func, insert, select, text

from benchmarks.postgres import postgres
from benchmarks.scores_world import VOCABULARY, WORDS, Person, fill
from index import lists
from index.filters import Filters, checked
from index.publish import publish
from index.query import find
from index.scores.run import run
from storage import tables as t
from storage.database import connect, migrate, reading, writing
from storage.read import stream
from storage.search import facet


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


def asked(connection: Connection) -> dict[str, Filters]:
    """What analysts ask for: the issue's own query first, filters that hold for few, for many, for nearly all."""
    kind = facet.c.kind
    many = select(facet.c.value).where(kind == "niche").group_by(facet.c.value).order_by(func.count().desc())
    topic = {"topic": str(connection.scalar(many.limit(1)))}
    words = {"rare": VOCABULARY[15_000], "common": VOCABULARY[300], "in every text": WORDS[0]}
    words |= {"two in every text": " ".join(WORDS[:2]), "phrase": f'"{" ".join(WORDS[:2])}"', "beginning": "ba*"}
    words |= {"without": f"{VOCABULARY[300]} NOT {WORDS[0]}", "either": f"{VOCABULARY[300]} OR {VOCABULARY[301]}"}
    return {
        "headline": {**topic, "lang": "en", "tier": "micro", "rising": "rising"},
        "topic": topic,
        "language": {"lang": "en"},
        "least score": {"min_specialist": "30"},
        **{f"words: {name}": {"search": word} for name, word in words.items()},
        "words and topic": {**topic, "search": WORDS[0]},
        "place": {"min_posts": "5", "place": "utopia"},
        "list": {"list": "asked"},
        "all": {},
    }


def queried(engine: Engine, times: int = 5) -> dict[str, Any]:
    """Median milliseconds of ``index.query.find`` for twenty creators, of each query, once published."""
    publish(engine)
    with writing(engine) as connection:
        some = list(connection.scalars(select(t.published_creator.c.creator).limit(700)))
        lists.add(connection, "asked", some[:500])
        lists.add(connection, "never", some[500:], kind="exclude")
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))  # as autovacuum does after a while
    told = {}
    with reading(engine) as connection:
        for name, filters in asked(connection).items():
            spent = []
            for _ in range(times):
                began = time.perf_counter()
                rows = find(connection, checked(filters)).rows
                spent.append(1000 * (time.perf_counter() - began))
                assert rows or name in ("headline", "words: without"), name
            told[name] = round(statistics.median(spent), 1)
    return {"top_query_ms": told["headline"], "top_query_worst_ms": max(told.values()), "top_queries_ms": told}


def copied(source: Engine, target: Engine) -> None:
    """What publishing reads, from one database into another."""
    migrate(target)
    for table in (t.account, t.post, t.score):
        with reading(source) as connection, writing(target) as writer:
            rows = stream(connection, select(table))
            while some := [dict(row._mapping) for row in islice(rows, 5000)]:
                writer.execute(insert(table), some)


def measure(accounts: int, posts: int, seed: int, database: str) -> dict[str, Any]:
    """All figures; the re-score runs in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        result = simulation(Path(folder), 600, 30, seed)
        path = Path(folder) / "size.db"
        engine = made(path, accounts, max(1, posts // accounts), seed + 1)
        command = [sys.executable, "-m", "benchmarks.scores", "--rescore", str(path)]
        for name in ("first", "again"):
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            result |= told if name == "first" else {"again": told}
        if database == "postgresql":
            with postgres() as url:
                copied(engine, other := connect(url.format("postgres")))
                result["postgresql"] = queried(other)
                other.dispose()
        result |= queried(engine)
        engine.dispose()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="queries on both, then")
    parser.add_argument("--json", action="store_true", help="one JSON object (the default says the same, indented)")
    parser.add_argument("--rescore", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    result = (
        rescored(given.rescore) if given.rescore else measure(given.accounts, given.posts, given.seed, given.database)
    )
    print(json.dumps(result, indent=None if given.json or given.rescore else 1))


if __name__ == "__main__":
    main()
