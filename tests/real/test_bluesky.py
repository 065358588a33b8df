"""A crawl of a real Bluesky network on loopback: its own directory, data server and AppView, nothing imitated."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.postgres import postgres
from tests.crawler.conftest import scrapy
from tests.real.setup import NETWORK, NODE, REDIS, main

pytestmark = pytest.mark.skipif("GRAPEVINE_REAL" not in os.environ, reason="GRAPEVINE_REAL names no folder for servers")
REDIS_PORT = "6412"


@pytest.fixture(scope="module")
def network() -> Iterator[dict[str, Any]]:
    main()
    libraries = str(REDIS / "usr/lib/x86_64-linux-gnu")
    redis = [str(REDIS / "usr/bin/redis-server"), "--bind", "127.0.0.1", "--port", REDIS_PORT, "--save", ""]
    with ExitStack() as stack:
        database = stack.enter_context(postgres("fsync=off"))
        folder = database.rpartition("=")[2]
        env = {**os.environ, "REDIS_HOST": f"127.0.0.1:{REDIS_PORT}", "LD_LIBRARY_PATH": libraries}
        stack.callback(stop, subprocess.Popen(redis, env=env, stdout=subprocess.DEVNULL))
        env |= {"DB_POSTGRES_URL": f"postgresql://grapevine@localhost/postgres?host={folder}"}
        del env["LD_LIBRARY_PATH"]
        words = [str(NODE / "bin/node"), str(Path(__file__).with_name("network.mjs"))]
        log = stack.enter_context((NETWORK / "network.log").open("wb"))
        node = subprocess.Popen(words, cwd=NETWORK, env=env, stdout=subprocess.PIPE, stderr=log)
        stack.callback(stop, node)
        assert node.stdout is not None
        told = next((line for line in node.stdout if line.startswith(b'{"appview"')), b"")
        assert told, f"the network did not start; see {log.name}"
        yield json.loads(told)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    if process.stdout:
        process.stdout.close()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_a_real_network_is_crawled_from_end_to_end(network: dict[str, Any], tmp_path: Path) -> None:
    env = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path / 'real.db'}", "GRAPEVINE_CONTACT": "https://tests.example/"}
    assert scrapy("migrate", **env).returncode == 0
    people = network["people"]
    seeds = tmp_path / "seeds.txt"
    names = ("tilda", "wren", "hidden", "shy", "off", "wishes", "nobody")
    seeds.write_text("".join(f"https://bsky.app/profile/{name}.test\n" for name in names), "utf-8")
    hosts = ",".join(urlsplit(network[name]).netloc for name in ("appview", "directory", "pds"))
    settings = [f"GUARD_ALLOW={hosts}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False"]
    settings += [f"BLUESKY_APPVIEW={network['appview']}", f"BLUESKY_DIRECTORY={network['directory']}"]
    options = [word for setting in settings for word in ("-s", setting)]
    done = scrapy("crawl", "bluesky", "-a", f"seeds={seeds}", *options, **env)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    with sqlite3.connect(tmp_path / "real.db") as connection:
        accounts = dict(connection.execute("SELECT native_id, handle FROM account WHERE status = 'active'").fetchall())
        details = dict(connection.execute("SELECT native_id, details FROM account").fetchall())
        posts = connection.execute("SELECT count(*) FROM post WHERE platform = 'bluesky'").fetchone()
        numbers = dict(
            connection.execute(
                "SELECT metric, value FROM observation JOIN account ON observation.account = account.key"
                " WHERE native_id = ? AND post IS NULL",
                (people["tilda"],),
            ).fetchall()
        )
        outcomes = sorted(connection.execute("SELECT outcome, detail FROM source WHERE kind = 'seed'").fetchall())
    assert [outcome for outcome, _ in outcomes] == [
        *("deactivated", "gone", "no_unauthenticated", "ok", "ok", "ok", "opted_out")
    ], outcomes
    assert accounts == {people[name]: f"{name}.test" for name in ("tilda", "wren", "wishes")}
    assert all(json.loads(details[did])["handle_proven"] for did in accounts)
    assert json.loads(details[people["wishes"]])["bulk_dataset"] == "disallow"
    assert posts == (7,)
    assert (numbers["followers"], numbers["repliers"], numbers["threads_answered"]) == (1, 1, 1)
    assert not {people["hidden"], people["shy"]} & set(details)
