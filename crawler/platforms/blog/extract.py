"""What one saved response of a blog yields, recognised by itself: feed, posts in JSON, post page, home, about page."""

from __future__ import annotations

import re
from typing import Any

from crawler.page import Page
from crawler.platforms.blog import markup
from crawler.platforms.blog.feeds import Feed, looks_like_xml_feed, read_feed
from crawler.platforms.blog.jsonfeeds import read_json, sitemap_urls
from crawler.platforms.blog.links import Outbound, body_links, owner_links
from crawler.platforms.blog.posts import post_of
from crawler.platforms.blog.profile import account_of
from crawler.platforms.blog.reading import Reading, robots_meta
from crawler.platforms.blog.text import text_of
from crawler.platforms.blog.urls import fold, home_key, limit, page_kind, post_key, root_of, same_site
from storage.records import Account, Extract, Link, Observation, Post

EXTRACTOR = "blog/1"
UNREAD = ("empty", "too_large", "noindex", "sitemap", "other")
_SINGLE = re.compile(r" (?:single|single-post|post-template|post-template-default|item-view) ")
_FRONT = re.compile(r" (?:home|blog|archive|home-template) ")
_SEVERAL = re.compile(r" (?:archive|category|tag|search|author|tag-template) ")


def extract(page: Page, kind: str | None = None) -> Extract:
    """The account, posts, links and observations of one response; pure, and total: no input makes it raise.

    ``kind``: what the page is, where the caller knows better than ``kind_of``. ``unparsed`` names what was there and
    could not be read; ``refused`` is one of UNREAD, and then nothing else is there.
    """
    kind = kind or kind_of(page)
    if kind in UNREAD:
        return Extract(refused=kind)
    if kind in ("feed", "json"):
        return _of_feed(page, read_feed(page) if kind == "feed" else read_json(page) or Feed())
    return _of_page(page, kind)


def kind_of(page: Page) -> str:  # noqa: PLR0911 - a ladder
    """feed, json, sitemap, post, home, list, about, contact, blogroll; or one of UNREAD: why nothing is read."""
    start = page.body[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not start:
        return "empty"
    if _forbids(page.headers.get("x-robots-tag", "")):
        return "noindex"
    if looks_like_xml_feed(page.body):
        return "feed"
    if len(page.body) > limit("page_bytes") or page.body.count(b"<") > limit("page_tags"):
        return "too_large"
    if start[:1] in (b"{", b"["):
        return "json" if read_json(page) else "other"
    if b"<urlset" in start or b"<sitemapindex" in start:
        return "sitemap" if sitemap_urls(page) else "other"
    if b"\x00" in page.body[:1024] and b"<" not in start[:200]:
        return "other"
    return "noindex" if any(map(_forbids, robots_meta(page))) else _page_kind(Reading(page))


def _forbids(directives: str) -> bool:
    """Directives for every robot (one that is named before a colon speaks to another)."""
    return any(word.strip().lower() in ("noindex", "none") for word in directives.split(","))


def _page_kind(reading: Reading) -> str:
    tree, url = reading.tree, reading.page.url
    by_path = page_kind(reading.canonical or url)
    if by_path in ("about", "contact", "blogroll"):
        return by_path
    classes = f" {' '.join(tree.xpath('//body/@class')[:1])} "
    article = next(iter(reading.metas.get("og:type", [])), "").lower() == "article"
    has = "contains(concat(' ', normalize-space(@class), ' '), ' {} ')"
    marked = f"//article|//*[{has.format('hentry')} or {has.format('h-entry')}]"
    articles = [a for a in tree.xpath(marked)[:50] if not markup.aside(a)]
    outer = [a for a in articles if not any(e in articles for e in a.iterancestors())]
    if _SINGLE.search(classes) or (article and by_path != "home"):
        return "post"
    if by_path == "home":
        dated = "descendant::time|descendant::*[contains(@class, 'published')]|self::*[contains(@class, 'h-entry')]"
        single = article or (len(outer) == 1 and bool(outer[0].xpath(dated)))
        return "post" if single and not _FRONT.search(classes) else "home"
    return "list" if _SEVERAL.search(classes) or (len(outer) > 3 and not _headed(reading)) else "post"


def _headed(reading: Reading) -> bool:
    """Does the page's title begin with an h1 that is not the site's name (as a post's does)?"""
    title, named = reading.head_title or "", {fold(name) for name in reading.site_names}
    ones = [t for e in reading.tree.iter("h1") if (t := text_of(e)) and fold(t) not in named]
    return any(title.startswith(one) and title != one for one in ones)


def _of_page(page: Page, kind: str) -> Extract:
    reading = Reading(page)
    home = page.url if kind == "home" else root_of(page.url)
    base = _provenance(page)
    account = Account(native_id=home_key(home), url=home, kind="blog", **account_of(reading, kind), **base)
    found: list[tuple[str | None, Outbound]] = [(None, link) for link in owner_links(reading, kind)]
    posts: list[Post] = []
    if kind == "post":
        url = reading.canonical or page.url
        posts = [Post(account_id=account.native_id, native_id=post_key(url), url=url, **post_of(reading), **base)]
        found += [(posts[0].native_id, link) for link in body_links(reading.body, reading.base)]
    return _assembled(account, posts, found, reading.unparsed, base)


def _of_feed(page: Page, feed: Feed) -> Extract:
    base = _provenance(page)
    if not feed.account and not feed.posts:
        return Extract(unparsed=feed.unparsed)
    home = feed.home or root_of(page.url)
    account = Account(native_id=home_key(home), url=home, kind="blog", **feed.account, **base)
    posts = [Post(account_id=account.native_id, **fields, **base) for fields in feed.posts]
    owner = [(None, Outbound(url, "profile", None)) for url in feed.owner_urls if not same_site(url, home)]
    found = _assembled(account, posts, [*owner, *feed.links], feed.unparsed, base)
    if feed.total is not None:
        found.observations.append(Observation(account_id=account.native_id, metric="posts", value=feed.total, **base))
    return found


def _provenance(page: Page) -> dict[str, Any]:
    return page.provenance("blog", EXTRACTOR)


def _assembled(
    account: Account,
    posts: list[Post],
    found: list[tuple[str | None, Outbound]],
    unparsed: list[str],
    base: dict[str, Any],
) -> Extract:
    of = account.native_id
    links = [Link(account_id=of, url=ln.url, kind=ln.kind, text=ln.text, post_id=post, **base) for post, ln in found]
    counts = [
        Observation(account_id=of, metric="comments", value=p.comments, post_id=p.native_id, **base)
        for p in posts
        if p.comments is not None
    ]
    return Extract(
        account=account, posts=posts, links=links, observations=counts, unparsed=list(dict.fromkeys(unparsed))
    )
