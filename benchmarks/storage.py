"""Writing N posts of N/10 accounts with their facts, beside a bare executemany of the same rows; and a page of v1_creators.

``python -m benchmarks.storage --rows 1000000 --json``
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storage.database import connect, migrate
from storage.records import Account, Post, Record
from storage.write import Writer, run_finished, run_started

START = datetime(2026, 1, 1, tzinfo=UTC)
CHUNK = 5000
WORDS = ["rye", "loaf", "crumb", "starter", "bench", "scrape", "oven", "steam", "crust", "salt", "water", "flour", "mill", "stone", "proof", "fold", "score", "bake"]


def records(posts: int) -> Iterator[Record]:
    """Ten posts an account, of about 600 characters each; the same for the same number."""
    chance = random.Random(7)
    for number in range(posts):
        owner = number // 10
        home = f"https://maker{owner}.example/"
        seen: dict[str, Any] = {"platform": "blog", "source_url": f"{home}feed", "extractor": "blog/1"}
        seen["fetched_at"] = START + timedelta(seconds=owner)
        if number % 10 == 0:
            facts: dict[str, Any] = {"name": f"Maker {owner}", "bio": " ".join(chance.choices(WORDS, k=20)), "handle": f"maker{owner}"}
            yield Account(**seen, native_id=home, url=home, **facts, owner=f"M. {owner}", details={"generator": "Hugo"})
        yield Post(
            **seen,
            account_id=home,
            native_id=f"{home}{number}",
            url=f"{home}{number}",
            title=" ".join(chance.choices(WORDS, k=6)),
            author=f"M. {owner}",
            published_at=START - timedelta(hours=number % 10 * 40),
            text=" ".join(chance.choices(WORDS, k=110)),
            tags=chance.sample(WORDS, 3),
            images=number % 4,
            language=chance.choice(("en", "de", "is")),
            language_confidence=0.98,
            niche=chance.choice(("bread", "bikes", "ferns")),
            niche_probability=0.9,
        )


def write(url: str, posts: int) -> float:
    """CPU seconds that the writer takes; making the records is not counted."""
    engine = connect(url)
    migrate(engine)
    run = run_started(engine, "blog")
    writer, spent, made = Writer(engine, run), 0.0, records(posts)
    while chunk := list(itertools.islice(made, CHUNK)):
        began = time.process_time()
        for record in chunk:
            writer.add(record)
        spent += time.process_time() - began
    began = time.process_time()
    writer.close()
    run_finished(engine, run, "ok")
    engine.dispose()
    return spent + time.process_time() - began


def bare(path: Path, to: Path) -> tuple[float, int]:
    """(CPU seconds, rows) of copying what was written with nothing but sqlite3's executemany, in the same order."""
    source, target = sqlite3.connect(path), sqlite3.connect(to, isolation_level=None)
    for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')"):
        if "sqlite_" not in sql and "alembic" not in sql:
            target.execute(sql)
    target.execute("PRAGMA journal_mode=WAL")
    target.execute("PRAGMA synchronous=NORMAL")
    target.execute("PRAGMA cache_size=-65536")
    spent, rows = 0.0, 0
    for table, size in (("account", 45), ("post", 455), ("fact", 400)):
        order = "subject" if table == "fact" else "first_seen"
        read = source.execute(f"SELECT * FROM {table} ORDER BY {order}")
        sql = f"INSERT INTO {table} VALUES ({','.join('?' * len(read.description))})"
        while chunk := read.fetchmany(size):
            began = time.process_time()
            target.execute("BEGIN IMMEDIATE")
            target.executemany(sql, chunk)
            target.execute("COMMIT")
            spent += time.process_time() - began
            rows += len(chunk)
    return spent, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="posts; a tenth as many accounts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "grapevine.db")
        cpu = write(f"sqlite:///{path}", given.rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        bare_cpu, rows = bare(path, Path(folder, "bare.db"))
        size = path.stat().st_size / 2**20
    result = {
        "rows": rows,
        "rows_per_cpu_second": round(rows / cpu),
        "bare_rows_per_cpu_second": round(rows / bare_cpu),
        "peak_mb": round(peak, 1),
        "database_mb": round(size, 1),
    }
    print(json.dumps(result) if given.json else "\n".join(f"{name:26} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
