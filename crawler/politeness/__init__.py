"""Polite and safe by construction: the add-on that ``ADDONS = {"crawler.politeness.Politeness": 100}`` switches on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware

from crawler.tables import table

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

__all__ = ["Politeness"]

VERSION = "0.1"
TOKEN = "grapevine"  # noqa: S105 (the product token of RFC 9309, no secret)


class Politeness:
    """Sets what a polite crawl needs at "addon" priority, so that settings.py and ``-s`` have the last word."""

    def update_settings(self, settings: BaseSettings) -> None:
        replay = bool(settings.get("REPLAY"))
        ours = table("politeness/tables")
        for name, value in (ours["settings"] | (ours["replay"] if replay else {})).items():
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
