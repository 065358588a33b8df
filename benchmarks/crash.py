"""kill -9 in the midst of writing, again and again: is anything that was committed lost, doubled or torn?

``python -m benchmarks.crash --kills 50 --database sqlite|postgresql --json``. On PostgreSQL every second kill hits the
server's own process, which then has to recover.

``--what cycle --workers 1|2``: instead, whole cycles of the scheduler over loopback blogs, of which scheduler, crawl,
worker or (PostgreSQL) the server is killed. ``lost``: sources without a good visit and posts that are missing.
``in_flight_when_killed``: sources that the crawls which were killed held (all that were held, where the server was);
``refetched``: feeds fetched again; ``recovery_seconds``: the longest from the death of its crawl until a source was
free, visited or held by another; ``taken_up_seconds``: the same until its turn came among all that were due.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.crash_cycle import run as cycle
from benchmarks.postgres import postgres
from storage.database import DatabaseProblem, connect, migrate
from storage.records import Account, Observation, Post, Record
from storage.write import Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
POSTS = 40
"""Posts in a batch, of one account whose bio changes with every batch."""


def batch(number: int) -> list[Record]:
    """The records of one batch; the same whenever it is written again."""
    home = f"https://maker{number % 7}.example/"
    at = START + timedelta(minutes=number)
    seen: dict[str, Any] = {"platform": "blog", "source_url": f"{home}feed", "extractor": "blog/1", "fetched_at": at}
    urls = [f"{home}{number}/{n}" for n in range(POSTS)]
    return [
        Account(**seen, native_id=home, url=home, bio=f"batch {number}"),
        *(Post(**seen, account_id=home, native_id=url, url=url, title=url, text="rye " * 100) for url in urls),
        Observation(**seen, account_id=home, metric="followers", value=number),
    ]


def write(url: str, start: int, pipe: Pipe) -> None:
    """A crawl: batch after batch, each told once it is committed, until somebody kills it."""
    engine = connect(url)
    writer, number = Writer(engine, 1), start
    with contextlib.suppress(DatabaseProblem):
        with engine.connect() as connection:
            own = engine.dialect.name == "postgresql"
            server = connection.execute(text("SELECT pg_backend_pid()")).scalar_one() if own else 0
        pipe.send(("server", server))
        while True:
            for record in batch(number):
                writer.add(record)
            writer.flush()
            pipe.send(("committed", number))
            number += 1


def killed(url: str, start: int, moment: float, *, server: bool) -> int:
    """Lets a crawl run from batch ``start`` and kills it (or its server) after a moment; the first batch not told."""
    context = multiprocessing.get_context("fork")
    told, pipe = context.Pipe(duplex=False)
    crawl = context.Process(target=write, args=(url, start, pipe))
    crawl.start()
    pipe.close()
    _, backend = told.recv()
    assert crawl.pid is not None
    time.sleep(moment)
    os.kill(backend if server and backend else crawl.pid, signal.SIGKILL)
    if server:
        time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.kill(crawl.pid, signal.SIGKILL)
    crawl.join()
    done = start
    with contextlib.suppress(EOFError):
        while True:
            _, number = told.recv()
            done = number + 1
    return done


def recovered(url: str) -> Engine:
    """An engine on the database, once it answers again."""
    engine, deadline = connect(url), time.monotonic() + 60
    while True:
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            return engine
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def examine(engine: Engine, done: int) -> tuple[int, int, bool]:
    """(posts told as committed that are missing, rows that are there twice, whether all is whole)."""
    with engine.connect() as connection:

        def one(sql: str) -> int:
            return int(connection.execute(text(sql)).scalar() or 0)

        found = {row[0] for row in connection.execute(text("SELECT native_id FROM post"))}
        whole = engine.dialect.name != "sqlite" or connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        doubled = one("SELECT count(*) - count(DISTINCT native_id) FROM post")
        doubled += one("SELECT count(*) - count(DISTINCT native_id) FROM account")
        standing = "SELECT subject FROM fact WHERE field = 'bio' AND until IS NULL GROUP BY subject HAVING count(*) > 1"
        doubled += one(f"SELECT count(*) FROM ({standing}) AS twice")
        numbers = one("SELECT count(*) FROM observation")
    lost = sum(record.native_id not in found for n in range(done) for record in batch(n) if isinstance(record, Post))
    told = len(found) - done * POSTS + lost
    whole = whole and told in (0, POSTS) and numbers == len(found) // POSTS  # the last batch: all of it or nothing
    return lost, doubled, whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=("storage", "cycle"), default="storage")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1, help="of a cycle; more than one need PostgreSQL")
    parser.add_argument("--pages", type=int, default=2000, help="of a cycle")
    parser.add_argument("--lease", type=int, default=60, metavar="SECONDS", help="of a cycle's claims")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    if given.what == "cycle":
        result = cycle(given.kills, given.database, given.workers, given.pages, given.lease)
        print(json.dumps(result) if given.json else "\n".join(f"{name:22} {value}" for name, value in result.items()))
        return
    chance, done, lost, doubled, whole = random.Random(), 0, 0, 0, True
    with tempfile.TemporaryDirectory() as folder, postgres() if given.database != "sqlite" else nullcontext() as server:
        url = server.format("postgres") if server else f"sqlite:///{folder}/grapevine.db"
        engine = connect(url)
        migrate(engine)
        engine.dispose()
        for kill in range(given.kills):
            done = killed(url, done, chance.uniform(0, 0.25), server=server is not None and kill % 2 == 1)
            engine = recovered(url)
            missing, twice, intact = examine(engine, done)
            lost, doubled, whole = max(lost, missing), max(doubled, twice), whole and intact
            engine.dispose()
    result = {"kills": given.kills, "lost": lost, "duplicates": doubled, "integrity_ok": whole}
    result |= {"database": given.database, "batches": done, "posts": done * POSTS}
    print(json.dumps(result) if given.json else "\n".join(f"{name:14} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
