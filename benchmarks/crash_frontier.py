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
from storage.tables import source

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
        """Sources held when a process was killed, over all kills."""
        self.recoveries: list[float] = []
        """Seconds from a kill until everything that was held then was visited or held by another."""
        self.kills: list[tuple[float, dict[int, str]]] = []
        self.held: dict[int, str] = {}

    def ask(self, query: Any) -> Any:
        with contextlib.suppress(Exception), self.engine.connect() as connection:
            return connection.execute(query).all()
        return None

    def unvisited(self) -> int | None:
        rows = self.ask(select(func.count()).where(source.c.outcome.is_(None)))
        return int(rows[0][0]) if rows else None

    def leases(self) -> dict[int, str] | None:
        rows = self.ask(select(source.c.key, source.c.lease_by).where(source.c.lease_until.is_not(None)))
        return {row.key: row.lease_by for row in rows} if rows is not None else None

    def before(self) -> None:
        """Just before a kill."""
        self.held = self.leases() or {}

    def struck(self) -> None:
        """After one; a database that died took nobody's lease."""
        self.in_flight += len(self.held)
        self.kills.append((time.monotonic(), self.held))

    def look(self) -> None:
        """Which kills are recovered from by now?"""
        if not self.kills or (leases := self.leases()) is None:
            return
        still = []
        for at, held in self.kills:
            left = {key: by for key, by in held.items() if leases.get(key) == by}
            if left:
                still.append((at, left))
            else:
                self.recoveries.append(time.monotonic() - at)
        self.kills = still

    def settle(self) -> None:
        """Waits for the last leases to end."""
        deadline = time.monotonic() + 60
        while self.kills and time.monotonic() < deadline:
            self.look()
            time.sleep(0.2)
        self.recoveries += [time.monotonic() - at for at, _ in self.kills]

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
