"""What one run knows about each host: rests, delays, budget and ledger; bounded in memory, lasting in the database."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self
from weakref import WeakKeyDictionary

from crawler.politeness.refusals import BudgetSpent, HostResting
from storage import hosts as tables
from storage.database import DatabaseProblem, connect, migrate, reading, writing
from storage.suppression import Suppressor, read_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from sqlalchemy import Connection, Engine

logger = logging.getLogger(__name__)
FLUSH_ROWS, FLUSH_SECONDS = 500, 5.0


@lru_cache(maxsize=2)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()


def today(now: float) -> str:
    """The day of a time, ISO, UTC."""
    return _day(int(now // 86_400))


@dataclass(slots=True, eq=False)
class Host:
    """One host as it stands; the counts are what the database has not been told yet."""

    name: str
    failures: int = 0
    not_before: float = 0.0
    last_at: float = 0.0
    crawl_delay: float | None = None
    day: str = ""
    used: int = 0
    shapes: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(tables.COUNTS, 0))
    least_gap: float | None = None
    dirty: bool = False

    def count(self, fact: str, by: int = 1) -> None:
        self.counts[fact] += by
        self.dirty = True


class Hosts:
    """The hosts of one crawl. With no engine (replay) nothing is remembered, and nothing rests or runs out."""

    _of: ClassVar[WeakKeyDictionary[Any, Hosts]] = WeakKeyDictionary()

    def __init__(
        self,
        engine: Engine | None,
        run: str = "",
        budget: int = 1000,
        budgets: dict[str, int] | None = None,
        most: int = 10_000,
    ) -> None:
        self.engine, self.run, self.most = engine, run, most
        self._budget, self._budgets = budget, budgets or {}
        self._hosts: OrderedDict[str, Host] = OrderedDict()
        self._requests: list[dict[str, Any]] = []
        self._validators: dict[int, dict[str, Any]] = {}
        self._robots: dict[str, dict[str, Any]] = {}
        self._bodies: dict[str, bytes] = {}
        self._flushed = time.monotonic()
        self._left_out = Suppressor(read_key(engine) if engine is not None else b"")

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The one object that all parts of the add-on share in this crawl."""
        if crawler not in cls._of:
            settings = crawler.settings
            engine = None
            if not settings.get("REPLAY"):
                engine = connect(settings.get("GRAPEVINE_DATABASE_URL"))
                migrate(engine)
            run = settings.get("RUN") or f"{crawler.spidercls.name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
            budgets = {name: int(most) for name, most in settings.getdict("HOST_BUDGETS").items()}
            cls._of[crawler] = cls(engine, run, settings.getint("HOST_DAILY_BUDGET", 1000), budgets)
        return cls._of[crawler]  # type: ignore[return-value]

    def get(self, name: str) -> Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = self._read(name)
            if len(self._hosts) > self.most:
                self.flush()
                for _ in range(len(self._hosts) - self.most * 9 // 10):
                    self._hosts.popitem(last=False)
        else:
            self._hosts.move_to_end(name)
        return host

    def _read(self, name: str) -> Host:
        host = Host(name, day=today(time.time()))
        if self.engine is not None:
            with reading(self.engine) as connection:
                known, host.used = tables.read_host(connection, name, host.day)
            if known:
                host.failures, host.not_before = known.failures, known.not_before
                host.last_at, host.crawl_delay = known.last_at, known.crawl_delay
        return host

    def budget(self, name: str) -> int:
        return self._budgets.get(name, self._budget)

    def begin(self, host: Host) -> float:
        """Takes note that a request starts now, and returns when; raises HostResting or BudgetSpent instead."""
        now = time.time()
        if self.engine is None:
            return now
        if host.not_before > now + 0.05:
            until = datetime.fromtimestamp(host.not_before, UTC)
            host.count("refusals")
            raise HostResting(f"{host.name} rests until {until:%Y-%m-%d %H:%M:%S} UTC, as its answers asked for")
        if host.day != today(now):
            self.flush()
            host.day, host.used = today(now), 0
        if host.used >= self.budget(host.name):
            host.count("refusals")
            raise BudgetSpent(f"{host.name} has had its {self.budget(host.name)} requests of {host.day}")
        if host.last_at:
            gap = now - host.last_at
            host.least_gap = gap if host.least_gap is None else min(gap, host.least_gap)
        host.last_at = now
        host.used += 1
        host.count("requests")
        return now

    def refused(self, host: Host) -> None:
        host.count("refusals")

    def log(self, host: Host, **facts: Any) -> None:
        """One line of the run's records, for the audit; written with the next batch."""
        if self.engine is None:
            return
        self._requests.append(
            {"run": self.run, "host": host.name, "used": host.used, "budget": self.budget(host.name), **facts}
        )
        if len(self._requests) >= FLUSH_ROWS or time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def remember_robots(self, row: dict[str, Any], body: bytes) -> None:
        self._robots[row["origin"]] = row
        if row["sha"]:
            self._bodies[row["sha"]] = body

    def remember_validator(self, row: dict[str, Any]) -> None:
        self._validators[row["url_key"]] = row

    def validator(self, key: int) -> dict[str, Any] | None:
        return self._validators.get(key)

    def flush(self) -> None:
        """Writes what is new, in one transaction; where the database is busy it is kept and tried again."""
        self._flushed = time.monotonic()
        if self.engine is None:
            return
        try:
            with writing(self.engine) as connection:
                if self._left_out.refresh(connection):  # somebody was forgotten since: nothing of theirs is written
                    self._drop(self._left_out)
                dirty = self._write(connection)
        except DatabaseProblem as problem:
            logger.error("The hosts' ledger could not be written, and is kept for the next try: %s", problem)
            return
        for host in dirty:
            host.counts = dict.fromkeys(tables.COUNTS, 0)
            host.least_gap, host.dirty = None, False
        for written in (self._requests, self._validators, self._robots, self._bodies):
            written.clear()

    def _drop(self, left_out: Suppressor) -> None:
        self._requests = [row for row in self._requests if not left_out.holds(row["url"])]
        self._robots = {origin: row for origin, row in self._robots.items() if not left_out.holds(origin)}
        for host in self._hosts.values():
            host.dirty = host.dirty and not left_out.holds(host.name)

    def _write(self, connection: Connection) -> list[Host]:
        dirty = [host for host in self._hosts.values() if host.dirty]
        days = [{"host": host.name, "day": host.day, "least_gap": host.least_gap, **host.counts} for host in dirty]
        facts = ("failures", "not_before", "last_at", "crawl_delay")
        rows = [{"host": host.name, **{name: getattr(host, name) for name in facts}} for host in dirty]
        bodies = [{"sha": sha, "body": body} for sha, body in self._bodies.items()]
        tables.write(
            connection,
            hosts=rows,
            days=days,
            validators=list(self._validators.values()),
            requests=self._requests,
            robots_files=list(self._robots.values()),
            bodies=bodies,
        )
        return dirty

    def close(self) -> None:
        self.flush()
        if self.engine is not None:
            self.engine.dispose()
