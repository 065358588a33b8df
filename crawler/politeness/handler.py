"""The door to the network: every request passes here, is counted, and is let out only if no rule forbids it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.http import Response

from crawler.politeness.guard import GuardedResolver, is_public, literal
from crawler.politeness.hosts import Hosts
from crawler.politeness.patience import Pace, judge, retry_after
from crawler.politeness.refusals import ForbiddenAddress, NoContact, TooMuch
from crawler.politeness.urls import host_of, port_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

HEAD_BYTES = 64 * 1024
"""What status line and headers of one answer may take; Scrapy and Twisted only bound a single line."""
ENCODINGS = 2
"""How often a body may be compressed."""
NO_CONTACT = (
    "Nobody can be asked about this crawl. Tell site owners how to reach you: set GRAPEVINE_CONTACT in the environment "
    "or -s GRAPEVINE_CONTACT=..., to a web page or mail address that reaches you: https://example.org/bot"
)


class _CappedProtocol(_LenientHTTP11ClientProtocol):
    """Hangs up on endless headers (and endless 1xx answers) before they fill the memory."""

    _head = 0

    def request(self, request: Any) -> Any:
        self._head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 (Twisted's name)
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._parser is not None and self._parser.state in ("STATUS", "HEADER"):
            self._head += len(data)
            if self._head > HEAD_BYTES and self.transport is not None:
                self.transport.abortConnection()


class _CappedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _CappedProtocol:  # noqa: N802
        return _CappedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler behind the guard, the ledger and the hosts' rests."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _CappedFactory
        self._guard = GuardedResolver.install(crawler)
        self._hosts = Hosts.of(crawler)
        self._pace = Pace(crawler)
        self._contact = bool(crawler.settings.get("GRAPEVINE_CONTACT"))
        self._base = crawler.settings.getfloat("BACK_OFF_SECONDS", 5.0)

    async def download_request(self, request: Request) -> Response:
        self._check(request)
        name = host_of(request.url)
        host = self._hosts.get(name)
        began = self._hosts.begin(host)
        self._pace.started(name)
        response: Response | None = None
        try:
            response = await super().download_request(request)
        except Exception as error:
            if name in self._guard.blocked:
                raise ForbiddenAddress(f"{name} leads to no public address") from error
            raise
        finally:
            self._note(request, response, began, guarded=name in self._guard.blocked)
        if b",".join(response.headers.getlist("Content-Encoding")).count(b",") >= ENCODINGS:
            raise TooMuch("compressed more than twice over")
        return response

    def _check(self, request: Request) -> None:
        """Addresses that no look-up will be asked about: proxies, and what is behind them."""
        proxy = request.meta.get("proxy")
        if self._contact and not proxy:
            return
        host, allowed = urlsplit(request.url).hostname or "", self._guard.exemptions
        target, port = literal(host), port_of(request.url)
        if not self._contact and not allowed.holds(target, port):
            raise NoContact(NO_CONTACT)
        if not proxy:
            return
        if target and not is_public(target) and not allowed.holds(target, port):
            raise ForbiddenAddress(f"{host} is no public address")
        relay = proxy if "://" in proxy else f"http://{proxy}"
        name, port = urlsplit(relay).hostname or "", port_of(relay)
        address = literal(name)
        if address and not is_public(address) and not allowed.holds(address, port):
            raise ForbiddenAddress(f"the proxy {name}:{port} is no public address; GUARD_ALLOW can name it")

    def _note(self, request: Request, response: Response | None, began: float, *, guarded: bool) -> None:
        """The answer, in the host's state and in the run's records, before the slot sends its next request."""
        name, now = host_of(request.url), time.time()
        host, status, size = self._hosts.get(name), 0, 0
        asked = None
        if response is not None:
            status, size = response.status, len(response.body)
            header = response.headers.get("Retry-After")
            asked = retry_after(header.decode("latin-1"), now) if header else None
            host.count("bytes", size)
            host.count("not_modified", status == 304)
        if not guarded:
            judge(host, status, asked, now, self._base)
            self._pace.answered(name)
        self._hosts.log(
            host,
            url=request.url,
            purpose="robots" if request.meta.get("robots_of") else "page",
            at=began,
            ended=now,
            status=status,
            bytes=size,
            owed=self._pace.owed(host),
            rest_until=host.not_before,
            robots=request.meta.get("robots_sha"),
            ip=str(response.ip_address) if response is not None and response.ip_address else None,
        )
