"""Asking only for what changed: validators remembered across runs, and when a publisher asks us to come back."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import Response

from crawler.politeness.component import Component
from crawler.politeness.hosts import Hosts
from crawler.politeness.judge import is_feed
from crawler.politeness.urls import canonical_url
from storage.database import reading
from storage.hosts import has_validators, read_validator
from storage.records import key_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

TRUSTED = 30 * 86_400.0
"""After so many seconds since the last full answer we ask for the whole again: servers err, and so do we."""
MOST_AGE, MOST_TTL = 86_400.0, 7 * 86_400.0
"""What Cache-Control, and what a feed's own ttl, may put the next visit off by."""
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.I)
_TTL = re.compile(rb"<ttl>\s*(\d{1,7})\s*</ttl>", re.I)
_PERIOD = re.compile(rb"<sy:updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\s*<", re.I)
_FREQUENCY = re.compile(rb"<sy:updateFrequency>\s*(\d{1,5})\s*<", re.I)
_HOURS = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.I | re.S)
_DAYS = re.compile(rb"<skipDays>(.{0,2000}?)</skipDays>", re.I | re.S)
_SECONDS = {b"hourly": 3600, b"daily": 86_400, b"weekly": 604_800, b"monthly": 2_592_000, b"yearly": 31_536_000}
_WEEK = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")


def kept_fresh(headers: Mapping[str, str], now: float) -> float:
    """Seconds for which an answer stays good (RFC 9111, 4.2.1: max-age less Age, else Expires), at most a day.

    Header names are in lower case."""
    control = headers.get("cache-control", "")
    if re.search(r"no-cache|no-store", control, re.I):
        return 0.0
    if age := _MAX_AGE.search(control):
        passed = headers.get("age", "")
        return min(max(float(age[1]) - (float(passed) if passed.isdecimal() else 0.0), 0.0), MOST_AGE)
    try:
        return min(max(parsedate_to_datetime(headers.get("expires", "")).timestamp() - now, 0.0), MOST_AGE)
    except (ValueError, OverflowError):
        return 0.0


def feed_rests(body: bytes) -> float:
    """Seconds between visits that a feed itself asks for: RSS 2.0 ``ttl`` (minutes), or the syndication module's period
    divided by its frequency; at most a week."""
    head = body[:20_000]
    seconds = [float(ttl[1]) * 60 for ttl in [_TTL.search(head)] if ttl]
    if period := _PERIOD.search(head):
        often = _FREQUENCY.search(head)
        seconds.append(_SECONDS[period[1].lower()] / max(int(often[1]) if often else 1, 1))
    return min(max(seconds, default=0.0), MOST_TTL)


def after_skipped(body: bytes, at: float) -> float:
    """``at``, or the first hour after it that the feed's skipHours (GMT) and skipDays (RSS 2.0) leave open."""
    head = body[:20_000]
    hours = {
        int(hour) % 24 for found in _HOURS.findall(head) for hour in re.findall(rb"<hour>\s*(\d{1,2})\s*<", found, re.I)
    }
    named = {day.lower() for found in _DAYS.findall(head) for day in re.findall(rb"<day>\s*(\w+)\s*<", found, re.I)}
    when = datetime.fromtimestamp(at, UTC)
    for _ in range(24 * 7):
        if when.hour not in hours and _WEEK[when.weekday()] not in named:
            return when.timestamp()
        when = when.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at  # everything is skipped: nobody means that


def next_visit(headers: Mapping[str, str], body: bytes, now: float) -> float:
    """The publisher's lower bound for the next visit, in seconds since 1970; 0 where none is given."""
    wait = max(kept_fresh(headers, now), feed_rests(body) if is_feed(body) else 0.0)
    at = after_skipped(body, now + wait) if is_feed(body) else now + wait
    return at if at > now else 0.0


class Freshness(Component):
    """Downloader middleware: If-None-Match and If-Modified-Since from what the last answer gave.

    A 304 goes to the spider as it is. ``meta={"conditional": False}`` asks for the whole page."""

    def __init__(self, crawler: Crawler) -> None:
        self.hosts, self.stats = Hosts.of(crawler), crawler.stats
        self.on = self.hosts.engine is not None and crawler.settings.getbool("CONDITIONAL_REQUESTS", True)
        self._any: bool | None = None

    def process_request(self, request: Request) -> None:
        if request.meta.pop("validator", None):  # a redirected or repeated request brings the headers of the one before
            request.headers.pop("If-None-Match", None)
            request.headers.pop("If-Modified-Since", None)
        if not self.on or self._any is False or request.method != "GET" or not request.meta.get("conditional", True):
            return
        row = self._known(key_of(canonical_url(request.url)))
        if row is None or time.time() - row["seen_at"] > TRUSTED:
            return
        request.meta["validator"] = row
        if row["etag"]:
            request.headers["If-None-Match"] = row["etag"]
        if row["modified"]:
            request.headers["If-Modified-Since"] = row["modified"]

    def _known(self, key: int) -> dict[str, Any] | None:
        found = self.hosts.validator(key)
        engine = self.hosts.engine
        if found is not None or engine is None:
            return found
        with reading(engine) as connection:
            if self._any is None:  # a first run asks once, not once a page
                self._any = has_validators(connection)
            row = read_validator(connection, key) if self._any else None
        return dict(row._mapping) if row is not None else None

    def process_response(self, request: Request, response: Response) -> Response:
        if not self.on or request.method != "GET" or response.status not in (200, 304) or request.meta.get("robots_of"):
            return response
        now = time.time()
        names = ("etag", "last-modified", "cache-control", "expires", "age")
        headers = {name: (response.headers.get(name) or b"").decode("latin-1") for name in names}
        headers = {name: value for name, value in headers.items() if value}
        if not headers and not is_feed(response.body):
            return response
        fresh_until = next_visit(headers, response.body, now)
        if response.status == 304:
            self.stats.inc_value("grapevine/politeness/not_modified")
            if row := request.meta.get("validator"):
                self.hosts.remember_validator({**row, "fresh_until": fresh_until})
            return response
        etag, modified = headers.get("etag"), headers.get("last-modified")
        if etag or modified or fresh_until:
            key = key_of(canonical_url(request.url))
            self.hosts.remember_validator(
                {"url_key": key, "etag": etag, "modified": modified, "seen_at": now, "fresh_until": fresh_until}
            )
        return response
