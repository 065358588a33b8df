"""One list with every kind of address: which spider each line is for, all spiders run, what failed in one table."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.table import Column, Table
from sqlalchemy import Engine, func, select

from crawler.answers import WELL
from crawler.platforms.profile.urls import page_key
from crawler.progress import table
from crawler.seeds import BadSeed, Seed, read_seeds, web_address
from pipelines.identity.names import HUBS, SITES
from storage.addresses import home_address, identify, on_platform
from storage.database import reading
from storage.tables import run, source

MOST_SHOWN = 1000
"""Failures that the table shows; the database holds them all."""


class Failure(NamedTuple):
    address: str
    spider: str
    outcome: str
    detail: str


def route(text: str, spiders: Iterable[str]) -> str:
    """A line of the list as ``spider address``; ValueError with the way out where no spider may visit it.

    A line may name its spider itself, as in ``profile:https://ann.example/team/ann``.
    """
    known = frozenset(spiders)
    named, _, rest = text.partition(":")
    if named in known and rest and not rest.startswith("//"):
        return f"{named} {rest.strip()}"
    found = identify(text)
    if found is not None:
        network = "fediverse" if found.key.startswith("fediverse:") else found.platform
        if network in known:
            return f"{network} {text}"
        if found.platform in HUBS:
            return f"profile {text}"
        if found.platform not in SITES:
            raise ValueError(
                f"{text[:100]!r} is an account on {found.platform}, which is never fetched; bring your own export in "
                f"with scrapy import FILE --platform {found.platform}"
            )
    elif on_platform(text):
        raise ValueError(f"{text[:100]!r} names no account of its platform; give the address of a profile")
    address = web_address(text if "://" in text or "." not in text else f"https://{text}")
    about = page_key(address) != home_address(address)  # somebody's about page stands for their home
    return f"{'profile' if about else 'blog'} {address}"


def routed(given: str, spiders: Iterable[str]) -> tuple[dict[str, list[str]], list[Failure]]:
    """The lines of a list by spider, and the lines that none can visit. Raises SeedsUnreadable."""
    lines: dict[str, list[str]] = {}
    bad: list[Failure] = []
    known = tuple(spiders)
    for seed in read_seeds(given, lambda text: route(text, known)):
        if isinstance(seed, Seed):
            spider, _, address = seed.url.partition(" ")
            lines.setdefault(spider, []).append(address)
        elif isinstance(seed, BadSeed):
            bad.append(Failure(seed.where, "", "bad_seed", seed.message))
    return lines, bad


def crawl_each(lines: dict[str, list[str]], options: list[str]) -> dict[str, int]:
    """Runs ``scrapy crawl`` of every spider side by side, each a process; gives their exit codes by spider."""
    env = os.environ | {"TTY_COMPATIBLE": "0"}  # several live lines in one terminal would overwrite each other
    with tempfile.TemporaryDirectory() as folder:
        begun = {}
        for spider, addresses in lines.items():
            path = Path(folder) / f"{spider}.txt"
            path.write_text("\n".join(addresses) + "\n", "utf-8")
            command = [sys.executable, "-m", "scrapy", "crawl", spider, "-a", f"seeds={path}", *options]
            begun[spider] = subprocess.Popen(command, env=env)  # noqa: S603 - our own command
        return {spider: process.wait() for spider, process in begun.items()}


def newest_run(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.max(run.c.id))).scalar() or 0)


def failures_since(engine: Engine, last: int, spiders: Iterable[str]) -> Iterator[Failure]:
    """The seeds that failed in these spiders' runs after run ``last``."""
    columns = source.c.url, run.c.platform, source.c.outcome, source.c.detail
    query = select(*columns).join_from(source, run, source.c.run == run.c.id)
    query = query.where(run.c.id > last, run.c.platform.in_(tuple(spiders)), source.c.kind == "seed")
    query = query.where(source.c.outcome.not_in(WELL)).order_by(run.c.platform, source.c.outcome, source.c.url)
    with reading(engine) as connection:
        for row in connection.execute(query):
            yield Failure(row.url, row.platform, row.outcome, row.detail or "")


def failure_table(failures: list[Failure]) -> Table:
    head = [Column(name, overflow="fold") for name in ("source", "spider", "outcome")]
    head.append(Column("what to do", overflow="fold", ratio=1))
    return table(head, failures[:MOST_SHOWN], title=f"{len(failures)} sources failed", box=None, padding=(0, 1))
