"""What crawler tests share: a loopback server, and the real command line in a subprocess."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import command
from tests.crawler.private import of_a_crawl

ROOT = Path(__file__).parents[2]
Answer = tuple[int, dict[str, str], bytes]
RunScrapy = Callable[..., subprocess.CompletedProcess[str]]
Rows = Callable[[str], list[Any]]


class Site:
    """A loopback web site: answers by path, and remembers what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, headers, body = site.pages.get(self.path, (404, {}, b"not here"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def put(self, path: str, body: str | bytes, content_type: str = "text/html; charset=utf-8", **more: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in more.items()}}
        self.pages[path] = (200, headers, data)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def scrapy(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs ``scrapy ...`` as a user would, with warnings as errors; what a crawl logs is searched for people."""
    env = {**os.environ, "PYTHONWARNINGS": "error", **env}
    done = command.scrapy(*args, env=env)
    private = of_a_crawl(args, done.stdout + done.stderr, env)
    assert not private, f"a log tells of people: {private[:3]}"
    return done


@pytest.fixture
def run_scrapy(tmp_path: Path, sqlite_template: Path) -> RunScrapy:
    """``scrapy`` on a database of this test's own; the first ``migrate`` is a copy of one that was migrated."""
    path = tmp_path / "test.db"

    def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
        if args == ("migrate",) and not env and not path.exists():
            shutil.copy(sqlite_template, path)
            return subprocess.CompletedProcess(args, 0, "", "")
        return scrapy(*args, **{"GRAPEVINE_DATABASE_URL": f"sqlite:///{path}", **env})

    return run


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Runs a query on this test's database."""

    def query(sql: str) -> list[Any]:
        with sqlite3.connect(tmp_path / "test.db") as connection:
            return connection.execute(sql).fetchall()

    return query
