"""Opens and closes the hosts' ledger with the spider, and lets no run go live that nobody answers for."""

from __future__ import annotations

import gc
import logging
import time
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import CloseSpider

from crawler.politeness.component import Component
from crawler.politeness.handler import NO_CONTACT
from crawler.politeness.hosts import Hosts
from storage.database import writing
from storage.hosts import prune

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
KEPT_DAYS = 30
"""How long the log of single requests is kept; it holds addresses of people's pages."""


class Ledger(Component):
    """An extension: checks the contact, drops what is too old, writes the rest when the spider closes."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.hosts = crawler, Hosts.of(crawler)
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.hosts.close, signals.spider_closed)

    def opened(self) -> None:
        settings = self.crawler.settings
        if not (settings.get("GRAPEVINE_CONTACT") or settings.get("REPLAY") or settings.getlist("GUARD_ALLOW")):
            logger.error(NO_CONTACT)
            raise CloseSpider("no_contact")
        self.crawler.stats.set_value("grapevine/politeness/run", self.hosts.run)
        gc.collect()
        gc.freeze()  # what is loaded by now stays: a collection that walks it at every turn costs a tenth of a crawl
        if self.hosts.engine is not None:
            with writing(self.hosts.engine) as connection:
                prune(connection, time.time() - KEPT_DAYS * 86_400)
