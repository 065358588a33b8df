"""Runs the opt-out matrix through the real commands, into a real database: `python -m samples.optouts.run`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.page import Page
from crawler.platforms.youtube.extract import extract
from samples.optouts.worlds import SPIDERS, WORLDS, Answers, did_of, sample
from storage import tables as t
from storage.consent import kept_against_their_word
from storage.database import connect, migrate, reading

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]


@dataclass(slots=True)
class Matrix:
    """How many ways of saying no (and controls) were tried, how many were heard, and which were not."""

    tested: int = 0
    honoured: int = 0
    failures: list[str] = field(default_factory=list)
    kept: int = 0
    """Accounts that are stored although a source's outcome says no; ``scrapy audit`` counts them too."""


def cases() -> list[dict[str, Any]]:
    """The rows of cases.json."""
    found: list[dict[str, Any]] = json.loads((HERE / "cases.json").read_text("utf-8"))
    return found


def write(path: Path, answers: Answers) -> None:
    """The answers as a WARC file."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, (status, headers, body) in answers.items():
            head = StatusAndHeaders(f"{status} OK", list(headers.items()), protocol="HTTP/1.1")
            date = {"WARC-Date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
            record = writer.create_warc_record(
                url, "response", BytesIO(body), http_headers=head, warc_headers_dict=date
            )
            writer.write_record(record)
            record.raw_stream.close()


def run_matrix(database: str | None = None, folder: Path | None = None) -> Matrix:
    """Crawls every world into ``database``, which is empty and migrated here (none: a SQLite file in ``folder``)."""
    if folder is None:
        with TemporaryDirectory() as made:
            return run_matrix(database, Path(made))
    url, matrix = database or f"sqlite:///{folder / 'optouts.db'}", Matrix()
    engine = connect(url)
    migrate(engine)
    for spider in dict.fromkeys(SPIDERS.values()):
        some = [case for case in cases() if SPIDERS.get(case["world"]) == spider]
        worlds = [WORLDS[case["world"]](case) for case in some]
        answers = {address: answer for _, known in worlds for address, answer in known.items()}
        write(folder / "web.warc.gz", answers)
        (folder / "seeds.txt").write_text("\n".join(seed for seed, _ in worlds) + "\n", "utf-8")
        here = ("-s", f"REPLAY={folder / 'web.warc.gz'}", "-s", f"LOG_FILE={folder / 'log'}")
        _scrapy(url, "crawl", spider, "-a", f"seeds={folder / 'seeds.txt'}", *here)
        with reading(engine) as connection:
            matrix.kept += len(kept_against_their_word(connection))
            stored = list(connection.execute(select(t.account.c.key, t.account.c.url, t.account.c.native_id)))
            posts = set(connection.scalars(select(t.post.c.account)))
            details = {row.key: row.details or {} for row in connection.execute(select(t.account))}
        for case in some:
            mine = [row for row in stored if _names(case) & {_host(row.url), row.native_id}]
            got = "refused" if not mine else "stored" if {row.key for row in mine} & posts else "profile_only"
            if case["expect"] == "not_exported" and mine:
                got = "not_exported" if details[mine[0].key].get("bulk_dataset") == "disallow" else got
            if case["world"] == "profile" and mine:
                got = "stored"
            _judge(matrix, case, got)
    engine.dispose()
    for case, got in _of_samples():
        _judge(matrix, case, got)
    return matrix


def _of_samples() -> Iterator[tuple[dict[str, Any], str]]:
    """YouTube's cases are answers of its own; what is refused of them is never handed on by the spider."""
    for case in cases():
        if case["world"] == "youtube":
            url = "https://www.googleapis.com/youtube/v3/channels?id=x" if case["sample"].startswith("api") else ""
            body = json.dumps(sample("youtube", case["sample"])).encode()
            found = extract(Page(url=url or "https://www.youtube.com/@mossbymoss", body=body))
            yield case, "refused" if found.refused or not found.account else "stored"


def _judge(matrix: Matrix, case: dict[str, Any], got: str) -> None:
    matrix.tested += 1
    matrix.honoured += got == case["expect"]
    if got != case["expect"]:
        matrix.failures.append(f"{case['name']}: {got}, expected {case['expect']}")


def _names(case: dict[str, Any]) -> set[str]:
    return {f"{case['name']}.example", did_of(case["name"])}


def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]


def _scrapy(url: str, *words: str) -> None:
    environment = {**os.environ, "GRAPEVINE_DATABASE_URL": url, "GRAPEVINE_CONTACT": "https://crawler.example/about"}
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "scrapy", *words], cwd=PROJECT, env=environment, check=False, capture_output=True
    )


if __name__ == "__main__":
    result = run_matrix()
    print(f"{result.honoured} of {result.tested} as they should be; {result.kept} kept against their word")
    print("\n".join(result.failures))
    sys.exit(bool(result.failures or result.kept))
