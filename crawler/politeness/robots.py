"""Asking robots.txt first: fetched as RFC 9309 says, remembered for a day across runs, obeyed to the second."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.politeness.component import Component
from crawler.politeness.hosts import Hosts
from crawler.politeness.refusals import HostResting, Refused, RobotsForbid, RobotsUnreachable, TooMuch
from crawler.politeness.rules import READ_BYTES, Rules
from crawler.politeness.urls import host_of, origin_of
from storage.database import DatabaseProblem, reading
from storage.hosts import read_robots

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

DAY, HOUR, MINUTES = 86_400.0, 3_600.0, 600.0
NO_HOST = (CannotResolveHostError, DownloadConnectionRefusedError)
KEPT_BYTES = 8 << 20
"""How much robots.txt text may be held parsed; the rest is read again from the database."""


@dataclass(slots=True)
class Verdict:
    """What one origin's robots.txt came to."""

    state: str
    """rules, open (none there: 4xx), closed (429, 5xx, no answer)."""
    fetched_at: float
    lasts: float
    body: bytes = b""
    sha: str | None = None
    why: str = ""
    no_host: Exception | None = None
    """There is no server at all: said as it is, rather than as a matter of robots.txt."""
    rules: Rules | None = None

    @classmethod
    def of(cls, state: str, at: float, body: bytes = b"", why: str = "", lasts: float | None = None) -> Self:
        read, body = state == "rules", body[:READ_BYTES]
        sha = hashlib.sha256(body).hexdigest() if read else None
        lasts = (HOUR if state == "closed" else DAY) if lasts is None else lasts
        return cls(state, at, lasts, body, sha, why, rules=Rules.parse(body) if read else None)


def verdict_of(response: Response, at: float) -> Verdict:
    """RFC 9309, 2.3.1: 2xx is read, 4xx means that there is none, everything else (429, 5xx, a redirect that does not
    arrive) that nothing may be fetched for now."""
    if 200 <= response.status < 300:
        return Verdict.of("rules", at, response.body)
    if 400 <= response.status < 500 and response.status != 429:
        return Verdict.of("open", at)
    return Verdict.of("closed", at, why=f"answered {response.status}")


class Robots(Component):
    """Downloader middleware in place of Scrapy's, which takes an unreachable robots.txt for a permission."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.hosts, self.stats = crawler, Hosts.of(crawler), crawler.stats
        self.token = crawler.settings.get("ROBOTSTXT_USER_AGENT") or "grapevine"
        self.most_delay = crawler.settings.getfloat("CRAWL_DELAY_MOST", 60.0)
        self.replay = bool(crawler.settings.get("REPLAY"))
        self._known: OrderedDict[str, Verdict] = OrderedDict()
        self._size = 0
        self._asked: dict[str, asyncio.Future[Verdict]] = {}

    async def process_request(self, request: Request) -> None:
        name = host_of(request.url)
        request.meta["download_slot"] = name  # a redirected request brings the slot of the host it came from
        if request.meta.get("robots_of") or not request.url.startswith(("http:", "https:")):
            return  # no other scheme has a handler
        origin = origin_of(request.url)
        verdict = self._recall(origin) or await self._ask(origin)
        try:
            self._obey(request, name, verdict)
        except IgnoreRequest as refused:
            self.hosts.refused(self.hosts.get(name))
            self.stats.inc_value(f"grapevine/politeness/refused/{type(refused).__name__}")
            raise

    def _obey(self, request: Request, name: str, verdict: Verdict) -> None:
        if verdict.no_host is not None:
            raise type(verdict.no_host)(str(verdict.no_host))
        if verdict.state == "closed":
            raise RobotsUnreachable(
                f"{origin_of(request.url)}/robots.txt {verdict.why}; nothing is fetched until it can be read"
            )
        request.meta["robots_sha"] = verdict.sha
        if verdict.rules is None:
            return
        if not verdict.rules.allows(request.url, self.token):
            raise RobotsForbid(f"robots.txt forbids {request.url} to {self.token}")
        delay = verdict.rules.delay(self.token)
        host = self.hosts.get(name)
        if not self.replay and delay != host.crawl_delay:
            host.crawl_delay, host.dirty = delay, True
        if delay and delay > self.most_delay and not self.replay:
            raise HostResting(
                f"{name} asks for {delay:.0f} s between requests; more than {self.most_delay:.0f} s is left for the day"
            )

    def _recall(self, origin: str) -> Verdict | None:
        """What is known and not too old, from memory or from the run before."""
        now = time.time()
        verdict = self._known.get(origin)
        if verdict is None and self.hosts.engine is not None:
            with reading(self.hosts.engine) as connection:
                row = read_robots(connection, origin)
            if row is not None:
                verdict = Verdict.of(row.state, row.fetched_at, row.body or b"", "could not be read a while ago")
                self._keep(origin, verdict)
        elif verdict is not None:
            self._known.move_to_end(origin)
        if verdict is None or (not self.replay and now - verdict.fetched_at >= verdict.lasts):
            return None
        return verdict

    def _keep(self, origin: str, verdict: Verdict) -> None:
        if old := self._known.pop(origin, None):
            self._size -= len(old.body) + 500
        self._known[origin] = verdict
        self._size += len(verdict.body) + 500
        while self._size > KEPT_BYTES and len(self._known) > 1:
            _, old = self._known.popitem(last=False)
            self._size -= len(old.body) + 500

    async def _ask(self, origin: str) -> Verdict:
        """Fetches it once, however many wait for it."""
        if (waiting := self._asked.get(origin)) is not None:
            return await waiting
        answer = self._asked[origin] = asyncio.get_running_loop().create_future()
        try:
            verdict = await self._fetch(origin)
        except BaseException as error:
            answer.set_exception(error if isinstance(error, Exception) else RobotsUnreachable("the crawl was stopped"))
            answer.exception()  # heard, even if nobody waits
            raise
        finally:
            del self._asked[origin]
        answer.set_result(verdict)
        return verdict

    async def _fetch(self, origin: str) -> Verdict:
        self.stats.inc_value("grapevine/politeness/robots_fetched")
        meta = {"robots_of": origin, "dont_retry": True, "handle_httpstatus_all": True, "conditional": False}
        request = Request(f"{origin}/robots.txt", meta=meta, priority=1000, callback=NO_CALLBACK)
        lasting = True
        try:
            response = await self.crawler.engine.download_async(request)
            verdict = verdict_of(response, time.time())
        except DatabaseProblem:  # ours, which says nothing of the host
            raise
        except Exception as error:  # no answer, too many redirects, a bomb ...
            if isinstance(error, Refused) and not isinstance(error, TooMuch):
                raise
            state = "open" if self.replay else "closed"  # a recording without it was made with one remembered
            verdict = Verdict.of(
                state, time.time(), why=f"gave no answer ({type(error).__name__}: {error})", lasts=MINUTES
            )
            verdict.no_host = error if isinstance(error, NO_HOST) and not self.replay else None
            lasting = False  # perhaps it was our own network; the next run asks again
        self._keep(origin, verdict)
        if lasting and self.hosts.engine is not None:
            row = {"origin": origin, "state": verdict.state, "sha": verdict.sha, "fetched_at": verdict.fetched_at}
            self.hosts.remember_robots(row, verdict.body)
        return verdict
