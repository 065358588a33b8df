"""Last stage: hands records to storage in batches, waits out a database that is busy, and closes the run."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider
from scrapy.utils.asyncio import create_looping_call

from pipelines.identity.touched import resolve_touched
from pipelines.suppress import refused
from storage.consent import WAITS, honour
from storage.database import DatabaseProblem, connect, writing
from storage.records import Post, Record
from storage.removal import InUse
from storage.write import Writer, run_finished, run_started

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

PATIENCE_SECONDS = 30.0
"""The longest that records wait in memory before a database that failed is tried again; at first it is a second."""
LOOK_SECONDS = 1.0
"""How often it is looked whether what waits is to be written, also where no record comes."""
RESOLVE_AT = 200
"""Accounts touched before their creators are worked out anew; the rest is at the end of the run."""
MOST_WAITING = 20_000
"""Records that may wait; with more the crawl stops, for what it fetches could not be kept."""

logger = logging.getLogger(__name__)


class Store:
    """The stage. A database that fails costs nothing that is stored: records wait, then the run stops and says so."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.stats = crawler.stats
        self.waiting: deque[Record] = deque()
        self.again_at = 0.0
        self.pause = LOOK_SECONDS
        self.begun = False
        """Whether the run could be opened in the database."""
        self.closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        stage = cls(crawler)
        crawler.signals.connect(stage.run_closed, signals.spider_closed)
        return stage

    async def open_spider(self) -> None:
        spider = self.crawler.spider
        assert spider is not None
        self.engine = connect(self.crawler.settings.get("GRAPEVINE_DATABASE_URL") or None)
        platform = getattr(spider, "platform", spider.name)
        readers = {"extractor": getattr(spider, "extractor", ""), "scrapy": version("scrapy")}
        try:
            self.run = run_started(self.engine, platform, readers)
        except DatabaseProblem as problem:
            self.stats.set_value("grapevine/problem", str(problem))
            raise CloseSpider("database") from problem
        self.writer = Writer(self.engine, self.run)
        self.heart = create_looping_call(self.look)
        self.heart.start(LOOK_SECONDS, now=False)
        self.begun = True

    async def process_item(self, item: Record) -> Record:
        self.waiting.append(item)
        self.count(item)
        if time.monotonic() >= self.again_at:
            self.hand_over()
        elif len(self.waiting) > MOST_WAITING and not self.stats.get_value("grapevine/problem"):
            self.stats.set_value("grapevine/problem", "the database did not come back; what was stored is intact")
            assert self.crawler.engine is not None
            # Not awaited here: closing waits for the items that are in the stages, this one among them.
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="database"))
        return item

    def look(self) -> None:
        """A crawl that waits keeps no visited source from the others longer than it must."""
        if time.monotonic() >= self.again_at and (self.waiting or self.writer.old()):
            self.hand_over()

    def count(self, item: Record) -> None:
        """What the run report shows: records by kind, posts by language and niche."""
        self.stats.inc_value(f"grapevine/item/{type(item).__name__.lower()}")
        if isinstance(item, Post):
            self.stats.inc_value(f"grapevine/post/language/{item.language or 'und'}")
            self.stats.inc_value(f"grapevine/post/niche/{item.niche or 'unknown'}")

    def hand_over(self, *, end: bool = False) -> bool:
        """Gives the writer what waits; False where the database fails, which is told and tried again a little later."""
        begun = time.monotonic()
        try:
            while self.waiting:
                self.writer.add(self.waiting.popleft())  # kept by the writer even where its batch then fails
            if end or self.writer.old():
                self.writer.flush()
            if end or len(self.writer.touched) >= RESOLVE_AT:
                self.resolve()
        except DatabaseProblem as problem:
            # One that is locked was waited for, with all else at rest: the crawl works for as long before the next try.
            now = time.monotonic()
            self.again_at = now + min(max(self.pause, now - begun), PATIENCE_SECONDS)
            self.pause *= 2
            self.stats.inc_value("grapevine/store/retries")
            logger.error("%s", problem)
            return False
        self.pause = LOOK_SECONDS
        return True

    def resolve(self) -> None:
        """Works out anew who is one person around the accounts that were written."""
        self.writer.flush()
        with writing(self.engine) as connection:
            changed = resolve_touched(connection, self.writer.touched, self.run)
        self.stats.inc_value("grapevine/identity/memberships_changed", changed)
        self.writer.touched.clear()

    async def close_spider(self) -> None:
        if not self.begun:
            return
        self.heart.stop()
        if not self.hand_over(end=True):
            problem = "the last records could not be stored; what was stored before is intact, run the crawl again"
            self.stats.set_value("grapevine/problem", problem)
        for fact, count in self.writer.counts.items():
            self.stats.inc_value(f"grapevine/store/{fact}", count)

    def run_closed(self, reason: str) -> None:
        if not self.begun:
            return
        try:
            try:
                gone = honour(self.engine, self.run, refused(self.crawler))
                self.stats.inc_value("grapevine/consent/deleted_accounts", gone)
            except InUse as problem:
                logger.error("%s", problem)
                reason = WAITS
            run_finished(self.engine, self.run, reason, self.stats.get_stats())
        except DatabaseProblem as problem:
            logger.error("%s", problem)
        self.engine.dispose()
