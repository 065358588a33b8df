"""What is watched of the frontier while processes are killed: what was held, when it was free again, what is lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, insert, select, text

from storage.database import writing
from storage.frontier import LEASE
from storage.records import key_of
from storage.tables import lease, source

__all__ = ["LEASE", "Watch", "add_sources"]


def add_sources(engine: Engine, urls: Sequence[str]) -> None:
    """Sources that were never visited."""
    seen = {"platform": "blog", "kind": "seed", "first_seen": datetime.now(UTC), "extractor": "bench/1", "digest": 0}
    with writing(engine) as connection:
        connection.execute(
            insert(source), [{**seen, "key": key_of("blog", u), "url": u, "source_url": u} for u in urls]
        )


class Watch:
    """Looks at the database, which may be away for a moment."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.in_flight = 0
        """Sources held by the crawls that were killed (or by all, when the database was), over all kills."""
        self.recoveries: list[tuple[float, str]] = []
        """Seconds from the death of who held it until it was free, visited or held by another; what was killed."""
        self.taken: list[float] = []
        """Seconds until it was visited or held by another: its turn came."""
        self.waiting: dict[int, tuple[float, str, str]] = {}
        """Source -> when its holder was killed, who that was, and what was killed."""
        self.freed: set[int] = set()
        self.held: dict[int, str] = {}

    def ask(self, query: Any) -> Any:
        with contextlib.suppress(Exception), self.engine.connect() as connection:
            return connection.execute(query).all()
        return None

    def unvisited(self) -> int | None:
        rows = self.ask(select(func.count()).where(source.c.outcome.is_(None)))
        return int(rows[0][0]) if rows else None

    def leases(self) -> dict[int, str] | None:
        rows = self.ask(select(lease.c.key, lease.c.by).where(lease.c.until.is_not(None)))
        return {row.key: row.by for row in rows} if rows is not None else None

    def before(self) -> None:
        """Just before a kill."""
        self.held = self.leases() or {}

    def struck(self, name: str, pid: int) -> None:
        """After one. What a scheduler or a worker started lives on, and with it what is held."""
        if name not in ("crawl", "database"):
            return
        now, one = time.monotonic(), f":{pid}:"
        theirs = {key: (now, by, name) for key, by in self.held.items() if name == "database" or one in by}
        self.in_flight += len(theirs)
        self.waiting |= theirs
        self.freed -= theirs.keys()

    def look(self) -> None:
        """Which sources are free, and which are visited or somebody else's by now?"""
        shown = select(source.c.key, lease.c.by, lease.c.until, source.c.outcome)
        rows = self.ask(shown.outerjoin_from(source, lease, lease.c.key == source.c.key))
        if not self.waiting or rows is None:
            return
        now, clock = time.monotonic(), datetime.now(UTC)
        for key, by, until, outcome in rows:
            if key not in self.waiting:
                continue
            at, dead, what = self.waiting[key]
            taken = outcome is not None or (until is not None and by != dead)
            if key not in self.freed and (taken or until is None or until < clock):
                self.recoveries.append((now - at, what))
                self.freed.add(key)
            if taken:
                self.taken.append(now - at)
                del self.waiting[key]

    def settle(self) -> None:
        """Waits for the last leases to end."""
        deadline = time.monotonic() + 60
        while self.waiting and time.monotonic() < deadline:
            self.look()
            time.sleep(0.2)
        left = [(at, what) for key, (at, _, what) in self.waiting.items() if key not in self.freed]
        self.recoveries += [(time.monotonic() - at, what) for at, what in left]

    def worst(self) -> dict[str, float]:
        """The longest recovery, by what was killed."""
        return {what: round(seconds, 1) for seconds, what in sorted(self.recoveries)}

    def outcomes(self) -> dict[str, int]:
        """How the last visits went."""
        with self.engine.connect() as connection:
            query = select(source.c.kind + " " + func.coalesce(source.c.outcome, "unvisited"), func.count())
            return {row[0]: row[1] for row in connection.execute(query.group_by(source.c.kind, source.c.outcome))}

    def lost(self, urls: Sequence[str], posts: int) -> int:
        """Sources without a good visit, and posts that are missing."""
        with self.engine.connect() as connection:
            well = set(
                connection.execute(select(source.c.url).where(source.c.outcome.in_(("ok", "unchanged")))).scalars()
            )
            found = int(connection.execute(text("SELECT count(*) FROM post")).scalar_one())
        return sum(url not in well for url in urls) + max(len(urls) * posts - found, 0)

    def duplicates(self) -> int:
        """Rows of one natural key that are there more than once."""
        with self.engine.connect() as connection:
            doubled = 0
            for table, names in (("post", "native_id"), ("account", "native_id"), ("source", "url")):
                query = f"SELECT count(*) - count(DISTINCT platform || ' ' || {names}) FROM {table}"
                doubled += int(connection.execute(text(query)).scalar_one())
        return doubled
