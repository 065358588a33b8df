"""Waiting: how long an answer asks for, the pace of a host's slot, and the few retries that are worth it."""

from __future__ import annotations

import random
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING, Self

from scrapy import Request, signals
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response

from crawler.politeness.component import Component
from crawler.politeness.hosts import Host, Hosts
from crawler.politeness.urls import host_of

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler

LONGEST_REST = 86_400.0
"""A rest is never longer than a day, whatever Retry-After says; after it we ask again."""
FAILED = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530})


def retry_after(value: str | None, now: float) -> float | None:
    """What a Retry-After header asks for, in seconds from ``now``, given in seconds or as a date (RFC 9110, 10.2.3);
    None if it is neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), LONGEST_REST))
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(date.timestamp() - now, 0.0), LONGEST_REST)


def back_off(failures: int, base: float, chance: float) -> float:
    """Seconds to leave a host alone after so many failures in a row: base x 2^(n-1), half of it by ``chance`` in 0..1,
    at most an hour (exponential back-off with equal jitter)."""
    span = min(base * 2.0 ** min(failures - 1, 20), 3600.0)
    return span / 2 + span / 2 * chance


def judge(host: Host, status: int, asked: float | None, now: float, base: float) -> None:
    """What an answer (status 0: none came) means for the host's next request; ``asked``: seconds of its Retry-After."""
    if status and status not in FAILED:
        host.failures = 0
        if asked and status >= 300:
            host.not_before = max(host.not_before, now + asked)
        return
    host.failures += 1
    host.count("errors")
    rest = max(asked or 0.0, back_off(host.failures, base, random.random()))  # noqa: S311 (spreading, not secrecy)
    host.not_before = max(host.not_before, now + rest)


class Pace:
    """An extension that holds each download slot to what its host is owed, before AutoThrottle's wishes.

    A slot is set when a request joins it and when an answer arrives, so that no queued request slips through.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.hosts = crawler, Hosts.of(crawler)
        settings = crawler.settings
        self.patience = settings.getfloat("PATIENCE_SECONDS", 60.0)
        self.least = settings.getfloat("DOWNLOAD_DELAY") * (1 - min(settings.getfloat("DOWNLOAD_DELAY_JITTER"), 1))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pace = cls(crawler)
        crawler.signals.connect(pace.reached, signals.request_reached_downloader)
        if crawler.settings.getbool("AUTOTHROTTLE_ENABLED"):
            crawler.signals.connect(pace.downloaded, signals.response_downloaded)
        return pace

    def owed(self, host: Host) -> float:
        """Seconds between two requests to the host that we promise."""
        return max(host.crawl_delay or 0.0, self.least)

    def reached(self, request: Request) -> None:
        slot = self.crawler.engine.downloader.slots[request.meta["download_slot"]]
        host = self.hosts.get(request.meta["download_slot"])
        if not slot.lastseen and host.last_at:  # a new slot knows nothing of the run before
            slot.lastseen = monotonic() - (time.time() - host.last_at)
        self.hold(slot, host)

    def started(self, name: str) -> None:
        """Delays count from when a request really leaves, however busy the process was."""
        if slot := self.crawler.engine.downloader.slots.get(name):
            slot.lastseen = max(slot.lastseen, monotonic())

    def downloaded(self, request: Request) -> None:
        self.answered(request.meta["download_slot"])

    def answered(self, name: str) -> None:
        """A Crawl-delay counts from the end of the answer: however slow the line was, the host sees no less."""
        if slot := self.crawler.engine.downloader.slots.get(name):
            host = self.hosts.get(name)
            if host.crawl_delay:
                slot.lastseen = max(slot.lastseen, monotonic())
            self.hold(slot, host)

    def hold(self, slot: Slot, host: Host) -> None:
        if host.crawl_delay:
            slot.delay, slot.jitter = max(slot.delay, host.crawl_delay), 0.0
        wait = host.not_before - time.time()
        if 0 < wait <= self.patience:  # a longer rest lets them through, to be refused at the door
            slot.delay = max(slot.delay, 0.001)
            slot.lastseen = max(slot.lastseen, monotonic() + wait)


class Patience(Component, RetryMiddleware):
    """Retries what another try may mend, where the host's rest fits into this run; a timeout is not tried again."""

    def __init__(self, crawler: Crawler) -> None:
        RetryMiddleware.__init__(self, crawler.settings)
        self.crawler, self.hosts = crawler, Hosts.of(crawler)
        self.patience = crawler.settings.getfloat("PATIENCE_SECONDS", 60.0)

    def _worth_it(self, request: Request) -> bool:
        return self.hosts.get(host_of(request.url)).not_before - time.time() <= self.patience

    def process_response(  # type: ignore[override]  # the spider argument is deprecated
        self, request: Request, response: Response
    ) -> Request | Response:
        if response.status not in self.retry_http_codes or not self._worth_it(request):
            return response
        return super().process_response(request, response)

    def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        if isinstance(exception, DownloadTimeoutError) or not self._worth_it(request):
            return None
        return super().process_exception(request, exception)
