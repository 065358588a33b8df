"""The stage that puts addresses into their one form: whom a link names, and by which names an account is known."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.identity.addresses import address_key, aliases
from storage.records import Account, Link


class CanonicalAddresses:
    """Fills ``Link.target`` and brings ``Account.aliases`` into one form; the store stage resolves what was touched."""

    def __init__(self, stats: StatsCollector | None = None) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.stats)

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, Link):
            item.target = address_key(item.url)
            self._count("link_to_account" if item.target else "link_to_no_account")
        elif isinstance(item, Account):
            item.aliases = aliases(item)
        return item

    def _count(self, fact: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(f"grapevine/identity/{fact}")
