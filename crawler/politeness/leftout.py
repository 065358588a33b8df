"""Before anything is asked of the network: is the address of somebody who asked to be left out?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Self
from weakref import WeakKeyDictionary

from scrapy import Request

from crawler.politeness.refusals import Suppressed
from storage.database import connect
from storage.suppression import Suppressor

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

LOOK_AGAIN_SECONDS = 5.0
"""How soon a running crawl learns of somebody who was forgotten meanwhile."""


class LeftOut:
    """Downloader middleware, the first of all: also robots.txt, and every hop of a redirect, passes here.

    One object a crawl (``of``); spiders ask it about seeds and what they discover.
    """

    _of: ClassVar[WeakKeyDictionary[Crawler, LeftOut]] = WeakKeyDictionary()

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.engine = connect(crawler.settings.get("GRAPEVINE_DATABASE_URL") or None)
        self.suppressor = Suppressor.of(self.engine)
        self.looked = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls.of(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        if crawler not in cls._of:
            cls._of[crawler] = cls(crawler)
        return cls._of[crawler]  # type: ignore[return-value]

    def holds(self, address: str) -> bool:
        """Whether an address or handle is of somebody who is left out; counted where it is."""
        if time.monotonic() - self.looked > LOOK_AGAIN_SECONDS:
            self.suppressor.look(self.engine)
            self.looked = time.monotonic()
        found = self.suppressor.holds(address)
        if found:
            self.stats.inc_value("grapevine/suppress/address")
        return found

    def process_request(self, request: Request) -> None:
        if self.holds(request.url):
            raise Suppressed("somebody asked to be left out; nothing is asked of their pages")
