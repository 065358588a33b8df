"""Writing N posts of N/10 accounts beside a bare executemany; publishing, exporting; a page of v1_creators among N.

``python -m benchmarks.storage --rows 1000000 --json``; with ``--database postgresql`` the bare copy is left out.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, text

from benchmarks import arguments, show
from benchmarks.postgres import postgres
from index.export import export
from index.publish import publish
from storage import tables as t
from storage.database import connect, migrate, writing
from storage.records import Account, Post, Record, key_of
from storage.write import Writer, run_finished, run_started

START = datetime(2026, 1, 1, tzinfo=UTC)
CHUNK = 5000
WORDS = "rye loaf crumb bench scrape oven steam crust salt water flour mill stone proof fold score".split()  # noqa: SIM905
PAGES = (
    "SELECT * FROM v1_creators WHERE niche = 'niche7' ORDER BY last_post_at DESC LIMIT 50",
    "SELECT * FROM v1_creators WHERE niche = 'niche7' AND language = 'is' ORDER BY last_post_at DESC LIMIT 50",
    "SELECT * FROM v1_creators WHERE language = 'is' AND posts >= 50 ORDER BY last_post_at DESC LIMIT 50",
    "SELECT * FROM v1_creators WHERE niche = 'niche7' ORDER BY posts DESC LIMIT 50",
    "SELECT * FROM v1_creators WHERE accounts >= 2 ORDER BY posts DESC LIMIT 50",
)


def records(posts: int) -> Iterator[Record]:
    """Ten posts an account, of about 600 characters each; the same for the same number."""
    chance = random.Random(7)
    for number in range(posts):
        owner = number // 10
        home = f"https://maker{owner}.example/"
        seen: dict[str, Any] = {"platform": "blog", "source_url": f"{home}feed", "extractor": "blog/1"}
        seen["fetched_at"] = START + timedelta(seconds=owner)
        if number % 10 == 0:
            facts: dict[str, Any] = {"name": f"Maker {owner}", "bio": " ".join(chance.choices(WORDS, k=20))}
            facts |= {"handle": f"maker{owner}", "owner": f"M. {owner}", "details": {"generator": "Hugo"}}
            yield Account(**seen, native_id=home, url=home, **facts)
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


def write(engine: Engine, posts: int) -> float:
    """CPU seconds that the writer takes; making the records is not counted."""
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
    return spent + time.process_time() - began


def bare(path: Path, to: Path) -> tuple[float, int]:
    """(CPU seconds, rows) of copying what was written with nothing but sqlite3's executemany, batch by batch alike."""
    source, target = sqlite3.connect(path), sqlite3.connect(to, isolation_level=None)
    kinds = "SELECT sql FROM sqlite_master WHERE tbl_name IN ('account', 'post', 'fact') AND sql IS NOT NULL"
    for (sql,) in source.execute(kinds):
        target.execute(sql)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-32768"):
        target.execute(f"PRAGMA {pragma}")
    spent, rows = 0.0, 0
    reads = {}
    for name, size in (("account", 45), ("post", 455), ("fact", 360)):
        reads[name] = (source.execute(f"SELECT * FROM {name} ORDER BY first_seen"), size)
    while True:
        batch = [(name, read.fetchmany(size)) for name, (read, size) in reads.items()]
        if not any(chunk for _, chunk in batch):
            return spent, rows
        began = time.process_time()
        target.execute("BEGIN IMMEDIATE")
        for name, chunk in batch:
            if chunk:
                target.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(chunk[0]))})", chunk)
            rows += len(chunk)
        target.execute("COMMIT")
        spent += time.process_time() - began


def fill(engine: Engine, creators: int) -> None:
    """A publication of so many invented creators."""
    chance = random.Random(11)
    now = datetime.now(UTC)
    shown = {"platforms": ["blog"], "niche_share": 0.8, "language_share": 0.9, "since": 1, "until": None}
    shown |= {"first_publication": 1, "links": None, "niches": {"niche1": 0.8}, "languages": {"en": 0.9}}
    with writing(engine) as connection:
        for start in range(0, creators, CHUNK):
            rows = []
            for number in range(start, min(start + CHUNK, creators)):
                row = {
                    "creator": key_of(str(number)),
                    "name": f"Maker {number}",
                    "urls": [f"https://m{number}.example/"],
                }
                row |= {"accounts": 1 + (chance.random() < 0.05), "posts": int(chance.paretovariate(0.7))}
                row |= {"first_post_at": START, "last_post_at": START + timedelta(seconds=chance.randrange(10**8))}
                row |= {
                    "language": chance.choice(("en", "en", "en", "de", "is")),
                    "niche": f"niche{chance.randrange(106)}",
                }
                rows.append({**shown, **row})
            connection.execute(insert(t.published_creator), rows)
        row = {"number": 1, "status": "published", "started_at": now, "beat_at": now, "built_by": "bench:1"}
        connection.execute(insert(t.publication).values(**row, published_at=now))
        connection.execute(text("ANALYZE"))


def page_query_ms(engine: Engine) -> float:
    """The slowest of the pages, each the median of nine."""
    slowest = 0.0
    with engine.connect() as connection:
        for sql in PAGES:
            taken = []
            for _ in range(9):
                began = time.perf_counter()
                assert connection.execute(text(sql)).all()
                taken.append((time.perf_counter() - began) * 1000)
            slowest = max(slowest, statistics.median(taken))
    return round(slowest, 2)


def peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def apart(work: Callable[..., Any], *given: Any) -> tuple[Any, float, float]:
    """(what the work gives, its CPU seconds, its peak memory in MB) in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_watched, (work, *given))


def _watched(work: Callable[..., Any], *given: Any) -> tuple[Any, float, float]:
    began = time.process_time()
    return work(*given), time.process_time() - began, peak_mb()


def written(url: str, rows: int) -> float:
    engine = connect(url)
    migrate(engine)
    return write(engine, rows)


def shown(url: str) -> bool:
    return publish(connect(url)).published


def exported(url: str, folder: Path, name: str) -> int:
    made = export(connect(url), folder, (name,), ("posts",))
    return sum(file["bytes"] for file in made["files"])


def measure(url: str, rows: int, folder: Path) -> dict[str, Any]:
    """All figures of writing, publishing and exporting; each in a process of its own."""
    url = url.format("grapevine")
    cpu, _, peak = apart(written, url, rows)
    result: dict[str, Any] = {"posts": rows, "peak_mb": peak}
    good, spent, result["publish_peak_mb"] = apart(shown, url)
    assert good
    result["publish_cpu_seconds"] = round(spent, 1)
    for name in ("csv", "jsonl", "parquet", "sqlite"):
        size, spent, peak = apart(exported, url, folder / name, name)
        result[f"export_{name}"] = {"cpu_seconds": round(spent, 1), "peak_mb": peak, "mb": round(size / 2**20)}
        shutil.rmtree(folder / name)
    engine = connect(url)
    with engine.connect() as connection:
        counts = (connection.execute(text(f"SELECT count(*) FROM {name}")) for name in ("account", "post", "fact"))
        result["rows"] = sum(count.scalar_one() for count in counts)
    result["rows_per_cpu_second"] = round(result["rows"] / cpu)
    engine.dispose()
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        bare_cpu, bare_rows = bare(path, folder / "bare.db")
        assert bare_rows == result["rows"]
        result["bare_rows_per_cpu_second"] = round(bare_rows / bare_cpu)
        result["database_mb"] = round(path.stat().st_size / 2**20)
    return result


def main() -> None:
    given = arguments(
        __doc__,
        rows={"type": int, "default": 100_000, "help": "posts; a tenth as many accounts; as many creators"},
        database={"choices": ("sqlite", "postgresql"), "default": "sqlite"},
        only={"choices": ("write", "page"), "help": "leave the other half out"},
    )
    result: dict[str, Any] = {"database": given.database}
    with tempfile.TemporaryDirectory() as folder, postgres() if given.database != "sqlite" else nullcontext() as server:
        url = server or f"sqlite:///{folder}/{{}}.db"
        if server:
            admin = connect(url.format("postgres")).execution_options(isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                for name in ("grapevine", "pages"):
                    connection.execute(text(f"CREATE DATABASE {name}"))
            admin.dispose()
        if given.only != "page":
            result |= measure(url, given.rows, Path(folder))
        if given.only != "write":
            engine = connect(url.format("pages"))
            migrate(engine)
            fill(engine, given.rows)
            result["page_query_ms"] = page_query_ms(engine)
            engine.dispose()
    show(result, given)


if __name__ == "__main__":
    main()
