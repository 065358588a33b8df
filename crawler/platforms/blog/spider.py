"""The blog spider: from any seed (home, post, feed) to one account with its posts and links."""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.page import Page
from crawler.platforms.blog import discover
from crawler.platforms.blog.extract import EXTRACTOR, kind_of
from crawler.platforms.blog.merge import Visit
from crawler.platforms.blog.outcomes import outcome_of
from crawler.platforms.blog.urls import home_key, limit, root_of, same_host, table
from crawler.seeds import Seed
from crawler.spider import PlatformSpider
from storage.records import Record

FEEDS = ("feed", "json")
PROFILE = ("about", "contact", "blogroll")


class BlogSpider(PlatformSpider):
    """Blogs of any software: a seed, its feed, home and about pages, and posts of which the feed tells too little."""

    name = "blog"
    platform = "blog"
    extractor = EXTRACTOR
    sites = True

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        tour = Tour(self, page)
        outcome, detail = outcome_of(page)
        if outcome in ("ok", "empty") and page.body:
            await tour.run(kind_of(page))
            outcome, detail = tour.outcome(outcome, detail)
        tour.visit.source(page, "seed", outcome, detail, url=seed.url)
        for record in tour.visit.records():
            yield record


class Tour:
    """The fetches of one visit, within its limits."""

    def __init__(self, spider: PlatformSpider, page: Page) -> None:
        self.spider, self.page, self.visit = spider, page, Visit()
        self.left = limit("pages_per_visit")
        self.seen: dict[str, Page | None] = {page.url: page}
        self.why: dict[str, str] = {}

    async def get(self, url: str) -> Page | None:
        """A page of status 200, fetched once a visit and within its limits."""
        if url not in self.seen:
            if self.left <= 0:
                self.spider.count("crawl/visit_limit")
                return None
            self.left -= 1
            self.seen[url] = await self.spider.fetch(url, self.why)
        page = self.seen[url]
        return page if page and page.status == 200 else None

    async def run(self, kind: str) -> None:
        found = self.visit.add(kind, self.page)
        if kind in FEEDS:
            self.visit.source(self.page, "feed", *outcome_of(self.page))
            await self.home(found.account.url if found.account else root_of(self.page.url))
        else:
            if not await self.feed(discover.announced(self.page), told=True):
                await self.home(root_of(self.page.url))
                home = self.visit.home
                told = [u for page in self.visit.pages("home") for u in discover.announced(page)]
                if not await self.feed(told, told=True):
                    await self.feed(discover.usual(home, self.visit.pages("home", kind)))
            await self.home(self.visit.home)
        for url in dict.fromkeys(
            u for p in self.visit.pages("home", "post", "list") for u in discover.profile_pages(p)
        ):
            page = await self.get(url) if url not in self.seen else None
            if page and same_host(page.url, url) and kind_of(page) not in ("noindex", *FEEDS):
                told_by = kind_of(page)
                self.visit.add(told_by if told_by in PROFILE else "about", page)
        await self.posts()

    async def home(self, url: str) -> None:
        """Reads the page at the blog's home address, whatever it looks like, as its home."""
        if self.visit.pages("home") and any(home_key(p.url) == home_key(url) for p in self.visit.pages("home")):
            return
        same = home_key(self.page.url) == home_key(url) and kind_of(self.page) not in FEEDS
        page = self.page if same else await self.get(url)
        if page and kind_of(page) in ("home", "list", "post", *PROFILE):
            self.visit.add("home", page)

    async def feed(self, urls: list[str], *, told: bool = False) -> bool:
        """Reads the first that really is a feed; those that a page announced and that are none are written down."""
        for url in urls:
            page = await self.get(url)
            kind = kind_of(page) if page else "unreachable"
            if page and kind in FEEDS:
                self.visit.add(kind, page)
                self.visit.source(page, "feed", *outcome_of(page))
                return True
            if page and told:
                why = f"{url} is announced as a feed and serves none ({kind}); its owner can mend the link"
                self.visit.source(page, "feed", "not_a_feed", why, url=url)
        return False

    async def posts(self) -> None:
        """Pages of posts of which the feed tells too little; without a feed those that sitemap or home page name."""
        urls = [post.url for post in discover.incomplete(self.visit.posts)]
        if self.visit.feed is None:
            urls = await self.unfed()
        for url in urls[: limit("post_pages")]:
            page = await self.get(url)
            gone = self.seen.get(url)
            kind = kind_of(page) if page else "unreachable"
            if page and kind not in ("noindex", "empty", "too_large", "other", "home", *FEEDS):
                self.visit.add("post", page)
            elif "noindex" in (kind, self.why.get(url)) or (gone and gone.status in (404, 410)):
                self.visit.dead.add(url)
                self.spider.count("crawl/dead_posts")

    async def unfed(self) -> list[str]:
        for path in table("words")["sitemaps"]:
            page = await self.get(self.visit.home.rstrip("/") + "/" + path)
            if page and (urls := discover.sitemap_posts(page)):
                return urls
        return [url for page in self.visit.pages("home", "list") for url in discover.post_links(page)]

    def outcome(self, outcome: str, detail: str | None) -> tuple[str, str | None]:
        """The seed's outcome after the tour: without any post there is nothing to come back for."""
        if self.visit.posts or outcome != "ok":
            return outcome, detail
        where = self.page.url
        return "no_posts", f"{where}: no feed, sitemap or post was found; give the address of the blog's feed"
