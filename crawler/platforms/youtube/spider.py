"""The YouTube spider: a channel's page, or with a key of the user's own the Data API; never both."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from scrapy import Request

from crawler.answers import all_of, outcome_of, page_of
from crawler.health import count_health
from crawler.page import Page
from crawler.platforms.youtube.client import ApiRefusedError, Quota, QuotaSpentError, channels
from crawler.platforms.youtube.extract import EXTRACTOR, extract
from crawler.platforms.youtube.urls import channel_address, named, videos_address
from crawler.seeds import Seed, SeedsUnreadable
from crawler.spider import PlatformSpider
from crawler.tables import rules
from storage.records import Extract, Record

UNITS_A_DAY = 10_000


class YouTubeSpider(PlatformSpider):
    """One request a channel: its page, and its list of videos only where that page shows none."""

    name = "youtube"
    platform = "youtube"
    extractor = EXTRACTOR
    custom_settings = {  # noqa: RUF012 - Scrapy's own way
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html", "Accept-Language": "en"},  # one interface language
        "HOST_BUDGETS": rules("youtube")["budgets"],
    }

    def address(self, text: str) -> str:
        return channel_address(text)

    async def start(self) -> AsyncIterator[Any]:
        key = os.environ.get("GRAPEVINE_YOUTUBE_API_KEY", "")
        async for made in self.by_api(key) if key else super().start():
            yield made

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        found = extract(page)
        if found.account and not found.posts and found.refused is None and found.account.status == "active":
            videos = videos_address(seed.url)
            more = await self.fetch(videos) if videos != page.url else None
            listed = extract(more) if more and more.status == 200 else Extract()
            if listed.account and listed.account.native_id == found.account.native_id:
                found.posts, found.unparsed = listed.posts, found.unparsed + listed.unparsed
                found.observations += [o for o in listed.observations if o.post_id]
                found.links += [link for link in listed.links if link.post_id]
        async for record in self.records(found, page, seed):
            yield record

    async def records(self, found: Extract, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """What may be kept of a visit, and the source that says how it went."""
        count_health(self, found)
        outcome = outcome_of(found, page)
        account = found.account if outcome in ("ok", "gone") else None
        source = self.told(page, seed.url, outcome, account)
        yield replace(source, detail=(account and account.details.get("reason_text")) or source.detail)
        for record in all_of(found) if account else ():
            yield record

    async def id_of(self, url: str) -> str | None:
        """The lasting id of the channel that a page shows."""
        page = await self.fetch(url)
        account = extract(page).account if page and page.status == 200 else None
        return account.native_id or None if account else None

    async def by_api(self, key: str) -> AsyncIterator[Any]:
        """All seeds through the Data API, in batches, until they or the quota are at their end."""
        count = self.settings.get("YOUTUBE_QUOTA_FILE") or "var/youtube_quota.json"
        quota = Quota(Path(count), self.settings.getint("YOUTUBE_QUOTA_UNITS", UNITS_A_DAY))
        last: Page | None = None

        async def ask(url: str) -> Page:
            nonlocal last
            if not self.settings.get("REPLAY"):  # an archive costs nothing
                self.crawler.stats.set_value("grapevine/youtube/quota_left", quota.take())
                self.count("youtube/quota_used")
            headers = {"X-Goog-Api-Key": key, "Accept": "application/json"}
            last = page_of(await self.crawler.engine.download_async(Request(url, headers=headers)))
            return last

        try:
            async for batch in self.seeds():
                seeds = {named(seed.url).key: seed for seed in self.good(batch)}
                async for address, found in channels(ask, [named(seed.url) for seed in seeds.values()], self.id_of):
                    self.count("crawl/visited")
                    assert last is not None
                    status, seed = 200 if found else 404, seeds[address.key]
                    page = Page(url=last.url, body=b"", status=status, fetched_at=last.fetched_at)
                    async for record in self.whole(self.records(found or Extract(), page, seed), page, seed):
                        yield record
        except (QuotaSpentError, ApiRefusedError, SeedsUnreadable) as problem:
            if getattr(problem, "reason", "") == "quota":
                quota.exhaust()
            self.crawler.stats.set_value("grapevine/problem", str(problem))
