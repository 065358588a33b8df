"""The words for what we do not fetch or do not keep; each says which rule spoke, its message says the case."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class Refused(IgnoreRequest):
    """A rule of this house stopped a request or a response."""


class RobotsForbid(Refused):
    """robots.txt disallows the address for our token."""


class RobotsUnreachable(Refused):
    """robots.txt could not be had (429, 5xx, no answer): all is disallowed until it can (RFC 9309, 2.3.1.4)."""


class NotIndexable(Refused):
    """The page says noindex (X-Robots-Tag or meta robots)."""


class HostResting(Refused):
    """The host asked for a longer pause than a run waits, or it keeps failing."""


class BudgetSpent(Refused):
    """The host has had its requests for today."""


class ForbiddenAddress(Refused):
    """The name leads to no public address, or the proxy is not one that is allowed."""


class TooMuch(Refused):
    """Larger, deeper or more often compressed than an honest page is."""


class Trap(Refused):
    """An address as endless mazes make them."""


class NoContact(Refused):
    """Nobody could be asked about this crawl: no contact address is set."""


class Suppressed(Refused):
    """The address is of somebody who asked to be left out; the message names nobody."""
