"""kill -9 of scheduler, crawl, worker or database amid cycles over loopback blogs: what is lost, what is doubled?"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.crash_frontier import Watch, add_sources
from benchmarks.postgres import postgres
from storage.database import connect, migrate

ROOT = Path(__file__).parents[1]
A_HOST = 10
"""Pages on each loopback address."""
POSTS = 3
ITEM = (
    "<item><title>Loaf {n}-{i}</title><link>{url}/{i}</link><guid>{url}/{i}</guid>"
    "<pubDate>{day} Mar 2026 19:00:00 +0000</pubDate><description>A rye loaf, and its crumb on day three.</description>"
    "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
    + "A rye loaf on a stone. " * 30
    + "</content:encoded></item>"
)


@contextmanager
def pages(count: int) -> Iterator[tuple[list[str], Counter[str]]]:
    """Feeds on loopback addresses, and how often each was fetched."""
    fetched: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = f"http://{self.headers['Host']}{self.path}"
            body, status = b"not here", 404
            if self.path.endswith("/feed"):
                fetched[url] += 1
                home, n = url.removesuffix("/feed"), self.path.split("/")[1]
                posts = "".join(ITEM.format(n=n, i=i, url=home, day=f"{i + 2:02}") for i in range(POSTS))
                head = f"<title>Oven {n}</title><link>{home}</link><description>Bread.</description>"
                body, status = f"<rss version='2.0'><channel>{head}{posts}</channel></rss>".encode(), 200
            self.send_response(status)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, request: Any, address: Any) -> None:  # whoever asked was killed
            pass

    server = Server(("0.0.0.0", 0), Handler)
    port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield (
            [f"http://127.0.{1 + n // A_HOST // 200}.{1 + n // A_HOST % 200}:{port}/{n}/feed" for n in range(count)],
            fetched,
        )
    finally:
        server.shutdown()
        server.server_close()


class Crew:
    """The processes of a cycle, started again whenever one ends; each kill takes one of them, or the database's."""

    def __init__(self, url: str, workers: int, settings: list[str], log: Any) -> None:
        self.env = {**os.environ, "GRAPEVINE_DATABASE_URL": url, "GRAPEVINE_CONTACT": "https://bench.example/"}
        options = [word for setting in settings for word in ("-s", setting)]
        many = workers > 1
        clock = ["scheduler.py", "--once", "--budget", "100000", *(["--jobs"] if many else []), *options]
        self.commands = [clock] + [["scheduler.py", "work"]] * (workers if many else 0)
        self.running: list[subprocess.Popen[bytes] | None] = [None] * len(self.commands)
        self.log = log

    def keep_up(self) -> None:
        for place, process in enumerate(self.running):
            if process is None or process.poll() is not None:
                command = [sys.executable, *self.commands[place]]
                self.running[place] = subprocess.Popen(
                    command, cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log, start_new_session=True
                )

    def victims(self) -> dict[str, list[int]]:
        """Process ids by what they are."""
        found: dict[str, list[int]] = {"scheduler": [], "worker": [], "crawl": []}
        for place, process in enumerate(self.running):
            if process and process.poll() is None:
                found["worker" if place else "scheduler"].append(process.pid)
        found["crawl"] = self.crawls()
        return {name: some for name, some in found.items() if some}

    def crawls(self) -> list[int]:
        """Crawls of this database, orphans of killed schedulers among them."""
        found, mine = [], f"GRAPEVINE_DATABASE_URL={self.env['GRAPEVINE_DATABASE_URL']}".encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"crawl" in words and mine in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def end(self) -> None:
        for process in self.running:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        for pid in self.crawls():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def strike(crew: Crew, engine: Engine, chance: random.Random, *, database: bool) -> tuple[str, int] | None:
    """Kills one process of a kind chosen at random; what it was, and its number."""
    kinds = crew.victims()
    names = [*kinds, *(["database"] if database else [])]
    if "crawl" not in kinds:
        return None
    name = chance.choice(names)
    if name == "database":
        with contextlib.suppress(Exception), engine.connect() as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            pids = connection.execute(text(query)).scalars().all()
            os.kill(pid := chance.choice(pids), signal.SIGKILL)
            return name, pid
        return None
    pid = chance.choice(kinds[name])
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return name, pid


def run(kills: int, database: str, workers: int, count: int, lease: int) -> dict[str, Any]:
    """Crawls ``count`` pages under ``kills`` kills spread over the whole; keys: benchmarks.crash."""
    if workers > 1 and database == "sqlite":
        raise SystemExit("several workers need --database postgresql")
    chance, killed = random.Random(), Counter[str]()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,  # an orphan may still be ending its log
        postgres() if database != "sqlite" else nullcontext() as server,
        pages(count) as (urls, fetched),
        Path(os.environ.get("CRASH_LOG") or f"{folder}/log").open("wb") as log,
    ):
        url = server.format("postgres") if server else f"sqlite:///{folder}/grapevine.db"
        engine = connect(url)
        migrate(engine)
        add_sources(engine, urls)
        hosts = sorted({u.split("/")[2] for u in urls})
        settings = [f"GUARD_ALLOW={','.join(hosts)}", "DOWNLOAD_DELAY=0.05", "AUTOTHROTTLE_ENABLED=False"]
        settings += ["CONCURRENT_REQUESTS=16", f"GRAPEVINE_LEASE_SECONDS={lease}", "LOG_LEVEL=ERROR"]
        settings += ["HOST_DAILY_BUDGET=100000", "BACK_OFF_SECONDS=0.2"]
        crew, watch, begun = Crew(url, workers, settings, log), Watch(engine), time.monotonic()
        try:
            while (left := watch.unvisited()) is None or left > 0:
                crew.keep_up()
                watch.look()
                # Kills are spread over the crawl: the next is due once its share of the pages was visited.
                done = sum(killed.values())
                if left is not None and done < kills and count - left >= done * count / (kills + 1):
                    time.sleep(chance.uniform(0, 1.5))
                    watch.before()
                    struck = strike(crew, engine, chance, database=server is not None)
                    if struck:
                        killed[struck[0]] += 1
                        watch.struck(*struck)
                time.sleep(0.2)
            watch.settle()
        finally:
            crew.end()
        result = {"kills": sum(killed.values()), "killed": dict(killed), "pages": count, "workers": workers}
        result |= {"lost": watch.lost(urls, POSTS), "duplicates": watch.duplicates()}
        result |= {"refetched": sum(fetched.values()) - len(fetched), "in_flight_when_killed": watch.in_flight}
        result |= {"recovery_seconds": max(watch.worst().values(), default=0.0), "recovery_by_victim": watch.worst()}
        result |= {"taken_up_seconds": round(max(watch.taken, default=0.0), 1), "outcomes": watch.outcomes()}
        result |= {"lease_seconds": lease}
        result |= {"database": database, "seconds": round(time.monotonic() - begun)}
        engine.dispose()
    return result
