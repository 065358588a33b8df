"""Before a request: is the address a trap? After an answer: may it be kept, and can it be parsed without harm?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy import Request, signals
from scrapy.http import Headers, Response

from crawler.politeness.component import Component
from crawler.politeness.directives import from_headers, from_html
from crawler.politeness.hosts import Hosts
from crawler.politeness.refusals import NotIndexable, Refused, TooMuch, Trap
from crawler.politeness.urls import host_of, maze, shape

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MOST_SHAPES = 100
"""Shapes of addresses remembered per host."""
DEEPEST, DEPTH_FROM = 256, 50_000
"""Levels of nesting that XML parsers take by default; bodies below so many bytes cannot do harm by nesting."""
_FEED = re.compile(rb"<(?:\?xml|rss|feed|rdf|urlset|sitemapindex|!doctype (?:rss|feed|rdf))", re.I)
_SITEMAP = re.compile(rb"<(?:urlset|sitemapindex)\b", re.I)  # a list of addresses; nothing of it is stored
_TAG = re.compile(rb"<(/?)[A-Za-z_][^<>]*?(/?)>")
_FLAGS = frozenset({"nofollow", "noarchive", "nosnippet", "noai", "noimageai", "noimageindex"})


def is_feed(body: bytes) -> bool:
    """Whether this is XML other than a web page, by its first bytes."""
    head = body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(_FEED.match(head)) and b"<html" not in body[:2048].lower()


def without_cdata(body: bytes) -> bytes:
    """``body`` without its CDATA sections, in one pass however many of them are never closed."""
    parts, at = [], 0
    while (start := body.find(b"<![CDATA[", at)) >= 0:
        parts.append(body[at:start])
        end = body.find(b"]]>", start)
        if end < 0:
            return b"".join(parts)
        at = end + 3
    return b"".join((*parts, body[at:]))


def harm(body: bytes, most: int) -> str | None:
    """What an XML parser would suffer from this feed; None if nothing."""
    if len(body) > most:
        return f"a feed of {len(body)} bytes"
    if b"<!ENTITY" in body[:65536]:
        return "a feed that declares entities"
    depth = 0
    for close, alone in _TAG.findall(without_cdata(body)) if len(body) > DEPTH_FROM else ():
        depth += -1 if close else not alone
        if depth > DEEPEST:
            return f"nested more than {DEEPEST} levels deep"
    return None


class Judge(Component):
    """Downloader middleware; what it refuses reaches neither spider nor archive, what it only flags says so in
    ``response.flags`` (nofollow, noarchive, noai ...)."""

    def __init__(self, crawler: Crawler) -> None:
        self.hosts, self.stats = Hosts.of(crawler), crawler.stats
        settings = crawler.settings
        self.token = settings.get("ROBOTSTXT_USER_AGENT") or "grapevine"
        self.most_alike = settings.getint("TRAP_MOST_ALIKE", 300)
        self.feed_size = settings.getint("FEED_MAXSIZE", 2 << 20)
        self.obey_feeds = settings.getbool("NOINDEX_FEEDS", True)
        crawler.signals.connect(self.headers_received, signals.headers_received)

    def process_request(self, request: Request) -> None:
        if request.meta.pop("as_feed", None):  # a redirected request brings the limit of the one before
            request.meta.pop("download_maxsize", None)
        if request.meta.get("robots_of"):
            return
        why = maze(request.url) or self._one_of_many(request.url)
        if why:
            self._refuse(request, Trap(f"{request.url[:200]}: {why}"))

    def _one_of_many(self, url: str) -> str | None:
        """Counts addresses that differ in their numbers only, as the pages of an endless calendar do."""
        form = shape(url)
        if form is None:
            return None
        shapes = self.hosts.get(host_of(url)).shapes
        seen = shapes.get(form, 0) + 1
        if seen > self.most_alike:
            return f"more than {self.most_alike} addresses of this host differ in their numbers only"
        if len(shapes) < MOST_SHAPES or form in shapes:
            shapes[form] = seen
        return None

    def headers_received(self, headers: Headers, request: Request) -> None:
        """Feeds may be smaller than pages; the handler reads the limit after this."""
        kind = headers.get("Content-Type", b"") or b""
        if b"xml" in kind and b"html" not in kind:
            request.meta.update(download_maxsize=self.feed_size, as_feed=True)

    def process_response(self, request: Request, response: Response) -> Response:
        if not 200 <= response.status < 300 or request.meta.get("robots_of"):
            return response
        feed = is_feed(response.body)
        if feed and (why := harm(response.body, self.feed_size)):
            self._refuse(request, TooMuch(f"{request.url}: {why}"))
        now = datetime.now(UTC)
        tags = [value.decode("latin-1") for value in response.headers.getlist("X-Robots-Tag")]
        words = from_headers(tags, self.token, now) if tags else set()
        if not feed:
            words |= from_html(response.body, self.token, now)
        if (response.headers.get("TDM-Reservation") or b"").strip() == b"1":
            words.add("noindex")  # W3C TDM Reservation Protocol: rights to mine the text are kept
        if "noindex" in words and not _SITEMAP.search(response.body[:2048]) and (self.obey_feeds or not feed):
            self._refuse(request, NotIndexable(f"{request.url} says noindex"))
        if words & _FLAGS:
            return response.replace(flags=[*response.flags, *sorted(words & _FLAGS)])
        return response

    def _refuse(self, request: Request, refused: Refused) -> None:
        self.hosts.refused(self.hosts.get(host_of(request.url)))
        self.stats.inc_value(f"grapevine/politeness/refused/{type(refused).__name__}")
        raise refused
