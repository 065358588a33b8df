"""One pass of the scheduler, as cron runs it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import scheduler
from tests.crawler.conftest import ROOT, RunScrapy, Site


def once(tmp_path: Path, *args: str) -> tuple[int, dict[str, Any]]:
    """Exit code and summary of ``scheduler.py --once`` on this test's database."""
    env = {**os.environ, "GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path / 'test.db'}", "PYTHONWARNINGS": "error"}
    command = [sys.executable, "scheduler.py", "--once", *args]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_a_pass_crawls_what_is_due_publishes_and_tells_it_in_one_line(
    tmp_path: Path, site: Site, run_scrapy: RunScrapy
) -> None:
    site.put("/", "<title>Moss</title><h1>Moss</h1>")
    here = (f"GUARD_ALLOW={site.host}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False")
    options = [word for setting in here for word in ("-s", setting)]
    assert run_scrapy("migrate").returncode == 0
    assert once(tmp_path)[1]["crawls"] == {}
    run_scrapy("crawl", "blog", "-a", f"seeds={site.url}/", *options)
    assert once(tmp_path, *options)[1]["due"] == {}, "what was just visited is not due"
    code, summary = once(tmp_path, *options, "--at", "2100-01-01T00:00:00+00:00")
    assert summary["due"] == summary["shares"] == {"blog": 1}
    assert summary["crawls"] == {"blog": 1}, "the source has no posts, which is a failure of a source"
    assert summary["steps"]["publish"] == scheduler.WELL
    assert code == summary["exit_code"] == scheduler.SOME_FAILED


def test_an_empty_database_is_named_with_the_way_out(tmp_path: Path) -> None:
    code, summary = once(tmp_path)
    assert code == scheduler.COULD_NOT_RUN
    assert "scrapy migrate" in summary["problem"]


def test_a_second_scheduler_leaves_at_once(tmp_path: Path, run_scrapy: RunScrapy) -> None:
    run_scrapy("migrate")
    with (tmp_path / "test.db.scheduler.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, summary = once(tmp_path)
    assert code == scheduler.RUNNING_ALREADY
    assert "another scheduler" in summary["problem"]
