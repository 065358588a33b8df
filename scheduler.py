"""The clock: on a regular cycle, or once for cron, crawls what is due and publishes the index.

python scheduler.py            a service: one cycle now and one every --every minutes
python scheduler.py --once     one cycle, for cron; exit code 0 all well, 1 some failed, 2 could not run,
                               75 another scheduler is at it; the last line is a JSON summary
"""

from __future__ import annotations

import argparse
import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler

from storage.database import DatabaseProblem, check, connect, reading
from storage.frontier import due_by_platform

HERE = Path(__file__).parent
LOCK = HERE / "var" / "scheduler.lock"
WELL, SOME_FAILED, COULD_NOT_RUN, RUNNING_ALREADY = 0, 1, 2, 75


class AlreadyRunning(Exception):
    """Another scheduler holds the lock."""


@contextmanager
def alone() -> Iterator[None]:
    """Holds the one lock of this checkout; the system frees it whatever happens to the process."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning("another scheduler is running") from None
        yield


def scrapy(*args: str) -> int:
    """Runs one of the project's commands in a process of its own, so that no crawl can harm the next."""
    return subprocess.run([sys.executable, "-m", "scrapy", *args], cwd=HERE, check=False).returncode  # noqa: S603


def cycle(budget: int, settings: list[str], at: datetime) -> dict[str, Any]:
    """One cycle: crawl what is due, platform by platform, then publish. Raises DatabaseProblem."""
    engine = connect()
    check(engine)
    began = datetime.now(UTC)
    with reading(engine) as connection:
        waiting = due_by_platform(connection, at)
    engine.dispose()
    options = [word for setting in settings for word in ("-s", setting)]
    crawls = {
        name: scrapy("crawl", name, "-a", f"due={budget}", "-a", f"at={at.isoformat()}", *options) for name in waiting
    }
    published = scrapy("publish")
    codes = [*crawls.values(), published]
    return {
        "started_at": began.isoformat(),
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 1),
        "due": waiting,
        "crawls": crawls,
        "published": published == 0,
        "exit_code": WELL if not any(codes) else COULD_NOT_RUN if min(codes) >= COULD_NOT_RUN else SOME_FAILED,
    }


def tick(budget: int, settings: list[str], at: datetime | None = None) -> int:
    """One guarded cycle; prints its summary as one JSON line and gives the exit code."""
    try:
        with alone():
            report = cycle(budget, settings, at or datetime.now(UTC))
    except AlreadyRunning as problem:
        report = {"problem": str(problem), "exit_code": RUNNING_ALREADY}
    except DatabaseProblem as problem:
        report = {"problem": str(problem), "exit_code": COULD_NOT_RUN}
    print(json.dumps(report), flush=True)
    return int(report["exit_code"])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help="one cycle, then exit")
    parser.add_argument("--every", type=float, default=60, metavar="MINUTES", help="from cycle to cycle (default: 60)")
    parser.add_argument("--budget", type=int, default=500, help="sources a platform and cycle (default: 500)")
    parser.add_argument(
        "-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting for the crawls"
    )
    parser.add_argument(
        "--at", type=datetime.fromisoformat, metavar="TIME", help="with --once: as if it were this time"
    )
    opts = parser.parse_args(argv)
    if opts.once:
        return tick(opts.budget, opts.set, opts.at)
    clock = BlockingScheduler(timezone=UTC)
    # What is due stands in the database, so a late or missed tick loses nothing: one catch-up, never two at a time.
    clock.add_job(
        tick,
        "interval",
        args=(opts.budget, opts.set),
        minutes=opts.every,
        next_run_time=datetime.now(UTC),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    try:
        clock.start()
    except (KeyboardInterrupt, SystemExit):
        clock.shutdown(wait=True)
    return WELL


if __name__ == "__main__":
    sys.exit(main())
