"""How long a claim takes among a great many sources."""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert, text, update

from benchmarks.postgres import postgres
from storage import policy
from storage.cycles import begin
from storage.database import connect, migrate, writing
from storage.frontier import claim, release
from storage.tables import source

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BATCH, CLAIMS = 500, 30


def fill(engine: Engine, count: int) -> None:
    """Sources as they stand after weeks of visits; rates lognormal, a tenth of them on five great hosts."""
    chance = np.random.default_rng(7)
    with writing(engine) as connection:
        for start in range(0, count, 20_000):
            size = min(20_000, count - start)
            rates = chance.lognormal(np.log(0.12), 1.5, size)
            ages = chance.uniform(0, 21, size)
            rows = []
            for n, rate, age in zip(range(start, start + size), rates.tolist(), ages.tolist(), strict=True):
                host = f"great{n % 5}.example" if n % 10 == 0 else f"h{n}.example"
                url, last = f"https://{host}/{n}", NOW - age * DAY
                wait = policy.bounded(policy.interval(1.0, rate, policy.root_of({})))
                rows.append(
                    {"key": n, "platform": "blog", "url": url, "kind": "seed", "outcome": "ok", "host": host}
                    | {"rate": rate, "band": policy.band(1.0, rate), "due_at": last + wait * DAY, "last_seen": last}
                    | {"first_seen": NOW - 99 * DAY, "source_url": url, "extractor": "blog/1", "digest": n}
                )
            connection.execute(insert(source), rows)
    tidy(engine)


def tidy(engine: Engine) -> None:
    """What PostgreSQL's autovacuum does between two cycles, and our retention on SQLite."""
    command = "VACUUM ANALYZE source" if engine.dialect.name == "postgresql" else "ANALYZE"
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(command))


def timed(engine: Engine, now: datetime) -> tuple[list[float], list[float]]:
    """Milliseconds (of the clock, of this process) of claims one after the other; what was claimed is then visited."""
    took, busy = [], []
    for _ in range(CLAIMS):
        begun, worked = time.perf_counter(), time.process_time()
        with writing(engine) as connection:
            got = claim(connection, "blog", now, BATCH, "bench", clock=NOW)
        took.append((time.perf_counter() - begun) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        visited = {"last_seen": now, "due_at": now + 7 * DAY}
        with writing(engine) as connection:
            release(connection, "bench")
            connection.execute(update(source).where(source.c.key.in_([one.key for one in got])).values(visited))
        if len(got) < BATCH:  # a day's cycle comes to its end
            return took[:-1], busy[:-1]
    return took, busy


def scale(count: int, database: str) -> dict[str, Any]:
    """Median and worst milliseconds of a claim of 500: all sources due, and a day's share of them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres("shared_buffers=1GB") if database != "sqlite" else nullcontext() as server,
    ):
        engine = connect(server.format("postgres") if server else f"sqlite:///{folder}/grapevine.db")
        migrate(engine)
        fill(engine, count)
        begun = time.perf_counter()
        begin(engine, "bench", None, NOW)
        result: dict[str, Any] = {"sources": count, "database": database}
        result["calibrate_ms"] = round((time.perf_counter() - begun) * 1000)
        for name, now in (("all_due", NOW + 30 * DAY), ("day", NOW)):
            if name == "day":  # 3 % are due
                with writing(engine) as connection:
                    connection.execute(update(source).where(source.c.key % 33 > 0).values(due_at=NOW + 60 * DAY))
                tidy(engine)
            took, busy = timed(engine, now)
            result[f"claim_ms_{name}"] = round(statistics.median(took), 1)
            result[f"claim_ms_{name}_least"] = round(min(took), 1)
            result[f"claim_cpu_ms_{name}"] = round(statistics.median(busy), 1)
            result[f"claims_{name}"] = len(took)
        engine.dispose()
    return result
