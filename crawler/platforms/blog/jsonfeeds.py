"""Posts in JSON: JSON Feed 1.0/1.1 and WordPress's REST posts; and the addresses in a sitemap."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lxml import etree

from crawler.page import Page, html_tree
from crawler.platforms.blog.dates import machine_date
from crawler.platforms.blog.feeds import Feed, dated
from crawler.platforms.blog.links import body_links
from crawler.platforms.blog.people import person_name
from crawler.platforms.blog.text import plain, strip_tags
from crawler.platforms.blog.urls import home_key, join, limit, post_key
from crawler.social import items, whole


def read_json(page: Page) -> Feed | None:
    """A JSON Feed or a list of WordPress posts; None where the JSON is neither."""
    try:
        data = json.loads(page.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    if isinstance(data, dict) and isinstance(data.get("items"), list):
        return _json_feed(data, page) if "jsonfeed.org" in str(data.get("version", "")) or "title" in data else None
    posts = isinstance(data, list) and data and all(isinstance(d, dict) and "link" in d and "title" in d for d in data)
    return _wordpress(data, page) if posts else None


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _names(people: list[dict[str, Any]]) -> str | None:
    return ", ".join(dict.fromkeys(n for p in people if (n := person_name(strip_tags(p.get("name")))))) or None


def _json_feed(data: dict[str, Any], page: Page) -> Feed:
    """https://www.jsonfeed.org/version/1.1/ (1.0 has one author, not a list)"""
    people = items(data.get("authors") or data.get("author"))
    avatar = next((a for p in people if (a := _str(p.get("avatar")))), None) or _str(data.get("icon"))
    feed = Feed(home=join(page.url, _str(data.get("home_page_url"))))
    feed.owner_urls = [u for p in people if (u := join(page.url, _str(p.get("url"))))]
    feed.account = {
        "name": strip_tags(data.get("title")),
        "bio": strip_tags(data.get("description")),
        "owner": _names(people[:1]),
        "avatar": join(page.url, avatar),
        "declared_language": _str(data.get("language")) or None,
        "details": {},
    }
    for item in items(data["items"], limit("feed_entries")):
        guid = str(item.get("id") or "")
        fields = {
            "title": strip_tags(item.get("title")),
            "author": _names(items(item.get("authors") or item.get("author")) or people),
            "published_at": dated(item.get("date_published") or item.get("date_modified"), feed, page),
            "updated_at": dated(item.get("date_modified"), feed, page),
            "declared_language": _str(item.get("language")) or feed.account["declared_language"],
            "summary": strip_tags(item.get("summary")),
            "tags": [t for t in item.get("tags") or [] if isinstance(t, str)],
            "text": _str(item.get("content_text")).strip() or None,
        }
        url = join(feed.home or page.url, _str(item.get("url")) or (guid if guid.startswith("http") else ""))
        _add(feed, page, url, guid, _str(item.get("content_html")), fields)
    return feed


def _wordpress(data: list[dict[str, Any]], page: Page) -> Feed:
    """https://developer.wordpress.org/rest-api/reference/posts/"""
    home = page.url.split("/wp-json/")[0].split("?rest_route")[0].rstrip("/") + "/"
    feed = Feed(home=home, account={"details": {}}, total=whole(page.headers.get("x-wp-total")))
    for item in data[: limit("feed_entries")]:
        inner = next(iter(items(item.get("_embedded"))), {})
        terms = [t for group in inner.get("wp:term") or [] for t in items(group)]
        shown = {n: _str(d.get("rendered")) for n in ("title", "content", "excerpt") for d in items(item.get(n))}
        fields = {
            "title": strip_tags(shown.get("title")),
            "author": _names(items(inner.get("author"))),
            "published_at": dated(item.get("date") or item.get("date_gmt"), feed, page),
            "updated_at": dated(item.get("modified"), feed, page),
            "declared_language": None,
            "summary": strip_tags(shown.get("excerpt")),
            "tags": [t for term in terms if (t := strip_tags(term.get("name")))],
            "text": None,
        }
        _add(feed, page, join(page.url, _str(item.get("link"))), "", shown.get("content", ""), fields)
    return feed


def _add(feed: Feed, page: Page, url: str | None, guid: str, markup: str, fields: dict[str, Any]) -> None:
    """One post more, unless it has neither address nor id, or is there already."""
    native_id = post_key(url) if url else f"{home_key(feed.home or page.url)}#{guid}" if guid else None
    if not native_id or any(post["native_id"] == native_id for post in feed.posts):
        return
    tree = html_tree(markup) if markup else None
    if tree is not None:
        fields["text"] = plain(tree) or fields["text"]
        feed.links += [(native_id, link) for link in body_links(tree, url or page.url)]
    images = sum(1 for _ in tree.iter("img")) if tree is not None else None
    rest = {"native_id": native_id, "url": url or feed.home or page.url, "images": images}
    feed.posts.append(fields | rest | {"tags": list(dict.fromkeys(fields["tags"]))})


def sitemap_urls(page: Page) -> list[tuple[str, datetime | None]]:
    """(address, last change) of a sitemap or sitemap index, newest first; empty where it is none."""
    if b"<urlset" not in page.body[:5000] and b"<sitemapindex" not in page.body[:5000]:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
    try:
        root = etree.fromstring(page.body[: limit("page_bytes")], parser)
    except etree.XMLSyntaxError:
        return []
    nodes = [] if root is None else root.iterfind("{*}*")
    found = ((join(page.url, node.findtext("{*}loc")), machine_date(node.findtext("{*}lastmod"))) for node in nodes)
    known = [(url, when) for url, when in found if url]
    return sorted(known, key=lambda pair: -(pair[1].timestamp() if pair[1] else 0))[:5000]
