"""Crawls that take from the frontier: leases, the way a visit ends, and what the command line shows of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.database import connect
from tests.crawler.conftest import ROOT, RunScrapy, Site
from tests.crawler.test_crawl import FEED, TEXT

AT = "2100-01-01T00:00:00+00:00"


@pytest.fixture
def known(tmp_path: Path, site: Site, run_scrapy: RunScrapy) -> list[str]:
    """Two sources that the database knows of: a blog's feed, and one that is gone."""
    site.put("/feed/", FEED.format(url=site.url, text=TEXT), "application/rss+xml")
    assert run_scrapy("migrate").returncode == 0
    run_scrapy("crawl", "blog", "-a", f"seeds={site.url}/feed/", *here(site))
    run_scrapy("crawl", "blog", "-a", f"seeds={site.url}/gone/", *here(site))
    return [f"{site.url}/feed/", f"{site.url}/gone/"]


def here(site: Site) -> list[str]:
    settings = (f"GUARD_ALLOW={site.host}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False")
    return [word for setting in settings for word in ("-s", setting)]


def sources(tmp_path: Path) -> dict[str, dict[str, Any]]:
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.row_factory = sqlite3.Row
        return {row["url"]: dict(row) for row in connection.execute("SELECT * FROM source WHERE band IS NOT NULL")}


def leases(tmp_path: Path) -> list[tuple[str, str]]:
    """(address, holder) of all that is held."""
    with sqlite3.connect(tmp_path / "test.db") as connection:
        return connection.execute("SELECT url, by FROM lease JOIN source USING (key)").fetchall()


def test_a_crawl_visits_what_is_due_once_and_gives_every_lease_back(
    tmp_path: Path, site: Site, run_scrapy: RunScrapy, known: list[str]
) -> None:
    site.asked.clear()
    done = run_scrapy("crawl", "blog", "-a", "due=10", "-a", f"at={AT}", *here(site))
    assert done.returncode == 1, done.stderr
    assert site.asked.count("/feed/") == site.asked.count("/gone/") == 1
    found = sources(tmp_path)
    assert leases(tmp_path) == []
    assert [found[url]["attempts"] for url in known] == [0, 2]
    assert found[known[0]]["rate"] > 0
    site.asked.clear()
    run_scrapy("crawl", "blog", "-a", "due=10", *here(site))
    assert site.asked == [], "nothing is due any more"


def test_what_a_dead_crawl_held_is_visited_as_soon_as_its_lease_ends(
    tmp_path: Path, site: Site, run_scrapy: RunScrapy, known: list[str]
) -> None:
    dead = "INSERT INTO lease SELECT key, platform, host, 'dead', ?, 1 FROM source WHERE band < 100"
    until = datetime.now(UTC) + timedelta(seconds=6)
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("UPDATE source SET due_at = '2020-01-01 00:00:00.000000' WHERE band < 100")
        connection.execute(dead, (until.replace(tzinfo=None).isoformat(" ", "microseconds"),))
    site.asked.clear()
    run_scrapy("crawl", "blog", "-a", "due=10", *here(site))
    assert site.asked.count("/feed/") == 1
    assert datetime.now(UTC) > until
    assert leases(tmp_path) == []


def test_sources_tells_what_is_due_and_what_fails(site: Site, run_scrapy: RunScrapy, known: list[str]) -> None:
    told = json.loads(run_scrapy("sources", "failing", "--format", "json").stdout)
    assert told["counts"]["blog"] == {"sources": 2, "new": 0, "due": 0, "late": 0, "failing": 1, "quarantined": 0}
    assert [row["url"] for row in told["sources"]] == known[1:]
    shown = run_scrapy("sources", "due", "--platform", "blog")
    assert shown.returncode == 0, shown.stderr
    assert "quarantined" in shown.stdout
    assert "name one state" in run_scrapy("sources", "unwell").stderr


def test_a_dry_run_shows_what_and_why_and_changes_nothing(tmp_path: Path, site: Site, known: list[str]) -> None:
    before = sources(tmp_path)
    env = {**os.environ, "GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path / 'test.db'}", "PYTHONWARNINGS": "error"}
    command = [sys.executable, "scheduler.py", "--dry-run", "--at", AT]
    shown = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True).stdout
    assert all(url in shown for url in known)
    assert json.loads(shown.splitlines()[-1]) == {"would_visit": {"blog": 2}, "exit_code": 0}
    assert sources(tmp_path) == before


def test_a_stopped_service_ends_its_crawl_and_gives_back_what_it_held(
    tmp_path: Path, site: Site, known: list[str]
) -> None:
    url, beat = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "beat"
    env = {**os.environ, "GRAPEVINE_DATABASE_URL": url, "PYTHONWARNINGS": "error"}
    slow = [
        *here(site)[:2],
        "-s",
        "DOWNLOAD_DELAY=3600",
        "-s",
        "CRAWL_DELAY_MOST=3600",
        "-s",
        "AUTOTHROTTLE_ENABLED=False",
    ]
    command = [
        sys.executable,
        "scheduler.py",
        "--every",
        "60",
        "--at",
        AT,
        "--heartbeat",
        str(beat),
        "--grace",
        "1",
        *slow,
    ]
    service = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    held: list[Any] = []
    deadline = time.monotonic() + 60
    while not held and time.monotonic() < deadline:
        time.sleep(0.05)
        held = leases(tmp_path)
    service.send_signal(signal.SIGTERM)
    told = service.communicate(timeout=60)[0]
    assert held, told
    assert service.returncode == 0
    assert json.loads(told.splitlines()[-1])["exit_code"] == 1
    assert leases(tmp_path) == []
    assert json.loads(beat.read_text())["pid"] == service.pid


def test_a_worker_crawls_what_a_clock_hands_out(postgres_url: str, database_url: str, site: Site) -> None:
    if not database_url.startswith("postgresql"):
        env = {**os.environ, "GRAPEVINE_DATABASE_URL": database_url}
        refused = subprocess.run(
            [sys.executable, "scheduler.py", "work"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert refused.returncode == 2
        assert "workers need PostgreSQL" in refused.stderr
        return
    site.put("/feed/", FEED.format(url=site.url, text=TEXT), "application/rss+xml")
    env = {**os.environ, "GRAPEVINE_DATABASE_URL": database_url}
    seeds = [sys.executable, "-m", "scrapy", "crawl", "blog", "-a", f"seeds={site.url}/feed/", *here(site)]
    subprocess.run(seeds, cwd=ROOT, env=env, capture_output=True, check=True)
    worker = subprocess.Popen(
        [sys.executable, "scheduler.py", "work"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        clock = [sys.executable, "scheduler.py", "--once", "--jobs", *here(site)]
        engine = connect(database_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE source SET due_at = now() - interval '1 day' WHERE band IS NOT NULL")
        engine.dispose()
        done = subprocess.run(clock, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        told = json.loads(done.stdout.splitlines()[-1])
        assert told["jobs"] == {"succeeded": 1}, told
        assert told["shares"] == {"blog": 1}
    finally:
        worker.terminate()
        assert worker.wait(60) == 0
