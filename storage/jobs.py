"""Crawls as jobs of procrastinate on PostgreSQL, for any number of identical workers.

A job only says "visit so many of what is due on that platform": which sources, and that no two workers hold one host,
is settled by the claim (storage.frontier), so a job that runs twice or dies does no harm. procrastinate is imported
late: who has one machine needs none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, text

from storage.database import DatabaseProblem, check, connect, explained, writing
from storage.frontier import reclaim

if TYPE_CHECKING:
    from procrastinate import App

HERE = Path(__file__).parents[1]
TASK, QUEUE = "crawl", "crawls"
SIZE = 200
"""Sources a job: enough that the start of its process is small beside its work."""
STALLED_SECONDS = 30
"""Without a sign of life of its worker a job is taken to be stalled, and run again."""
PAUSE_SECONDS = 3.0
GRACE_SECONDS = 30.0
"""What a crawl has to end what is in flight, when its worker is told to stop."""
TURNS = 5
"""How often a crawl that is killed is begun in one job."""

logger = logging.getLogger(__name__)


def _address(engine: Engine) -> str:
    if engine.dialect.name != "postgresql":
        raise DatabaseProblem("workers need PostgreSQL: set GRAPEVINE_DATABASE_URL to postgresql://USER@HOST/NAME")
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def prepare(engine: Engine) -> None:
    """Makes procrastinate's tables where they are missing. Raises DatabaseProblem."""
    from procrastinate import App, SyncPsycopgConnector

    address = _address(engine)
    with explained(engine), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(1735550323)"))  # one of all who start at once
        if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
            with App(connector=SyncPsycopgConnector(conninfo=address)).open() as app:
                app.schema_manager.apply_schema()


def defer(engine: Engine, shares: dict[str, int], options: Sequence[str]) -> list[int]:
    """Queues the shares (sources by platform) as jobs, in turn; their numbers. ``options``: of scrapy, for each.

    What an earlier scheduler left in the queue goes: it died, and these shares are of all that is due.
    """
    from procrastinate import App, SyncPsycopgConnector

    numbers = []
    with explained(engine), engine.begin() as connection:
        left = "UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo' AND queue_name = :queue"
        connection.execute(text(left), {"queue": QUEUE})
    with App(connector=SyncPsycopgConnector(conninfo=_address(engine))).open() as app:
        job = app.configure_task(TASK, queue=QUEUE)
        for start in range(0, max(shares.values(), default=0), SIZE):
            for platform, share in shares.items():
                if share > start:
                    numbers.append(job.defer(platform=platform, due=min(SIZE, share - start), options=list(options)))
    return numbers


def states(engine: Engine, numbers: Iterable[int]) -> Counter[str]:
    """How many of these jobs are in each state: todo, doing, succeeded, failed ..."""
    query = "SELECT status::text, count(*) FROM procrastinate_jobs WHERE id = ANY(:ids) GROUP BY status"
    with explained(engine), engine.connect() as connection:
        return Counter({str(s): int(n) for s, n in connection.execute(text(query), {"ids": list(numbers)})})


def give_back(*, died: bool = True) -> None:
    """Frees what a crawl held that could not end in order."""
    engine = connect()
    with contextlib.suppress(DatabaseProblem), writing(engine) as connection:
        reclaim(connection, died=died)
    engine.dispose()


async def crawl(platform: str, due: int, options: Sequence[str]) -> None:
    """One job: a crawl in a process of its own, begun again where it is killed, and asked to end where the worker is.

    Raises RuntimeError where nothing could run.
    """
    for _ in range(TURNS):
        command = (sys.executable, "-m", "scrapy", "crawl", platform, "-a", f"due={due}", *options)
        child = await asyncio.create_subprocess_exec(*command, cwd=HERE, start_new_session=True)
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            child.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), GRACE_SECONDS)
            if child.returncode is None:
                child.kill()
                await child.wait()
            give_back(died=False)
            raise
        if code >= 0:
            break
        give_back()
    if code not in (0, 1):
        raise RuntimeError(f"scrapy crawl {platform} ended with {code}")


def worker(engine: Engine) -> App:
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=_address(engine)))
    app.task(name=TASK, queue=QUEUE)(crawl)
    return app


async def revive(app: App) -> None:
    """Puts the jobs of workers that died back into the queue, again and again."""
    from procrastinate.exceptions import ProcrastinateException

    while True:
        await asyncio.sleep(STALLED_SECONDS / 3)
        with contextlib.suppress(ProcrastinateException):  # another worker was faster, or the server is away
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                await app.job_manager.retry_job(job)


async def _serve(engine: Engine, **options: Any) -> None:
    async with worker(engine).open_async() as app:
        reviving = asyncio.create_task(revive(app))
        try:
            await app.run_worker_async(
                queues=[QUEUE], concurrency=1, delete_jobs="never", shutdown_graceful_timeout=1, **options
            )
        finally:
            reviving.cancel()


def work(url: str | None = None, **options: Any) -> int:
    """Works until told to stop (SIGTERM, SIGINT: the crawl under way ends what is in flight); its exit code.

    A server that went away is waited for. ``options``: of procrastinate's worker. Raises DatabaseProblem at the start.
    """
    from procrastinate.exceptions import ProcrastinateException

    engine = connect(url)
    check(engine)
    prepare(engine)
    while True:
        try:
            asyncio.run(_serve(engine, **options))
            return 0
        except (ProcrastinateException, OSError) as problem:
            logger.error("%s; tried again in %.0f s", problem, PAUSE_SECONDS)
            asyncio.run(asyncio.sleep(PAUSE_SECONDS))
