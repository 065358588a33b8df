"""What to fetch next: feeds to try, pages about the owner, posts whose feed entry is not enough."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import urlsplit

from crawler.page import Page
from crawler.platforms.blog import markup
from crawler.platforms.blog.jsonfeeds import sitemap_urls
from crawler.platforms.blog.links import feeds_of
from crawler.platforms.blog.reading import Reading, robots_meta
from crawler.platforms.blog.text import text_of
from crawler.platforms.blog.urls import feed_candidates, join, label_kind, limit, page_kind, post_key, same_host, table
from storage.records import Post

_NO_POST = re.compile(
    r"/(?:tags?|categor[a-z]+|kategorien?|labels?|page|author|search|archives?|feed|wp-content|wp-json|comments?|login|cart"
    r"|shop|product)(?:/|$)|\.(?:jpe?g|png|gif|svg|webp|pdf|zip|xml|json|css|js|mp[34])$",
    re.IGNORECASE,
)
_POST_LINKS = "//h1//a|//h2//a|//h3//a|//article//a|//*[contains(@class, 'post')]//a|//li//a|//main//a"


def announced(page: Page) -> list[str]:
    """The feeds that a page announces, the blog's own first."""
    return feeds_of(Reading(page))[:3]


def usual(home: str, pages: list[Page]) -> list[str]:
    """Where feeds usually are under a blog's home; WordPress's REST posts first if a page shows WordPress."""
    generators = [g.lower() for page in pages for g in Reading(page).metas.get("generator", [])]
    wordpress = any("wordpress" in g for g in generators) or any("wp-json" in p.headers.get("link", "") for p in pages)
    rest = join(home, table("words")["wordpress_posts"]) if wordpress else None
    return ([rest] if rest else []) + feed_candidates(home)[: limit("feed_probes")]


def follows(page: Page) -> bool:
    """May the page's links be followed (meta robots and X-Robots-Tag nofollow say no)?"""
    told = robots_meta(page)
    directives = f"{','.join(map(str, told))},{page.headers.get('x-robots-tag', '')}".lower().split(",")
    return not {d.strip() for d in directives} & {"nofollow", "none"}


def profile_pages(page: Page) -> list[str]:
    """Pages of the same site that tell of the owner, at most two of a kind: about before contact before blogroll."""
    found: dict[str, list[str]] = {"about": [], "contact": [], "blogroll": []}
    reading = Reading(page)
    for a in islice(page.tree.iter("a"), limit("links_looked_at")) if follows(page) else ():
        url = (join(reading.base, a.get("href")) or "").split("#")[0]
        if url and same_host(url, page.url) and not urlsplit(url).query and page_kind(url) != "home":
            kind = page_kind(url) or label_kind(text_of(a) or "")
            if kind and url not in found[kind]:
                found[kind].append(url)
    return [url for urls in found.values() for url in urls[:2]][: limit("profile_pages")]


def post_links(page: Page) -> list[str]:
    """Where nothing better is had: posts that a home page links from its headings and articles, in order."""
    base = Reading(page).base
    found = (join(base, a.get("href")) for a in page.tree.xpath(_POST_LINKS)[:1000] if not markup.aside(a))
    return (
        list(dict.fromkeys(u.split("#")[0] for u in found if u and _may_be_post(u, page.url))) if follows(page) else []
    )


def sitemap_posts(page: Page) -> list[str]:
    """Addresses in a sitemap that may be posts, last changed first."""
    return [url for url, _ in sitemap_urls(page) if _may_be_post(url, page.url)]


def _may_be_post(url: str, site: str) -> bool:
    path = urlsplit(url).path
    return same_host(url, site) and page_kind(url) is None and not _NO_POST.search(path) and len(path.strip("/")) > 2


def incomplete(posts: list[Post]) -> list[Post]:
    """Posts whose feed entry lacks text, title or date, newest first."""
    lacking = [p for p in posts if not (p.text and p.published_at and p.title) and post_key(p.url) == p.native_id]
    return sorted(lacking, key=lambda p: -(p.published_at.timestamp() if p.published_at else 0))
