"""The blog spider: from any seed (home, post, feed) to one account with its posts and links."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from crawler.page import Page
from crawler.platforms.blog import discover
from crawler.platforms.blog.extract import EXTRACTOR, kind_of
from crawler.platforms.blog.merge import Visit
from crawler.platforms.blog.outcomes import outcome_of
from crawler.platforms.blog.urls import home_of, limit, same_host, words
from crawler.seeds import Seed
from crawler.spider import PlatformSpider
from storage.records import Record

PAGES = ("home", "list", "about", "contact", "blogroll", "post")


class BlogSpider(PlatformSpider):
    """Blogs of any software. A visit: the seed, its feed, the home and about pages, and the posts that the feed tells too little of."""

    name = "blog"
    platform = "blog"
    extractor = EXTRACTOR

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        tour = _Tour(self, Visit(seed.url), page)
        kind, (outcome, detail) = kind_of(page), outcome_of(page)
        if outcome == "ok":
            await tour.run(kind)
        tour.visit.source(page, "seed", outcome, detail, url=seed.url)
        for record in tour.visit.records():
            yield record


class _Tour:
    """The fetches of one visit, within its limits."""

    def __init__(self, spider: PlatformSpider, visit: Visit, page: Page) -> None:
        self.spider, self.visit, self.page = spider, visit, page
        self.left = limit("pages_per_visit")
        self.seen: dict[str, Page | None] = {page.url: page}

    async def get(self, url: str) -> Page | None:
        """A page of status 200, fetched once a visit and within its limits."""
        if url not in self.seen:
            if self.left <= 0:
                self.spider.count("crawl/visit_limit")
                return None
            self.left -= 1
            self.seen[url] = await self.spider.fetch(url)
        page = self.seen[url]
        if page and page.status != 200:
            self.spider.count(f"crawl/status/{page.status}")
        return page if page and page.status == 200 else None

    async def run(self, kind: str) -> None:
        found = self.visit.add(kind, self.page)
        if kind in ("feed", "json"):
            self.visit.source(self.page, "feed", *outcome_of(self.page))
            await self.home(found.account.url if found.account else home_of(self.page.url))
        else:
            if kind != "home":
                await self.home(home_of(self.page.url))
            await self.feed()
        pages = [page for kind, page, _ in self.visit.read if kind in PAGES]
        for url in dict.fromkeys(url for page in pages for url in discover.profile_pages(page)):
            await self.take(url, ("about", "contact", "blogroll"))
        await self.posts(pages)

    async def home(self, url: str) -> None:
        await self.take(url, ("home", "list", "post"), as_kind="home")

    async def take(self, url: str, kinds: Iterable[str], as_kind: str | None = None) -> bool:
        """Reads a page into the visit if it is of one of these kinds."""
        if not same_host(url, self.page.url) and as_kind is None:
            return False
        page = None if url in self.seen else await self.get(url)
        kind = kind_of(page) if page else "unreachable"
        if page and kind in kinds:
            self.visit.add(as_kind or kind, page)
        return kind in kinds

    async def feed(self) -> None:
        """The first announced or usual address that really is a feed; those announced that are none are written down."""
        pages = [page for _, page, _ in self.visit.read]
        announced = {
            u for _, _, found in self.visit.read if found.account for u in found.account.details.get("feeds", [])
        }
        for url in discover.feeds_to_try(pages):
            page = await self.get(url)
            kind = kind_of(page) if page else "unreachable"
            if page and kind in ("feed", "json"):
                self.visit.add(kind, page)
                self.visit.source(page, "feed", *outcome_of(page))
                return
            if page and url in announced:
                self.visit.source(
                    page,
                    "feed",
                    "not_a_feed",
                    f"{url} is announced as a feed and serves no feed ({kind}); the next address was tried",
                    url=url,
                )

    async def posts(self, pages: list[Page]) -> None:
        """Pages of posts that the feed tells too little of; without a feed those that sitemap or home page name."""
        urls = [post.url for post in discover.incomplete(self.visit.posts)]
        if self.visit.feed is None:
            for path in words()["sitemaps"]:
                page = await self.get(home_of(self.page.url).rstrip("/") + "/" + path)
                if page and (urls := discover.sitemap_posts(page)):
                    break
            urls = urls or [u for page in pages[-1:] + pages[:1] for u in discover.post_links(page)]
        for url in urls[: limit("post_pages")]:
            page = await self.get(url)
            gone = self.seen.get(url)
            if page and kind_of(page) == "post":
                self.visit.add("post", page)
            elif (page and kind_of(page) == "noindex") or (gone and gone.status in (404, 410)):
                self.visit.dead.add(url)
                self.spider.count("crawl/dead_posts")
