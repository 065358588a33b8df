"""What one saved response of a blog yields, recognised by itself: feed, posts in JSON, post page, home, about page."""

from __future__ import annotations

import re
from typing import Any

from crawler.page import Page
from crawler.platforms.blog import markup, structured
from crawler.platforms.blog.feeds import Feed, looks_like_xml_feed, read_feed
from crawler.platforms.blog.jsonfeeds import read_json, sitemap_urls
from crawler.platforms.blog.links import Outbound, body_links, owner_links
from crawler.platforms.blog.posts import Reading, post_of
from crawler.platforms.blog.profile import account_of
from crawler.platforms.blog.urls import home_of, join, limit, page_kind, same_site
from storage.records import Account, Extract, Link, Observation, Post

EXTRACTOR = "blog/1"


def extract(page: Page) -> Extract:
    """The account, posts, links and observations of one response; pure, and total: no input makes it raise.

    ``unparsed`` names what was there and could not be read; a page that says noindex yields nothing but that word.
    """
    kind = kind_of(page)
    if kind in ("empty", "too_large", "noindex", "sitemap", "other"):
        return Extract(unparsed=[] if kind in ("empty", "sitemap") else [f"{kind}: nothing was read from this page"])
    if kind == "feed":
        return _of_feed(page, read_feed(page))
    if kind == "json":
        return _of_feed(page, read_json(page) or Feed())
    return _of_page(page, kind)


def kind_of(page: Page) -> str:
    """feed, json, sitemap, post, home, list, about, contact, blogroll; or why nothing is read: empty, too_large, noindex, other."""
    start = page.body[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not start:
        return "empty"
    if noindex_header(page):
        return "noindex"
    if looks_like_xml_feed(page.body):
        return "feed"
    if len(page.body) > limit("page_bytes"):
        return "too_large"
    if start[:1] in (b"{", b"["):
        return "json" if read_json(page) else "other"
    if b"<urlset" in start or b"<sitemapindex" in start:
        return "sitemap" if sitemap_urls(page) else "other"
    if b"\x00" in page.body[:1024] and b"<" not in start[:200]:
        return "other"
    return "noindex" if noindex_meta(page) else _page_kind(page)


def noindex_header(page: Page) -> bool:
    return _forbids(page.headers.get("x-robots-tag", ""))


def noindex_meta(page: Page) -> bool:
    found = page.tree.xpath("//meta[translate(@name, 'ROBTS', 'robts')='robots']/@content")
    return any(_forbids(str(content)) for content in found)


def _forbids(directives: str) -> bool:
    """Directives for every robot (one that is named before a colon speaks to another)."""
    words = [w.strip().lower() for w in directives.split(",")]
    return any(w in ("noindex", "none") for w in words)


def _page_kind(page: Page) -> str:
    tree = page.tree
    canonical = next(
        (u for e in tree.xpath("//link[@rel='canonical'][@href]") if (u := join(page.url, e.get("href")))), None
    )
    by_path = page_kind(canonical if canonical and same_site(canonical, page.url) else page.url)
    classes = f" {' '.join(tree.xpath('//body/@class')[:1])} "
    og = next(iter(structured.metas(tree).get("og:type", [])), "").lower()
    articles = [
        a
        for a in tree.xpath(
            "//article|//*[contains(concat(' ', normalize-space(@class), ' '), ' hentry ') or contains(concat(' ', normalize-space(@class), ' '), ' h-entry ')]"
        )
        if not markup.aside(a)
    ]
    outer = [a for a in articles if not any(e in articles for e in a.iterancestors())]
    if by_path in ("about", "contact", "blogroll"):
        return by_path
    if re.search(r" (?:single|single-post|post-template|post-template-default) ", classes) or (
        og == "article" and by_path != "home"
    ):
        return "post"
    if by_path == "home":
        single = (
            og == "article"
            or len(outer) == 1
            and bool(outer[0].xpath(".//time|.//*[contains(@class, 'published')]|self::*[contains(@class, 'h-entry')]"))
        )
        return "post" if single and not re.search(r" (?:home|blog|archive) ", classes) else "home"
    if re.search(r" (?:archive|category|tag|search|author) ", classes) or (
        len(outer) > 3 and og != "article" and not _headed(tree)
    ):
        return "list"
    return "post"


def _headed(tree: Any) -> bool:
    """Is the page's title its one h1 (as a post's is, not a list's)?"""
    ones = [markup.text_of(e) for e in tree.iter("h1")]
    title = markup.text_of(next(tree.iter("title"), None)) or ""
    return len(ones) == 1 and bool(ones[0]) and title.startswith(ones[0] or " ") and title != ones[0]


def _of_page(page: Page, kind: str) -> Extract:
    reading = Reading.of(page)
    home = home_of(page.url)
    facts = account_of(reading, kind)
    base = {"platform": "blog", "source_url": page.url, "fetched_at": page.fetched_at, "extractor": EXTRACTOR}
    account = Account(native_id=home, url=home, kind="blog", **facts, **base)
    body = markup.body_of(page.tree)
    found: list[tuple[str | None, Outbound]] = [(None, link) for link in owner_links(reading, kind, body)]
    posts: list[Post] = []
    if kind == "post":
        url = next(
            (
                u
                for e in page.tree.xpath("//link[@rel='canonical'][@href]")
                if (u := join(page.url, e.get("href"))) and same_site(u, page.url)
            ),
            page.url,
        )
        posts = [Post(account_id=home, native_id=url, url=url, **post_of(reading), **base)]
        found += [(url, link) for link in body_links(body, page.url)]
    return _assembled(account, posts, found, reading.unparsed, base)


def _of_feed(page: Page, feed: Feed) -> Extract:
    base = {"platform": "blog", "source_url": page.url, "fetched_at": page.fetched_at, "extractor": EXTRACTOR}
    if not feed.account and not feed.posts:
        return Extract(unparsed=feed.unparsed)
    home = home_of(feed.home or page.url)
    account = Account(native_id=home, url=feed.home or home, kind="blog", **feed.account, **base)
    posts = [Post(account_id=home, **fields, **base) for fields in feed.posts]
    found: list[tuple[str | None, Outbound]] = [
        (None, Outbound(url, "profile", None)) for url in feed.owner_urls if not same_site(url, home)
    ]
    return _assembled(account, posts, found + list(feed.links), feed.unparsed, base)


def _assembled(
    account: Account,
    posts: list[Post],
    found: list[tuple[str | None, Outbound]],
    unparsed: list[str],
    base: dict[str, Any],
) -> Extract:
    links = [
        Link(account_id=account.native_id, url=link.url, kind=link.kind, text=link.text, post_id=post_id, **base)
        for post_id, link in found
    ]
    counts = [
        Observation(account_id=account.native_id, metric="comments", value=p.comments, post_id=p.native_id, **base)
        for p in posts
        if p.comments is not None
    ]
    return Extract(
        account=account, posts=posts, links=links, observations=counts, unparsed=list(dict.fromkeys(unparsed))
    )
