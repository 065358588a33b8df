"""The base of this add-on's parts: Scrapy makes each of the crawl it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Component:
    def __init__(self, crawler: Crawler) -> None:
        raise NotImplementedError

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)
