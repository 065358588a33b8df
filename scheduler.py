"""The clock: on a regular cycle, or once for cron, crawls what is worth most of what is due and publishes the index.

python scheduler.py            a service: one cycle now and one every --every minutes
python scheduler.py work       a worker, one of any number: crawls what a service with --jobs hands out (PostgreSQL)
python scheduler.py --once     one cycle, for cron; exit code 0 all well, 1 some failed, 2 could not run,
                               75 another scheduler is at it or did this slot; the last line is a JSON summary
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import Engine, func, select

from storage import alerts, cycles, jobs, metrics
from storage.database import DatabaseProblem, check, connect, reading, writing
from storage.frontier import due_by_platform, reclaim, spread
from storage.service import beat, notify, options
from storage.tables import source

HERE = Path(__file__).parent
WELL, SOME_FAILED, COULD_NOT_RUN, RUNNING_ALREADY = 0, 1, 2, 75
BARREN = 3
"""Crawls in a row that were killed before they visited anything: then the platform is left to the next cycle."""
BEAT_SECONDS = 15
"""How often a service says that it lives (to systemd, and in its --heartbeat file)."""


@dataclass(slots=True)
class Cycle:
    """One pass: what its steps are given, and what they tell."""

    engine: Engine
    at: datetime
    budget: int
    requests: int = 0
    settings: list[str] = field(default_factory=list)
    jobs: bool = False
    summary: dict[str, Any] = field(default_factory=dict)


class Running:
    """What this process has under way: the one child, and whether it was asked to stop."""

    child: subprocess.Popen[bytes] | None = None
    stopping = False
    grace = 30.0

    @classmethod
    def stop(cls, *_: object) -> None:
        """SIGTERM, SIGINT: the child ends what is in flight, for ``grace`` seconds at most; then no step begins."""
        cls.stopping = True
        notify("STOPPING=1")
        if cls.child and cls.child.poll() is None:
            cls.child.terminate()
            for seconds, end in ((cls.grace, cls.child.terminate), (cls.grace + 10, cls.child.kill)):
                timer = threading.Timer(seconds, end)  # requests that wait for their host's turn may wait for hours
                timer.daemon = True
                timer.start()


def scrapy(*args: str) -> int:
    """Runs one of the project's commands in a process of its own, so that no crawl can harm the next; its exit code."""
    if Running.stopping:
        return SOME_FAILED
    # A session of its own: Ctrl-C reaches it through us only, for a second signal would end it at once.
    Running.child = subprocess.Popen([sys.executable, "-m", "scrapy", *args], cwd=HERE, start_new_session=True)  # noqa: S603
    return Running.child.wait()


def crawl(cycle: Cycle) -> int:
    """Spreads the budget over the platforms by what their sources are worth, and crawls each."""
    with writing(cycle.engine) as connection:
        reclaim(connection)
    with reading(cycle.engine) as connection:
        cycle.summary["due"] = due_by_platform(connection, cycle.at)
        shares = Counter(one.platform for one in spread(connection, cycle.at, cycle.budget))
    whole = sum(shares.values())
    cycle.summary["shares"] = dict(shares)
    if cycle.jobs:
        return hand_out(cycle, dict(shares))
    requests = {
        name: max(cycle.requests * share // whole, 1) if cycle.requests else 0 for name, share in shares.items()
    }
    codes = {name: crawl_platform(cycle, name, share, requests[name]) for name, share in shares.items()}
    cycle.summary["crawls"] = codes
    return worst(codes.values())


def hand_out(cycle: Cycle, shares: dict[str, int]) -> int:
    """Leaves the crawls to the workers, and waits until they are done."""
    jobs.prepare(cycle.engine)
    numbers = jobs.defer(cycle.engine, shares, [word for setting in cycle.settings for word in ("-s", setting)])
    while (states := jobs.states(cycle.engine, numbers)) and states["todo"] + states["doing"] and not Running.stopping:
        time.sleep(1)
    cycle.summary["jobs"] = dict(states)
    return WELL if states["succeeded"] == len(numbers) else SOME_FAILED


def crawl_platform(cycle: Cycle, name: str, share: int, requests: int) -> int:
    """Crawls one platform's share; a crawl that is killed gives back what it held and is begun again."""
    begun, left, barren = datetime.now(UTC), share, 0
    options = [word for setting in cycle.settings for word in ("-s", setting)]
    while True:
        given = [f"due={left}", f"requests={requests}", f"at={cycle.at.isoformat()}"]
        code = scrapy("crawl", name, *(word for one in given for word in ("-a", one)), *options)
        with writing(cycle.engine) as connection:
            reclaim(connection, died=not Running.stopping)  # what a crawl held that could not end in order
        if code >= 0 or Running.stopping:
            return code if code >= 0 and not Running.stopping else SOME_FAILED
        with reading(cycle.engine) as connection:
            done = select(func.count()).where(source.c.platform == name, source.c.last_seen >= begun)
            visited = connection.execute(done).scalar_one()
        barren = barren + 1 if share - visited == left else 0
        left = share - visited
        if left <= 0 or barren == BARREN:
            return SOME_FAILED


def command(name: str) -> Callable[[Cycle], int]:
    """The step that runs a command of the project."""
    return lambda _: scrapy(name)


def worst(codes: Any) -> int:
    """0 where all are 0; 2 where nothing ran at all; else 1."""
    codes = list(codes)
    return WELL if not any(codes) else COULD_NOT_RUN if min(codes) >= COULD_NOT_RUN else SOME_FAILED


def discover(cycle: Cycle) -> int:
    """Admits whom the wishes' share of the budget has room for; nothing where nobody wished (GRAPEVINE_WISHES)."""
    options = [word for setting in cycle.settings for word in ("-s", setting)]
    return scrapy("discover", "--cycle", str(cycle.budget), *options)


AFTER = ("resolve", "score", "publish", "retention", "report")  # publish tests the data first, else it shows nothing
STEPS: list[tuple[str, Callable[[Cycle], int]]] = [
    ("discover", discover),
    ("crawl", crawl),
    *((name, command(name)) for name in AFTER),
]
"""A cycle, in its order: each step takes the Cycle and gives an exit code; none keeps the next from running."""


def run(cycle: Cycle, slot: int | None) -> int:
    """One guarded pass over STEPS; its exit code. Raises AlreadyRunning, DatabaseProblem."""
    check(cycle.engine)
    with cycles.alone(cycle.engine):
        began = datetime.now(UTC)
        number = cycles.begin(cycle.engine, socket.gethostname(), slot, cycle.at)
        codes = {name: step(cycle) for name, step in STEPS if not Running.stopping}
        code = worst(codes.values()) if not Running.stopping else SOME_FAILED
        seconds = round((datetime.now(UTC) - began).total_seconds(), 1)
        cycle.summary |= {"started_at": began.isoformat(), "seconds": seconds, "steps": codes, "exit_code": code}
        if slot is None or not Running.stopping:  # a slot that was cut short may be begun again
            cycles.end(cycle.engine, number, code, cycle.summary)
    return code


def tick(opts: argparse.Namespace, slot: bool = True) -> int:
    """One pass; prints its summary as one JSON line and gives the exit code."""
    at = opts.at or datetime.now(UTC)
    try:
        cycle = Cycle(connect(), at, opts.budget, opts.requests, opts.set, jobs=opts.jobs)
        try:
            run(cycle, cycles.slot_of(at, opts.every) if slot else None)
        finally:
            cycle.engine.dispose()
        summary = cycle.summary
    except cycles.AlreadyRunning as problem:
        summary = {"problem": str(problem), "exit_code": RUNNING_ALREADY}
    except DatabaseProblem as problem:
        summary = {"problem": str(problem), "exit_code": COULD_NOT_RUN}
    print(json.dumps(summary), flush=True)
    if summary["exit_code"] != RUNNING_ALREADY:
        tell(opts, summary)
    return int(summary["exit_code"])


def tell(opts: argparse.Namespace, summary: dict[str, Any]) -> None:
    """Tells hook and metrics how a cycle went; their own faults are said and stop nothing."""
    try:
        report = HERE / "var" / "reports" / f"{datetime.now(UTC):%Y-%m-%d}" / "report.json"
        alarms = json.loads(report.read_text("utf-8"))["alarms"]
    except (OSError, ValueError):
        alarms = []
    if steps := summary.get("steps"):
        summary["published"] = steps.get("publish") == WELL
    problems = alerts.problems_of(summary, alarms)
    if opts.alert and (fault := alerts.alert(opts.alert, problems, HERE / "var" / "alerts.json")):
        print(fault, file=sys.stderr)
    state = opts.state or (metrics.State(connect()) if opts.metrics_file else None)
    if state is None:
        return
    told = {"exit_code": summary["exit_code"], "seconds": summary.get("seconds"), "finished": time.time()}
    state.cycle = told | {"alarms": len(alarms)}
    try:
        if opts.metrics_file:
            metrics.write(state, opts.metrics_file)
    except OSError as problem:
        print(f"{opts.metrics_file}: {problem.strerror}; choose another --metrics-file", file=sys.stderr)


def dry_run(opts: argparse.Namespace) -> int:
    """What a cycle would visit, and why; nothing is changed."""
    try:
        engine = connect()
        check(engine)
        with reading(engine) as connection:
            wanted = spread(connection, opts.at or datetime.now(UTC), opts.budget)
        engine.dispose()
    except DatabaseProblem as problem:
        print(json.dumps({"problem": str(problem), "exit_code": COULD_NOT_RUN}))
        return COULD_NOT_RUN
    print(f"{'platform':10} {'priority':>9} = weight x posts/day x days^2   address")
    for one in wanted:
        days = f"{one.days:5.1f}" if one.days is not None else "  new"
        why = f"{one.weight:6.2f} x {one.rate:9.3f} x {days}{' overdue' if one.overdue else '':8}"
        print(f"{one.platform:10} {one.priority:9.2f} = {why} {one.url}")
    print(json.dumps({"would_visit": dict(Counter(one.platform for one in wanted)), "exit_code": WELL}))
    return WELL


def serve(opts: argparse.Namespace) -> int:
    """Ticks until told to stop."""
    opts.state = metrics.State(connect())
    try:
        if opts.metrics_port:
            metrics.serve(opts.state, opts.metrics_port)
    except OSError as problem:
        print(f"port {opts.metrics_port}: {problem.strerror}; choose another --metrics-port", file=sys.stderr)
        return COULD_NOT_RUN
    clock = BlockingScheduler(timezone=UTC)
    # What is due stands in the database, so a late or missed tick loses nothing: one catch-up, never two at a time.
    often = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None, "next_run_time": datetime.now(UTC)}
    clock.add_job(tick, "interval", args=(opts,), minutes=opts.every, **often)
    clock.add_job(beat, "interval", args=(opts.heartbeat,), seconds=BEAT_SECONDS, **often)

    def stop(*_: object) -> None:
        Running.stop()
        raise SystemExit

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    notify("READY=1")
    try:
        clock.start()
    except SystemExit:
        clock.shutdown(wait=True)  # the pass under way ends
    return WELL


def main(argv: list[str] | None = None) -> int:
    opts = options(__doc__ or "", argv)
    Running.grace = opts.grace
    if opts.dry_run:
        return dry_run(opts)
    if opts.what == "work":
        try:
            return jobs.work()
        except DatabaseProblem as problem:
            print(problem, file=sys.stderr)
            return COULD_NOT_RUN
    if not opts.once:
        return serve(opts)
    signal.signal(signal.SIGTERM, Running.stop)
    signal.signal(signal.SIGINT, Running.stop)
    return tick(opts, opts.slotted)


if __name__ == "__main__":
    sys.exit(main())
