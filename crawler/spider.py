"""The base spider: seeds in, one visit a seed, every failure counted and written down beside its source."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.archive import FLEETING, MISSING, REPLAYED_UNTIL
from crawler.page import ARCHIVE_DATE, Page, now
from crawler.seeds import BadSeed, Seed, SeedsUnreadable, read_seeds, web_address
from storage.database import connect, reading
from storage.frontier import due
from storage.records import Extract, Record, Source

WELL = ("ok", "unchanged")
"""Outcomes of a source that are no failure."""

FAILURES = {
    "CannotResolveHostError": ("dns", "no such host; check the spelling, or take the source off the list"),
    "DownloadTimeoutError": ("timeout", "no answer in time; it is tried again later"),
    "DownloadConnectionRefusedError": ("refused", "the host takes no connections; it is tried again later"),
    "DownloadFailedError": ("connection", "the connection broke; it is tried again later"),
    "ResponseDataLossError": ("cut_short", "the answer ended early; it is tried again later"),
    "DownloadCancelledError": ("too_large", "the answer was larger than a page may be"),
    "UnsupportedURLSchemeError": ("scheme", "only http:// and https:// are crawled"),
    "RobotsForbid": ("robots", "robots.txt asks us to stay away, so we do"),
    "RobotsUnreachable": ("robots_unreachable", "robots.txt can't be had, so the host is closed; tried again later"),
    "NotIndexable": ("noindex", "the page asks not to be indexed, so nothing of it is stored"),
    "HostResting": ("resting", "the host asked for a pause; it is tried again after it"),
    "BudgetSpent": ("budget", "the host has had its requests for today"),
    "ForbiddenAddress": ("forbidden_address", "the name leads to no public address"),
    "TooMuch": ("too_large", "larger, deeper or more often compressed than an honest page is"),
    "Trap": ("trap", "an address as endless mazes make them; give the one of the blog itself"),
    "BadGzipFile": ("garbled", "the answer can't be unpacked; it is tried again later"),
    "NoContact": ("no_contact", "set GRAPEVINE_CONTACT to a page or address by which you can be reached"),
}
"""Exception name -> outcome word and the sentence that goes with it."""

logger = logging.getLogger(__name__)


def page_of(response: Response) -> Page:
    """The response as a plain value for the extractors."""
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    shown = headers.pop(ARCHIVE_DATE.lower(), None)
    return Page(
        url=response.url,
        body=response.body,
        headers=headers,
        status=response.status,
        fetched_at=datetime.fromisoformat(shown) if shown else now(),
        flags=frozenset(response.flags),
    )


def all_of(found: Extract) -> Iterator[Record]:
    """The records of an extract: its account first, then what hangs on it."""
    if found.account:
        yield found.account
    yield from found.posts
    yield from found.links
    yield from found.observations


def failure_of(error: BaseException) -> tuple[str, str]:
    """The outcome word and the sentence for what went wrong with a request."""
    if isinstance(error, IgnoreRequest) and "max redirections" in str(error):
        return "redirect_loop", "it redirects without end; give the address where it should lead"
    if isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error):
        return FAILURES["TooMuch"]
    return FAILURES.get(type(error).__name__, ("error", f"{type(error).__name__}; see the log"))


class PlatformSpider(Spider):
    """Visits each seed once; a platform says in ``visit`` what a visit is.

    ``seeds``: a file of addresses (plain, CSV, OPML) or one address; see crawler/seeds.py.
    ``due``: instead, visit so many sources of the database whose time has come (``at``: by that time, else by now).
    """

    platform: ClassVar[str]
    extractor: ClassVar[str]
    """Reader and version, written on every record, such as ``blog/1``."""

    def __init__(self, *args: Any, seeds: str = "", due: str = "", at: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given = seeds
        self.due, self.at = due, at

    def address(self, text: str) -> str:
        """A seed's text as the address to visit; ValueError with the way out. Platforms with handles override it."""
        return web_address(text)

    def seeds(self) -> Iterator[Seed | BadSeed]:
        if not self.due:
            yield from read_seeds(self.given, self.address)
            return
        at = datetime.fromisoformat(self.at) if self.at else now()
        engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
        with reading(engine) as connection:
            addresses = due(connection, self.platform, at, int(self.due))
        engine.dispose()
        yield from map(Seed, addresses)

    def count(self, fact: str, by: int = 1) -> None:
        self.crawler.stats.inc_value(f"grapevine/{fact}", by)

    def moment(self) -> datetime:
        """The present, or in a replay the time of its newest response, so that a replay repeats itself exactly."""
        replayed = self.crawler.stats.get_value(REPLAYED_UNTIL)
        return datetime.fromisoformat(replayed) if replayed else now()

    async def start(self) -> AsyncIterator[Any]:
        try:
            for seed in self.seeds():
                if isinstance(seed, BadSeed):
                    logger.warning("%s: %s", seed.where, seed.message)
                    self.count("source/failed/bad_seed")
                else:
                    yield Request(seed.url, self.visited, errback=self.unreachable, cb_kwargs={"seed": seed})
        except SeedsUnreadable as problem:
            self.crawler.stats.set_value("grapevine/problem", str(problem))

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """Everything that this address yields; ``page`` is its first response, of whatever status."""
        for record in list[Record]():  # makes this an async generator, as the overriding ones are
            yield record
        raise NotImplementedError

    async def visited(self, response: Response, seed: Seed) -> AsyncIterator[Record]:
        self.count("crawl/visited")
        page = page_of(response)
        try:
            async for record in self.visit(page, seed):
                if isinstance(record, Source):
                    self.judge(record)
                yield record
        except Exception as error:  # one page that breaks a reader must not end the run, nor go unseen
            logger.exception("A reader broke on %s", page.url)
            yield self.failed(seed, page, "error", f"the reader broke ({type(error).__name__}); see the log")

    async def unreachable(self, failure: Failure) -> AsyncIterator[Record]:
        request: Request = failure.request  # type: ignore[attr-defined]
        page = Page(url=request.url, body=b"", status=0, fetched_at=self.moment())
        assert failure.value is not None
        yield self.failed(request.cb_kwargs["seed"], page, *failure_of(failure.value))

    def failed(self, seed: Seed, page: Page, outcome: str, detail: str) -> Source:
        """The source of a seed that gave nothing: why, and the way out."""
        source = self.source(page, seed.url, outcome, detail)
        self.judge(source)
        return source

    def source(
        self, page: Page, url: str, outcome: str, detail: str | None, *, kind: str = "seed", account: str | None = None
    ) -> Source:
        """How the visit to an address went, and the account (its native id) that it led to."""
        return Source(
            platform=self.platform,
            source_url=page.url,
            fetched_at=page.fetched_at,
            extractor=self.extractor,
            url=url,
            kind=kind,
            account_id=account,
            outcome=outcome,
            detail=detail,
        )

    def judge(self, source: Source) -> None:
        """Counts how a seed's visit went; the run's exit code is read from it."""
        if source.kind != "seed":
            return
        if source.outcome in WELL:
            self.count("source/ok")
        else:
            self.count(f"source/failed/{source.outcome}")
            logger.warning("%s: %s (%s)", source.url, source.outcome, source.detail)

    async def fetch(self, url: str, why: dict[str, str] | None = None, *, fleeting: bool = False) -> Page | None:
        """One more page of the same visit, through every downloader middleware; None, counted, if it can't be had.

        ``why`` gathers {url: outcome word} of what could not be had.
        ``fleeting``: it tells of others than the account, so that no archive may keep it.
        HTTP statuses are the caller's to judge, except that a page missing in a replay counts as one that failed.
        """
        try:
            response = await self.crawler.engine.download_async(Request(url, meta={FLEETING: fleeting}))
        except Exception as error:  # whatever a stranger's server does, the visit goes on
            word = failure_of(error)[0]
            self.count(f"crawl/failed/{word}")
            if why is not None:
                why[url] = word
            return None
        if response.status >= 400:
            word = "not_archived" if MISSING in response.headers else f"http_{response.status}"
            self.count(f"crawl/failed/{word}")
        return page_of(response)
