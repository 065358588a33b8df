"""The base spider: seeds in, one visit a seed, every failure counted and written down beside its source."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from scrapy import Request, Spider, signals
from scrapy.http import Response
from scrapy.utils.asyncio import create_looping_call
from twisted.python.failure import Failure

from crawler import voice
from crawler.answers import WELL, failure_of, page_of
from crawler.archive import FLEETING, MISSING, REPLAYED_UNTIL
from crawler.claims import Claims
from crawler.page import Page, now
from crawler.politeness.leftout import LeftOut
from crawler.seeds import BadSeed, Seed, SeedsUnreadable, read_seeds, web_address
from crawler.tables import rules, table
from crawler.voice import Voice, origin_of, read_voice
from storage.addresses import on_platform
from storage.consent import Voices
from storage.database import DatabaseProblem, connect
from storage.frontier import VISITED
from storage.records import Account, Record, Source

logger = logging.getLogger(__name__)


class PlatformSpider(Spider):
    """Visits each seed once; a platform says in ``visit`` what a visit is.

    ``seeds``: a file of addresses (plain, CSV, OPML) or one address; see crawler/seeds.py.
    ``due``: instead, visit so many sources of the database whose time has come (``at``: by that time, else by now),
    leased to this crawl; ``requests``: with about so many requests.
    """

    platform: ClassVar[str]
    sites: ClassVar[bool] = False
    """Are its accounts sites of their own, whose owners may speak at /.well-known/grapevine.json?"""
    extractor: ClassVar[str]
    """Reader and version, written on every record, such as ``blog/1``."""

    def __init__(
        self, *args: Any, seeds: str = "", due: str = "", at: str = "", requests: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.given = seeds
        self.due, self.at, self.requests = due, at, int(requests or 0)
        self.claims: Claims | None = None
        self.voices: Voices | None = None

    def address(self, text: str) -> str:
        """A seed's text as the address to visit; ValueError with the way out. Platforms with handles override it."""
        return web_address(text)

    async def seeds(self) -> AsyncIterator[list[Seed | BadSeed]]:
        """What is to be visited, batch by batch; who asked to be left out is counted, named nowhere, not visited."""
        async for batch in self._seeds():
            kept = [seed for seed in batch if isinstance(seed, BadSeed) or not self.left_out(seed.url)]
            if len(kept) < len(batch):
                self.count("source/suppressed", len(batch) - len(kept))
            yield kept

    def left_out(self, address: str) -> bool:
        """Whether an address or handle is of somebody who asked to be left out."""
        return LeftOut.of(self.crawler).holds(address)

    async def _seeds(self) -> AsyncIterator[list[Seed | BadSeed]]:
        """All of a list is one batch; of what is due so many at a time as are claimed."""
        if not self.due:
            yield list(read_seeds(self.given, self.address))
            return
        url = self.settings.get("GRAPEVINE_DATABASE_URL") or None
        lease = self.settings.getfloat("GRAPEVINE_LEASE_SECONDS")
        self.claims = Claims(url, self.platform, int(self.due), self.at, self.requests, lease)
        heart = create_looping_call(self.claims.extend)
        heart.start(self.claims.lease.total_seconds() / 4, now=False)
        self.crawler.signals.connect(self.claims.close, signals.spider_closed, weak=False)
        self.crawler.signals.connect(heart.stop, signals.spider_closed, weak=False)
        try:
            async for batch in self.claims.batches(self.crawler.engine):
                yield list[Seed | BadSeed](batch)
        except DatabaseProblem as problem:
            raise SeedsUnreadable(str(problem)) from problem

    def count(self, fact: str, by: int = 1) -> None:
        self.crawler.stats.inc_value(f"grapevine/{fact}", by)

    def moment(self) -> datetime:
        """The present, or in a replay the time of its newest response, so that a replay repeats itself exactly."""
        replayed = self.crawler.stats.get_value(REPLAYED_UNTIL)
        return datetime.fromisoformat(replayed) if replayed else now()

    async def start(self) -> AsyncIterator[Any]:
        if self.sites and self.settings.getbool("GRAPEVINE_OWN_VOICE", True):
            with suppress(DatabaseProblem):  # the store stage says what is wrong with the database
                self.voices = Voices(connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None))
        try:
            async for batch in self.seeds():
                for request in self.asking(list(self.good(batch))):
                    yield request
        except SeedsUnreadable as problem:
            self.crawler.stats.set_value("grapevine/problem", str(problem))

    def good(self, batch: list[Seed | BadSeed]) -> Iterator[Seed]:
        """The seeds of a batch; lines that are none are told and counted."""
        for seed in batch:
            if isinstance(seed, BadSeed):
                logger.warning("%s: %s", seed.where, seed.message)
                self.count("source/failed/bad_seed")
            else:
                yield seed

    def asking(self, seeds: list[Seed]) -> Iterator[Request]:
        """The first requests of a batch: one a seed, where a platform can't ask for many at once."""
        yield from map(self.asking_for, seeds)

    def asking_for(self, seed: Seed) -> Request:
        again = self.claims is not None  # two sources may differ in what a filter of duplicates looks past
        return Request(seed.url, self.visited, errback=self.unreachable, cb_kwargs={"seed": seed}, dont_filter=again)

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """Everything that this address yields; ``page`` is its first response, of whatever status."""
        for record in list[Record]():  # makes this an async generator, as the overriding ones are
            yield record
        raise NotImplementedError

    async def visited(self, response: Response, seed: Seed) -> AsyncIterator[Record]:
        self.count("crawl/visited")
        page = page_of(response)
        async for record in self.whole(self.asked(page, seed), page, seed):
            yield record

    async def asked(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """The visit, if the site's owner has nothing against it, with what they say of themselves."""
        word = await self.own_word(page) if self.sites else None
        if word and word[0].opt_out:
            yield self.source(page, seed.url, "opted_out", f"{word[1].url} asks that nothing of the site be kept")
            return
        async for record in self.visit(page, seed):
            yield record
            if word and isinstance(record, Account) and record.url.rstrip("/") == origin_of(word[1].url):
                for more in voice.records(word[0], record, word[1]):
                    yield more

    async def whole(self, visit: AsyncIterator[Record], page: Page, seed: Seed) -> AsyncIterator[Record]:
        """The records of a visit, those that end it last: a kill in its midst then leaves its source to be visited."""
        ends: list[Source] = []
        try:
            async for record in visit:
                if isinstance(record, Source) and (record.kind in VISITED or record.url == seed.url):
                    ends.append(record)
                else:
                    yield record
        except DatabaseProblem as problem:
            for record in self.broken_off(seed, page, problem):
                yield record
            return
        except Exception as error:  # one page that breaks a reader must not end the run, nor go unseen
            logger.exception("A reader broke on %s", page.url)
            yield self.failed(seed, page, "error", f"the reader broke ({type(error).__name__}); see the log")
        else:
            # A seed that is a feed is told of twice; were the feed's record stored alone, it would end the visit.
            ends = [s for s in ends if s.kind in VISITED] or ends
            for source in ends:
                self.judge(source)
                yield source
            if self.claims and ends and all(source.url != seed.url for source in ends):
                told = f"visited as {ends[0].url} from now on"
                yield replace(ends[0], url=seed.url, kind="alias", detail=told)
        if self.claims:
            self.claims.ended(seed.url)

    async def own_word(self, page: Page) -> tuple[Voice, Page] | None:
        """What the site's owner says in /.well-known/grapevine.json, and that page; asked at most once a week."""
        origin = origin_of(page.url)
        if on_platform(page.url) or self.voices is None or self.voices.silent(origin, self.moment()):
            return None
        told = await self.fetch(origin + voice.PATH, optional=True)
        said = read_voice(told) if told and origin_of(told.url) == origin else None
        state = "silent" if said is None else "opted_out" if said.opt_out else "speaks"
        self.voices.heard(origin, state, list(said.accounts) if said else [], self.moment())
        self.count(f"voice/{state}")
        return (said, told) if said and told else None

    def closed(self, reason: str) -> None:
        """Keeps what was heard of sites' own word; Scrapy calls this at the end."""
        if self.voices:
            with suppress(DatabaseProblem):
                self.voices.write()
            self.voices.engine.dispose()

    async def unreachable(self, failure: Failure) -> AsyncIterator[Record]:
        request: Request = failure.request  # type: ignore[attr-defined]
        page = Page(url=request.url, body=b"", status=0, fetched_at=self.moment())
        assert failure.value is not None
        for seed in request.cb_kwargs.get("seeds") or [request.cb_kwargs["seed"]]:
            for record in self.broken_off(seed, page, failure.value):
                yield record

    def broken_off(self, seed: Seed, page: Page, error: BaseException) -> Iterator[Record]:
        """The end of a visit that failed. Our own database's absence is no verdict: what was claimed is given back."""
        if self.claims and isinstance(error, DatabaseProblem):
            self.count("source/put_off")
            logger.error("%s", error)
            self.claims.put_off(seed.url, again=1)
            return
        yield self.failed(seed, page, *failure_of(error))
        if self.claims:
            self.claims.ended(seed.url)

    def failed(self, seed: Seed, page: Page, outcome: str, detail: str) -> Source:
        """The source of a seed that gave nothing (why, and the way out), judged."""
        source = self.source(page, seed.url, outcome, detail)
        self.judge(source)
        return source

    def source(
        self, page: Page, url: str, outcome: str, detail: str | None, *, kind: str = "seed", account: str | None = None
    ) -> Source:
        """How the visit to an address went, and the account (its native id) that it led to."""
        return Source(
            **page.provenance(self.platform, self.extractor),
            url=url,
            kind=kind,
            account_id=account,
            outcome=outcome,
            detail=detail,
        )

    def told(self, page: Page, url: str, outcome: str, account: Account | None = None, *, kind: str = "seed") -> Source:
        """How the visit went, with the sentence that platform.toml has for the outcome."""
        detail = rules(self.platform)["outcomes"].get(outcome, table("outcomes")["error"])
        native = account.native_id if account else None
        return self.source(page, url, outcome, None if outcome == "ok" else detail, kind=kind, account=native)

    def judge(self, source: Source) -> None:
        """Counts how a seed's visit went; the run's exit code is read from it."""
        if source.kind != "seed":
            return
        if source.outcome == "suppressed":
            self.count("source/suppressed")
        elif source.outcome in WELL:
            self.count("source/ok")
        else:
            self.count(f"source/failed/{source.outcome}")
            logger.warning("%s: %s (%s)", source.url, source.outcome, source.detail)

    async def fetch(
        self, url: str, why: dict[str, str] | None = None, *, fleeting: bool = False, optional: bool = False
    ) -> Page | None:
        """One more page of the same visit, through every downloader middleware; None, counted, if it can't be had.

        ``why`` gathers {url: outcome word} of what could not be had.
        ``fleeting``: it tells of others than the account, so that no archive may keep it. ``optional``: most have no
        such page, so that its absence is no failure.
        HTTP statuses are the caller's to judge, except that a page missing in a replay counts as one that failed.
        """
        try:
            response = await self.crawler.engine.download_async(Request(url, meta={FLEETING: fleeting}))
        except DatabaseProblem:  # of ours: the visit can't tell what the page would have
            raise
        except Exception as error:  # whatever a stranger's server does, the visit goes on
            word = failure_of(error)[0]
            if not optional:
                self.count(f"crawl/failed/{word}")
            if why is not None:
                why[url] = word
            return None
        if response.status >= 400 and not optional:
            word = "not_archived" if MISSING in response.headers else f"http_{response.status}"
            self.count(f"crawl/failed/{word}")
        return page_of(response)
