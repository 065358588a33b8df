"""The spider of personal pages and link hubs: one page a visit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from crawler.health import count_health
from crawler.page import Page
from crawler.platforms.profile.extract import EXTRACTOR, extract
from crawler.platforms.profile.urls import visit_address
from crawler.seeds import Seed
from crawler.spider import PlatformSpider, all_of
from storage.records import Record

OUTCOMES = {
    "noindex": "the page asks not to be indexed",
    "opted_out": "the page says (#nobot, #noindex ...) that its owner wants to be left out",
    "not_a_profile": "the page tells of nobody: no h-card, no profile data, no rel=me, and it is no list of links",
    "gone": "the page is not there any more",
    "not_understood": "no profile could be read from the page",
}


class ProfileSpider(PlatformSpider):
    """Somebody's own page or hub, and where it leads; networks are never fetched."""

    name = "profile"
    platform = "profile"
    extractor = EXTRACTOR
    sites = True

    def address(self, text: str) -> str:
        return visit_address(text)

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        found = extract(page) if page.status == 200 else None
        if found is None:
            outcome = "gone" if page.status in (404, 410) else f"http_{page.status}"
        else:
            count_health(self, found)
            outcome = found.refused or ("ok" if found.account else "not_understood")
        account = found.account if found and outcome == "ok" else None
        detail = OUTCOMES.get(outcome, "the server answered with an error; it is tried again later")
        named = account.native_id if account else None
        source = self.source(page, seed.url, outcome, None if outcome == "ok" else detail, account=named)
        yield replace(source, account_platform=account.platform if account else None)
        for record in all_of(found) if found and account else ():
            yield record
