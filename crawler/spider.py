"""The base spider: seeds in, one visit a seed, failures counted and written down as sources."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.page import Page
from crawler.seeds import Seed, read_seeds
from storage.records import Record, Source

ARCHIVE_DATE = "X-Grapevine-Fetched-At"
"""Header by which the replay handler tells when a response was really received."""


def page_of(response: Response) -> Page:
    """The response as a plain value for the extractors."""
    headers = {
        name.decode("latin-1").lower(): (b", ".join(values)).decode("latin-1")
        for name, values in response.headers.items()
    }
    shown = headers.pop(ARCHIVE_DATE.lower(), None)
    return Page(
        url=response.url,
        body=response.body,
        headers=headers,
        status=response.status,
        fetched_at=datetime.fromisoformat(shown) if shown else datetime.now(UTC),
    )


class PlatformSpider(Spider):
    """Visits each seed once; a platform says in ``visit`` what a visit is.

    ``seeds``: a file of addresses (plain, CSV, OPML) or one address; see crawler/seeds.py.
    """

    platform: ClassVar[str]
    extractor: ClassVar[str]
    """Reader and version, written on every record, such as ``blog/1``."""

    def __init__(self, *args: Any, seeds: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seeds = seeds

    def count(self, fact: str, by: int = 1) -> None:
        self.crawler.stats.inc_value(f"grapevine/crawl/{fact}", by)

    async def start(self) -> AsyncIterator[Any]:
        for seed in read_seeds(self.seeds or ""):
            if isinstance(seed, Seed):
                yield self.request(seed.url, callback=self.visited, errback=self.unreachable, cb_kwargs={"seed": seed})

    def request(self, url: str, **kwargs: Any) -> Request:
        """A request as this house makes them: every HTTP status comes back to be judged here, not dropped."""
        meta = {"handle_httpstatus_all": True, **kwargs.pop("meta", {})}
        return Request(url, meta=meta, **kwargs)

    async def visited(self, response: Response, seed: Seed) -> AsyncIterator[Record]:
        async for record in self.visit(page_of(response), seed):
            yield record

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """Everything that this address yields; ``page`` is its first response, of whatever status."""
        raise NotImplementedError
        yield  # the type of an async generator

    async def fetch(self, url: str) -> Page | None:
        """One more page of the same visit, through every downloader middleware; None (and counted) if it can't be had."""
        try:
            response = await self.crawler.engine.download_async(self.request(url))
        except IgnoreRequest as refused:
            self.count(f"refused/{type(refused).__name__}")
            return None
        except Exception as error:
            self.count(f"failed/{type(error).__name__}")
            return None
        return page_of(response)

    async def unreachable(self, failure: Failure) -> AsyncIterator[Record]:
        request: Request = failure.request  # type: ignore[attr-defined]
        self.count(f"failed/{type(failure.value).__name__}")
        yield Source(
            platform=self.platform,
            source_url=request.url,
            fetched_at=datetime.now(UTC),
            extractor=self.extractor,
            url=request.cb_kwargs["seed"].url,
            kind="seed",
            outcome=type(failure.value).__name__,
            detail=str(failure.value)[:500],
        )
