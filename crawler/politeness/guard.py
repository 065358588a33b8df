"""The SSRF guard: no connection to an address that is not public, whatever name, spelling or redirect led to it.

It is the reactor's name resolver, which every connection asks, for names and literals alike: addresses that are not
public are dropped from the answer, and what is left is what is connected to. There is no second look-up to rebind.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.tables import table

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_NEVER = tuple(map(ipaddress.ip_network, table("politeness/tables")["addresses"]["never"]))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def plain(text: str) -> Address:
    """The address as what it reaches: without zone, out of its IPv4-mapped or NAT64 coat. Raises ValueError."""
    address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    never = any(address.version == net.version and address in net for net in _NEVER)
    return address.is_global and not address.is_multicast and not never


def literal(host: str) -> Address | None:
    """The address that a host in numbers means, in every spelling that C libraries take (0x7f.1, 2130706433)."""
    try:
        return plain(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return None


class Exemptions:
    """GUARD_ALLOW: ``ADDRESS:PORT`` entries that may be reached though they are not public (tests, recordings)."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._pairs: set[tuple[Address, int]] = set()
        for entry in entries:
            host, _, port = entry.strip().rpartition(":")
            for address in ("127.0.0.1", "::1") if host == "localhost" else (host,):
                self._pairs.add((plain(address), int(port)))

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def holds(self, address: Address | None, port: int) -> bool:
        return (address, port) in self._pairs

    def permits(self, text: str, port: int) -> bool:
        """Whether a connection to this resolved address and port may be made."""
        address = plain(text)
        return self.holds(address, port) or is_public(address)


@implementer(IResolutionReceiver)
class _Sieve:
    """Passes on, of one look-up's addresses, those that may be connected to."""

    def __init__(self, guard: GuardedResolver, receiver: Any, name: str, port: int) -> None:
        self._guard, self._receiver, self._name, self._port = guard, receiver, name, port

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802 (Twisted's names, here and below)
        self._receiver.resolutionBegan(resolution)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._guard.exemptions.permits(address.host, self._port):
            self._receiver.addressResolved(address)
        else:
            self._guard.block(self._name)


@implementer(IHostnameResolver)
class GuardedResolver:
    """Lays itself over the reactor's resolver (and its cache), and passes on only what may be connected to."""

    def __init__(self, crawler: Crawler, below: Any) -> None:
        self.exemptions = Exemptions(crawler.settings.getlist("GUARD_ALLOW"))
        self._stats, self._below = crawler.stats, below
        self.blocked: set[str] = set()
        """Names whose latest look-up gave an address that may not be reached."""

    @classmethod
    def install(cls, crawler: Crawler) -> Self:
        """The guard of the running reactor for this crawl; it replaces that of a crawl before."""
        from twisted.internet import reactor

        present: Any = reactor.nameResolver
        if isinstance(present, cls):
            if present._stats is crawler.stats:
                return present
            present = present._below
        guard = cls(crawler, present)
        reactor.installNameResolver(guard)
        return guard

    def block(self, name: str) -> None:
        self._stats.inc_value("grapevine/politeness/address_blocked")
        self.blocked.add(name)

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[Any] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        if len(self.blocked) > 10_000:
            self.blocked.clear()
        self.blocked.discard(hostName)
        sieve = _Sieve(self, resolutionReceiver, hostName, portNumber)
        answer: IHostResolution = self._below.resolveHostName(
            sieve, hostName, portNumber, addressTypes, transportSemantics
        )
        return answer
