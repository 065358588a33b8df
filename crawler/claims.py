"""What a crawl takes from the frontier: small batches under a lease, extended while it lives, given back at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from crawler.page import now
from crawler.seeds import Seed
from storage.database import DatabaseProblem, connect, reading, writing
from storage.frontier import LEASE, Claim, claim, extend, held, release
from storage.holder import holder

if TYPE_CHECKING:
    from scrapy.core.engine import ExecutionEngine

BATCH = 50
"""Sources claimed at a time, and how many may still be in flight when the next are."""
TRIES, TRY_SECONDS = 5, 2.0
"""How often, and after how long, a database that is away is asked again for a batch."""
FIRST_GUESS = 8.0
"""Requests that a visit takes, before one was made."""
PAUSE_SECONDS, IDLE = 0.1, 10
"""How often it is looked whether there is room for more; so many looks with nothing under way: none is to come."""


class Claims:
    """The sources that one crawl holds, at most ``most`` in all. Raises DatabaseProblem.

    ``at``: visit what is due by that time (else by now). ``requests``: how many may be made, about (0: as many as it
    takes); they are judged by what the visits so far took.
    """

    def __init__(
        self, url: str | None, platform: str, most: int, at: str = "", requests: int = 0, lease: float = 0
    ) -> None:
        self.db = connect(url)
        self.lease = timedelta(seconds=lease) if lease else LEASE
        self.platform, self.left, self.requests = platform, most, requests
        self.at = datetime.fromisoformat(at) if at else None
        self.by = holder()
        self.begun = self.last = now()
        self.waited = False
        self.flying: dict[str, int] = {}
        """Address -> key of what was claimed and not visited to its end yet."""
        self.unvisited: list[int] = []
        """Keys of what is to be given back."""

    async def batches(self, engine: ExecutionEngine) -> AsyncIterator[list[Seed]]:
        """Batch after batch, until the share is spent, nothing is due or the crawl is closing.

        What is neither visited nor under way any more (a filter dropped it) is given back.
        """
        while self.left > 0 and not _closing(engine):
            room = self.room(engine.crawler.stats.get_stats())
            batch = await self.patiently(min(BATCH, self.left, room)) if room else []
            if not batch and not self.flying:
                if not room or not await self.freed():
                    return
                continue
            if batch:
                yield batch
            low, idle = BATCH if batch else len(self.flying) - 1, 0
            while len(self.flying) > low and idle < IDLE:
                await asyncio.sleep(PAUSE_SECONDS)
                idle = 0 if _busy(engine) else idle + 1
            if idle:
                for url in list(self.flying):
                    self.put_off(url)

    async def freed(self) -> bool:
        """Waits, for a lease at most, while others hold sources of this platform: a dead one's are soon free."""
        until = self.last + self.lease + timedelta(seconds=TRY_SECONDS)
        with reading(self.db) as connection:
            others = held(connection, now(), but=self.by, platform=self.platform)
        if (not others and not self.waited) or now() > until:
            return False
        self.waited = bool(others)  # once more after the last of them
        await asyncio.sleep(TRY_SECONDS / 2)
        return True

    async def patiently(self, most: int) -> list[Seed]:
        """A batch, from a database that may be away for a moment. Raises DatabaseProblem where it stays away."""
        for _ in range(TRIES):
            try:
                return self.take(most)
            except DatabaseProblem:
                await asyncio.sleep(TRY_SECONDS)
        return self.take(most)

    def room(self, stats: dict[str, Any]) -> int:
        """How many more visits the requests are likely to allow."""
        if not self.requests:
            return BATCH
        spent, visits = stats.get("downloader/request_count", 0), stats.get("grapevine/crawl/visited", 0)
        a_visit = spent / visits if visits else FIRST_GUESS
        return max(int((self.requests - spent) / a_visit) - len(self.flying), 0)

    def take(self, most: int) -> list[Seed]:
        at, found = now(), list[Claim]()
        # With a given time what was visited in this crawl would be due again at once.
        given: dict[str, Any] = {"clock": at, "unseen_since": self.begun if self.at else None}
        try:
            with writing(self.db) as connection:
                self.give_back(connection)
                found = claim(connection, self.platform, self.at or at, most, self.by, self.lease, **given)
        except DatabaseProblem:
            self.unvisited += [one.key for one in found]  # the database may have taken it and gone before it said so
            raise
        self.unvisited.clear()
        self.left -= len(found)
        self.last = at if found else self.last
        self.flying |= {one.url: one.key for one in found}
        return [Seed(one.url) for one in found]

    def ended(self, url: str) -> None:
        """A visit came to its end."""
        self.flying.pop(url, None)

    def put_off(self, url: str, again: int = 0) -> None:
        """A visit that was not made is given back with the next claim or heartbeat; ``again``: 1 to make it here."""
        if (key := self.flying.pop(url, None)) is not None:
            self.unvisited.append(key)
            self.left += again

    def give_back(self, connection: Connection) -> None:
        if self.unvisited:
            release(connection, self.by, self.unvisited)

    def extend(self) -> None:
        """Called every quarter of a lease; a database that is away for a moment is asked again the next time."""
        try:
            with writing(self.db) as connection:
                self.give_back(connection)
                extend(connection, self.by, now() + self.lease)
            self.unvisited.clear()
        except DatabaseProblem:
            return

    def close(self) -> None:
        """Gives back what was not visited."""
        try:
            with writing(self.db) as connection:
                release(connection, self.by)
        except DatabaseProblem:
            return  # the leases run out by themselves
        finally:
            self.left = 0
            self.db.dispose()


def _busy(engine: ExecutionEngine) -> bool:
    """Is any request waiting, under way or being read?"""
    slot, reading = engine._slot, engine.scraper.slot
    assert slot is not None
    assert reading is not None
    return bool(slot.scheduler.has_pending_requests() or engine.downloader.active or not reading.is_idle())


def _closing(engine: ExecutionEngine) -> bool:
    return engine._slot is None or engine._slot.closing is not None
