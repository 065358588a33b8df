"""The spider of personal pages and link hubs: one page a visit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from crawler.answers import all_of, outcome_of
from crawler.health import count_health
from crawler.page import Page
from crawler.platforms.profile.extract import EXTRACTOR, extract
from crawler.platforms.profile.urls import visit_address
from crawler.seeds import Seed
from crawler.spider import PlatformSpider
from storage.records import Extract, Record


class ProfileSpider(PlatformSpider):
    """Somebody's own page or hub, and where it leads; networks are never fetched."""

    name = "profile"
    platform = "profile"
    extractor = EXTRACTOR
    sites = True

    def address(self, text: str) -> str:
        return visit_address(text)

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        found = extract(page) if page.status == 200 else Extract()
        if page.status == 200:
            count_health(self, found)
        outcome = outcome_of(found, page)
        account = found.account if outcome == "ok" else None
        source = self.told(page, seed.url, outcome, account)
        yield replace(source, account_platform=account.platform if account else None)
        for record in all_of(found) if account else ():
            yield record
