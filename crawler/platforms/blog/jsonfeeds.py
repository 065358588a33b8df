"""Posts in JSON: JSON Feed 1.0/1.1 and WordPress's REST posts; and the addresses in a sitemap."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lxml import etree

from crawler.page import Page
from crawler.platforms.blog import markup
from crawler.platforms.blog.dates import credible, machine_date
from crawler.platforms.blog.feeds import Feed
from crawler.platforms.blog.links import body_links
from crawler.platforms.blog.text import fragment, plain, strip_tags
from crawler.platforms.blog.urls import join, limit


def read_json(page: Page) -> Feed | None:
    """A JSON Feed or a list of WordPress posts; None where the JSON is neither."""
    try:
        data = json.loads(page.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    if (
        isinstance(data, dict)
        and isinstance(data.get("items"), list)
        and ("jsonfeed.org" in str(data.get("version", "")) or "title" in data)
    ):
        return _json_feed(data, page)
    if (
        isinstance(data, list)
        and data
        and all(isinstance(d, dict) and isinstance(d.get("title"), dict) and "link" in d for d in data)
    ):
        return _wordpress(data, page)
    return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _people(node: dict[str, Any]) -> list[dict[str, Any]]:
    people = node.get("authors") if isinstance(node.get("authors"), list) else [node.get("author")]
    return [p for p in people or [] if isinstance(p, dict)]


def _json_feed(data: dict[str, Any], page: Page) -> Feed:
    """https://www.jsonfeed.org/version/1.1/"""
    feed = Feed(home=join(page.url, _text(data.get("home_page_url"))))
    people = _people(data)
    feed.owner_urls = [u for p in people if (u := join(page.url, _text(p.get("url"))))]
    avatar = next((a for p in people if (a := _text(p.get("avatar")))), None) or _text(data.get("icon"))
    feed.account = {
        "name": strip_tags(data.get("title")),
        "bio": strip_tags(data.get("description")),
        "owner": next((n for p in people if (n := markup.person_name(strip_tags(p.get("name"))))), None),
        "avatar": join(page.url, avatar),
        "declared_language": _text(data.get("language")) or None,
        "details": {},
    }
    for item in data["items"][: limit("feed_entries")]:
        if isinstance(item, dict):
            names = [n for p in _people(item) or people if (n := markup.person_name(strip_tags(p.get("name"))))]
            body, words = _text(item.get("content_html")), _text(item.get("content_text"))
            _add(feed, page, {
                "url": join(feed.home or page.url, _text(item.get("url")) or str(item.get("id") or "")), "guid": str(item.get("id") or ""),
                "title": strip_tags(item.get("title")), "author": ", ".join(names) or None, "published": item.get("date_published"), "updated": item.get("date_modified"),
                "markup": body, "plain": words, "summary": strip_tags(item.get("summary")), "tags": [t for t in item.get("tags") or [] if isinstance(t, str)],
                "language": _text(item.get("language")) or feed.account["declared_language"],
            })  # fmt: skip
    return feed


def _wordpress(data: list[dict[str, Any]], page: Page) -> Feed:
    """https://developer.wordpress.org/rest-api/reference/posts/"""
    feed = Feed(
        home=join(page.url, page.url.split("/wp-json/")[0].split("?rest_route")[0] + "/"), account={"details": {}}
    )
    for item in data[: limit("feed_entries")]:
        inner = item.get("_embedded") if isinstance(item.get("_embedded"), dict) else {}
        names = [
            n
            for a in (inner or {}).get("author", [])
            if isinstance(a, dict) and (n := markup.person_name(strip_tags(a.get("name"))))
        ]
        terms = [
            t.get("name")
            for group in (inner or {}).get("wp:term", [])
            if isinstance(group, list)
            for t in group
            if isinstance(t, dict)
        ]
        rendered = {
            name: _text((item.get(name) or {}).get("rendered"))
            for name in ("title", "content", "excerpt")
            if isinstance(item.get(name), dict)
        }
        _add(feed, page, {
            "url": join(page.url, _text(item.get("link"))), "guid": "", "title": strip_tags(rendered.get("title")), "author": ", ".join(names) or None,
            "published": item.get("date") or item.get("date_gmt"), "updated": item.get("modified"), "markup": rendered.get("content", ""), "plain": "",
            "summary": strip_tags(rendered.get("excerpt")), "tags": [t for term in terms if (t := strip_tags(term))], "language": None,
        })  # fmt: skip
    return feed


def _add(feed: Feed, page: Page, item: dict[str, Any]) -> None:
    """One post more, unless its address is there already."""
    native_id = item["url"] or (f"{page.url}#{item['guid']}" if item["guid"] else None)
    if not native_id or any(post["native_id"] == native_id for post in feed.posts):
        return
    tree = fragment(item["markup"]) if item["markup"] else None
    feed.posts.append({
        "native_id": native_id, "url": item["url"] or feed.home or page.url, "title": item["title"], "author": item["author"],
        "published_at": _date(item["published"], feed, page), "updated_at": _date(item["updated"], feed, page), "declared_language": item["language"],
        "text": (plain(tree) if tree is not None else None) or item["plain"].strip() or None, "summary": item["summary"], "tags": list(dict.fromkeys(item["tags"])),
        "images": sum(1 for _ in tree.iter("img")) if tree is not None else None, "comments": None, "details": {},
    })  # fmt: skip
    feed.links += [
        (native_id, link) for link in (body_links(tree, item["url"] or page.url) if tree is not None else [])
    ]


def _date(value: Any, feed: Feed, page: Page) -> datetime | None:
    if not value:
        return None
    when = machine_date(str(value))
    if when and credible(when, page.fetched_at):
        return when
    feed.unparsed.append(f"published_at: {'not credible' if when else 'not a date'}: {str(value)[:60]}")
    return None


def sitemap_urls(page: Page) -> list[tuple[str, datetime | None]]:
    """(address, last change) of a sitemap or sitemap index, newest first; empty where it is none."""
    if b"<urlset" not in page.body[:5000] and b"<sitemapindex" not in page.body[:5000]:
        return []
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(page.body[: limit("page_bytes")], parser)
    except etree.XMLSyntaxError:
        return []
    found = []
    for node in [] if root is None else root.iterfind("{*}*"):
        url = join(page.url, (node.findtext("{*}loc") or "").strip())
        if url:
            found.append((url, machine_date(node.findtext("{*}lastmod"))))
    return sorted(found, key=lambda pair: -(pair[1].timestamp() if pair[1] else 0))[:5000]
