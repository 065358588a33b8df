"""What to fetch next: feeds to try, pages about the owner, posts whose feed entry is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from crawler.page import Page
from crawler.platforms.blog import markup
from crawler.platforms.blog.jsonfeeds import sitemap_urls
from crawler.platforms.blog.links import base_of, feeds_of
from crawler.platforms.blog.posts import Reading
from crawler.platforms.blog.text import text_of
from crawler.platforms.blog.urls import feed_candidates, home_of, join, label_kind, limit, page_kind, same_host, words
from storage.records import Post

_NO_POST = re.compile(
    r"/(?:tags?|categor[a-z]+|kategorien?|labels?|page|author|search|archives?|feed|wp-content|wp-json|comments?|login|cart|shop|product)(?:/|$)|\.(?:jpe?g|png|gif|svg|webp|pdf|zip|xml|json|css|js|mp[34])$",
    re.IGNORECASE,
)


def feeds_to_try(pages: Iterable[Page]) -> list[str]:
    """Feeds that the pages announce, then WordPress's REST if it is WordPress, then the usual addresses of the blog's home."""
    seen = list(pages)
    readings = [Reading.of(page) for page in seen]
    announced = [url for reading in readings for url in feeds_of(reading)[:3]]
    homes = list(dict.fromkeys(home_of(page.url) for page in reversed(seen)))
    usual = [url for home in homes[:1] for url in feed_candidates(home)][: limit("feed_probes")]
    wordpress = any("wordpress" in g.lower() for r in readings for g in r.metas.get("generator", [])) or any(
        "wp-json" in page.headers.get("link", "") for page in seen
    )
    rest = [join(home, words()["wordpress_posts"]) for home in homes[:1]] if wordpress else []
    return list(dict.fromkeys([*announced, *(u for u in rest if u), *usual]))


def follows(page: Page) -> bool:
    """May the page's links be followed (meta robots and X-Robots-Tag nofollow say no)?"""
    told = [
        *page.tree.xpath("//meta[translate(@name, 'ROBTS', 'robts')='robots']/@content"),
        page.headers.get("x-robots-tag", ""),
    ]
    return not any(w.strip().lower() in ("nofollow", "none") for text in told for w in str(text).split(","))


def profile_pages(page: Page) -> list[str]:
    """Pages of the same site that tell of the owner, about before contact before blogroll."""
    found: dict[str, str] = {}
    if follows(page):
        base = base_of(Reading.of(page))
        for a in page.tree.iter("a"):
            url = join(base, a.get("href"))
            if url and same_host(url, page.url) and not urlsplit(url).query:
                by_path = page_kind(url)
                kind = by_path if by_path != "home" else None
                kind = kind or label_kind(text_of(a) or "")
                if kind and by_path != "home":
                    found.setdefault(url.split("#")[0], kind)
    order = {"about": 0, "contact": 1, "blogroll": 2}
    best = sorted(found, key=lambda url: order[found[url]])
    few = [u for kind in order for u in [u for u in best if found[u] == kind][:2]]
    return few[: limit("profile_pages")]


def post_links(page: Page) -> list[str]:
    """Where nothing better is had: addresses of posts that a home page links from its headings and articles, in order."""
    base = base_of(Reading.of(page))
    links = page.tree.xpath("//h1//a|//h2//a|//h3//a|//article//a|//*[contains(@class, 'post')]//a|//li//a|//main//a")
    found = (join(base, a.get("href")) for a in links if not markup.aside(a))
    return list(dict.fromkeys(u.split("#")[0] for u in found if u and _may_be_post(u, page.url)))


def sitemap_posts(page: Page) -> list[str]:
    """Addresses in a sitemap that may be posts, last changed first."""
    return [url for url, _ in sitemap_urls(page) if _may_be_post(url, page.url)]


def _may_be_post(url: str, site: str) -> bool:
    path = urlsplit(url).path
    return same_host(url, site) and page_kind(url) is None and not _NO_POST.search(path) and len(path.strip("/")) > 2


def incomplete(posts: list[Post]) -> list[Post]:
    """Posts whose feed entry lacks text or date, newest first, as many as a visit may fetch."""
    lacking = [
        p for p in posts if (p.text is None or p.published_at is None or p.title is None) and p.url != p.source_url
    ]
    return sorted(lacking, key=lambda p: -(p.published_at.timestamp() if p.published_at else 0))[: limit("post_pages")]
