"""First stage: what is of somebody who asked to be left out, or leads to them, goes no further."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.politeness.leftout import LeftOut
from storage.records import Record


class Suppress:
    """Thin over ``storage.suppression.Suppressor.covers``; the writer asks once more, in its transaction."""

    def __init__(self, crawler: Crawler) -> None:
        self.left_out = LeftOut.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Record) -> Record:
        if self.left_out.suppressor.covers(item):
            self.left_out.stats.inc_value(f"grapevine/suppress/{type(item).__name__.lower()}")
            raise DropItem("suppressed")
        return item
