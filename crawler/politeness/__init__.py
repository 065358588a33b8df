"""Polite and safe by construction: the add-on that ``ADDONS = {"crawler.politeness.Politeness": 100}`` switches on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

__all__ = ["Politeness"]

VERSION = "0.1"
TOKEN = "grapevine"  # noqa: S105 (the product token of RFC 9309, no secret)

SETTINGS: dict[str, Any] = {
    # whom we are
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": TOKEN,
    "COOKIES_ENABLED": False,  # no trail, and no flood of them
    "REFERRER_POLICY": "no-referrer",
    # pace
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "CONCURRENT_REQUESTS": 64,  # hosts at a time; a waiting host holds one of these places
    "DOWNLOAD_DELAY": 1.0,
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 1.0,
    "AUTOTHROTTLE_MAX_DELAY": 60.0,
    "RETRY_TIMES": 1,
    "RETRY_GIVE_UP_LOG_LEVEL": "INFO",  # the spider's records say it
    "PATIENCE_SECONDS": 60.0,  # a longer rest ends the host's visits in this run
    "BACK_OFF_SECONDS": 5.0,
    "CRAWL_DELAY_MOST": 60.0,
    "HOST_DAILY_BUDGET": 1000,
    # limits
    "DOWNLOAD_TIMEOUT": 20,
    "DOWNLOAD_MAXSIZE": 10 << 20,
    "DOWNLOAD_WARNSIZE": 0,
    "FEED_MAXSIZE": 2 << 20,
    "REDIRECT_MAX_TIMES": 5,
    "DEPTH_LIMIT": 8,
    "TRAP_MOST_ALIKE": 300,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "REMOTE_CONTROL_ENABLED": False,  # on by default, runs Python that is posted to it
    "TELNETCONSOLE_ENABLED": False,
    "REQUEST_FINGERPRINTER_CLASS": "crawler.politeness.urls.Fingerprinter",
}
REPLAY = {
    "DOWNLOAD_DELAY": 0.0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "RETRY_ENABLED": False,
}
"""From a file nobody needs to be spared; what robots.txt and the pages say holds all the same."""


class Politeness:
    """Sets what a polite crawl needs at "addon" priority, so that settings.py and ``-s`` have the last word."""

    def update_settings(self, settings: BaseSettings) -> None:
        replay = bool(settings.get("REPLAY"))
        for name, value in (SETTINGS | REPLAY if replay else SETTINGS).items():
            settings.set(name, value, "addon")
        contact = " ".join((settings.get("GRAPEVINE_CONTACT") or os.environ.get("GRAPEVINE_CONTACT") or "").split())
        settings.set("GRAPEVINE_CONTACT", contact, "addon")
        settings.set("USER_AGENT", f"{TOKEN}/{VERSION} (+{contact})" if contact else f"{TOKEN}/{VERSION}", "addon")
        self._components(settings)
        handlers: dict[str, str | None] = dict.fromkeys(("file", "data", "ftp", "s3"))
        door = "crawler.archive.ReplayHandler" if replay else "crawler.politeness.handler.PoliteHandler"
        handlers |= dict.fromkeys(("http", "https"), door) | settings.getdict("DOWNLOAD_HANDLERS")
        settings.set("DOWNLOAD_HANDLERS", handlers, settings.getpriority("DOWNLOAD_HANDLERS") or 0)

    def _components(self, settings: BaseSettings) -> None:
        from crawler.politeness.freshness import Freshness
        from crawler.politeness.judge import Judge
        from crawler.politeness.ledger import Ledger
        from crawler.politeness.leftout import LeftOut
        from crawler.politeness.patience import Pace, Patience
        from crawler.politeness.redirects import Redirects
        from crawler.politeness.robots import Robots

        place = settings.setdefault_in_component_priority_dict
        for stock in (RobotsTxtMiddleware, RetryMiddleware, RedirectMiddleware):
            place("DOWNLOADER_MIDDLEWARES", stock, None)
        place("DOWNLOADER_MIDDLEWARES", LeftOut, 50)  # before robots.txt is asked for
        place("DOWNLOADER_MIDDLEWARES", Robots, 100)
        place("DOWNLOADER_MIDDLEWARES", Patience, 550)
        place("DOWNLOADER_MIDDLEWARES", Judge, 560)  # on the spider's side of unpacking
        place("DOWNLOADER_MIDDLEWARES", Freshness, 570)
        place("DOWNLOADER_MIDDLEWARES", Redirects, 600)
        place("EXTENSIONS", Ledger, 900)
        place("EXTENSIONS", Pace, 900)  # after AutoThrottle, to have the last word
