"""RSS 0.9x/1.0/2.0 and Atom through feedparser: guarded against bombs first, then read entry by entry."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import feedparser
from feedparser.encodings import convert_to_utf8

from crawler.page import Page
from crawler.platforms.blog import markup
from crawler.platforms.blog.dates import credible, human_date, machine_date
from crawler.platforms.blog.links import Outbound, body_links
from crawler.platforms.blog.text import fragment, plain, squeeze, strip_tags
from crawler.platforms.blog.urls import host_of, join, limit

MAX_DEPTH = 2000
"""Open elements; feedparser's CPU grows with the square of the nesting."""
_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)[\s>/]", re.IGNORECASE)
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?!%)(\S+)\s+(?:\"(?:&#\w+;|[^&\"]{0,200})\"|'(?:&#\w+;|[^&']{0,200})')?", re.IGNORECASE
)
_ELLIPSIS = re.compile(
    r"(?:\[?(?:…|\.\.\.|&hellip;)\]?|(?:read|continue|lire|weiter|mehr|leer|leggi|читать|続き|阅读|더 ?보기)[^.!?]{0,60}[→»…]?|»|→)\s*$",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\s*(?:The post|Der Beitrag|L’article|L'article|La entrada|El artículo|O post|L'articolo|Het bericht|Wpis|Artykuł|Запись|Inlägget|Artikkelen|Artikel)\s.{1,300}?\s(?:appeared first on|erschien zuerst auf|est apparu en premier sur|se publicó primero en|apareció primero en|apareceu primeiro em|proviene da|sembra essere il primo su|verscheen eerst op|pojawił się poczatkowo|pojawił się|впервые появилась|dök först upp på|dukket først opp på|pertama kali tampil pada)\s.{1,200}$",
    re.DOTALL,
)


@dataclass(slots=True)
class Feed:
    """A feed as plain values: facts of its account, its posts (fields of storage.records.Post) and their links."""

    account: dict[str, Any] = field(default_factory=dict)
    home: str | None = None
    """The address that the feed calls its site."""
    posts: list[dict[str, Any]] = field(default_factory=list)
    links: list[tuple[str, Outbound]] = field(default_factory=list)
    """(post's native_id, link)"""
    owner_urls: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)


def looks_like_xml_feed(body: bytes) -> bool:
    """Does a feed's root element stand near the beginning, and no HTML before it?"""
    head = body[:4096].replace(b"\x00", b"").lower()
    found = _ROOT.search(head)
    page = re.search(rb"<html[\s>]|<!doctype html", head)
    return bool(found and not (page and page.start() < found.start()))


def guarded(page: Page, unparsed: list[str]) -> bytes | None:
    """The feed's bytes as UTF-8 within all limits (cut after its last whole entry), or None where it is hostile."""
    data = page.body.lstrip()
    if len(data) > limit("feed_bytes"):
        data = data[: limit("feed_bytes")]
        ends = [data.rfind(tag) + len(tag) for tag in (b"</item>", b"</entry>") if tag in data]
        data = data[: max(ends)] if ends else data
        unparsed.append(f"feed: longer than {limit('feed_bytes')} bytes, cut after its last whole entry")
    headers = {name: page.headers[name] for name in ("content-type", "content-language") if name in page.headers}
    data = convert_to_utf8(headers, data, {})
    for found in _ENTITY.finditer(data[:200_000] if b"<!DOCTYPE" in data[:200_000].upper() else b""):
        if not found[0].rstrip().endswith((b'"', b"'")):
            unparsed.append("feed: refused, its DOCTYPE declares entities that expand or fetch")
            return None
    if _depth(data) > MAX_DEPTH:
        unparsed.append(f"feed: refused, elements nested deeper than {MAX_DEPTH}")
        return None
    return data


def _depth(data: bytes) -> int:
    """The deepest nesting of elements, CDATA and comments left out; linear in the size."""
    depth = deepest = 0
    for piece in data.split(b"<![CDATA["):
        markup_ = piece.rpartition(b"]]>")[2]
        for tag in re.finditer(rb"<(/?)[A-Za-z][^<>]*?(/?)>", markup_):
            depth += -1 if tag[1] else 0 if tag[2] else 1
            deepest = max(deepest, depth)
    return deepest


def read_feed(page: Page) -> Feed:
    """The newest entries of an RSS or Atom feed. Never raises on what a feed may hold; oddities are named in ``unparsed``."""
    feed = Feed()
    data = guarded(page, feed.unparsed)
    if data is None:
        return feed
    headers = {"content-location": page.url, "content-type": "application/xml; charset=utf-8"}
    if "content-language" in page.headers:
        headers["content-language"] = page.headers["content-language"]
    try:  # a stream: bytes that happen to be a file's name must not be opened
        parsed = feedparser.parse(
            io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # feedparser on some broken input; the visit goes on
        feed.unparsed.append(f"feed: {type(error).__name__} while reading it")
        return feed
    channel = parsed.get("feed", {})
    feed.home = _home(channel, page.url)
    feed.account = _account(channel, feed, page.url)
    seen: set[str] = set()
    entries = [
        (fields, links)
        for entry in parsed.get("entries", [])
        for fields, links in [_entry(entry, channel, feed, page)]
        if fields
    ]
    entries.sort(key=lambda pair: -(pair[0]["published_at"].timestamp() if pair[0]["published_at"] else 0))
    for fields, links in entries:
        if fields["native_id"] in seen or len(feed.posts) >= limit("feed_entries"):
            continue
        seen.add(fields["native_id"])
        feed.posts.append(fields)
        feed.links += [(fields["native_id"], link) for link in links]
    return feed


def _home(channel: Any, base: str) -> str | None:
    links = [
        ln
        for ln in channel.get("links", [])
        if ln.get("rel", "alternate") == "alternate" and "html" in ln.get("type", "text/html")
    ]
    return join(base, next((ln.get("href") for ln in links if ln.get("href")), None) or channel.get("link"))


def _account(channel: Any, feed: Feed, base: str) -> dict[str, Any]:
    author = channel.get("author_detail", {})
    image = channel.get("image", {})
    avatar = join(base, channel.get("icon") or channel.get("logo") or image.get("href") or image.get("url"))
    feed.owner_urls += [u for u in [join(base, author.get("href"))] if u]
    details = {
        "generator": squeeze(
            " ".join(filter(None, (channel.get("generator"), channel.get("generator_detail", {}).get("version"))))
        ),
        "keywords": [t for tag in channel.get("tags", []) if (t := squeeze(tag.get("label") or tag.get("term")))],
    }
    return {
        "name": strip_tags(channel.get("title")),
        "bio": strip_tags(channel.get("subtitle") or channel.get("description")),
        "owner": markup.person_name(strip_tags(author.get("name") or channel.get("author"))),
        "avatar": avatar,
        "declared_language": _tag(channel.get("language")),
        "details": {name: value for name, value in details.items() if value},
    }


def _tag(text: Any) -> str | None:
    found = re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", text.strip()) if isinstance(text, str) else None
    return found[0].replace("_", "-") if found else None


def _entry(entry: Any, channel: Any, feed: Feed, page: Page) -> tuple[dict[str, Any] | None, list[Outbound]]:
    link = join(feed.home or page.url, entry.get("feedburner_origlink") or entry.get("link"))
    guid = squeeze(entry.get("id"))
    url = link or (join(page.url, guid) if guid and guid.startswith("http") else None)
    title = strip_tags(entry.get("title"))
    content, full = _content(entry)
    if not (url or guid or title or content):
        return None, []
    tree = fragment(content) if content else None
    text = plain(tree) if tree is not None else None
    text = _CREDIT.sub("", text).strip() or None if text else None
    full = full and bool(text) and not (len(text or "") < 1500 and _ELLIPSIS.search(text or ""))
    summary = strip_tags(entry.get("summary")) if full and entry.get("content") else text
    author = entry.get("author_detail", {}).get("name") or entry.get("author")
    authors = [n for a in entry.get("authors", []) if (n := markup.person_name(strip_tags(a.get("name"))))]
    tags = [t for tag in entry.get("tags", []) if (t := strip_tags(tag.get("label") or tag.get("term")))]
    count = entry.get("slash_comments") or entry.get("thr_total")
    declared = (
        (entry.get("content") or [{}])[0].get("language")
        or entry.get("title_detail", {}).get("language")
        or entry.get("language")
    )
    fields = {
        "native_id": url or f"{page.url}#{guid or title or (text or '')[:80]}",
        "url": url or feed.home or page.url,
        "title": title,
        "author": ", ".join(dict.fromkeys(authors)) or markup.person_name(strip_tags(author)),
        "published_at": _date(entry, ("published", "created", "updated", "dc_date"), feed, page),
        "updated_at": _date(entry, ("updated",), feed, page) if entry.get("published") and "updated" in entry else None,
        "declared_language": _tag(declared) or _tag(channel.get("language")),
        "text": text if full else None,
        "summary": _CREDIT.sub("", summary)[:2000] if summary and summary != text or not full and summary else None,
        "tags": list(dict.fromkeys(tags)),
        "images": sum(1 for _ in tree.iter("img")) if full and tree is not None else None,
        "comments": int(count) if str(count).isdecimal() and len(str(count)) < 8 else None,
        "details": {"guid": guid} if guid and guid != url else {},
    }
    return fields, body_links(tree, url or page.url) if tree is not None else []


def _content(entry: Any) -> tuple[str | None, bool]:
    """(markup, is it the whole post): content:encoded or Atom content; a description only where it is long as a post is."""
    bodies = [
        c.get("value") or ""
        for c in entry.get("content", [])
        if "html" in (c.get("type") or "html") or "text" in (c.get("type") or "")
    ]
    best = max(bodies, key=len, default="")
    summary = entry.get("summary") or ""
    if best and len(best) >= len(summary) * 0.8:
        return best, True
    long = len(re.findall(r"</?p\b|<br", summary)) >= 4 or len(re.sub(r"<[^<>]*>", "", summary)) > 1500
    return summary or best or None, long


def _date(entry: Any, names: tuple[str, ...], feed: Feed, page: Page) -> datetime | None:
    """The first of the entry's dates that is one; keeps its zone."""
    for name in names:
        text = entry.get(name) if name in entry else None  # asked for, an absent "updated" warns
        if not isinstance(text, str) or not text.strip():
            continue
        parsed = entry.get(f"{name}_parsed")
        when = machine_date(text) or (datetime(*parsed[:6], tzinfo=UTC) if parsed else human_date(text, None))
        if when and credible(when, page.fetched_at):
            return when
        feed.unparsed.append(f"published_at: {'not credible' if when else 'not a date'}: {text[:60]}")
    return None


def is_proxy(url: str) -> bool:
    """Feeds served for a blog by somebody else's host."""
    return host_of(url) in (
        "feeds.feedburner.com",
        "feeds2.feedburner.com",
        "feeds.feedblitz.com",
        "feedpress.me",
        "rss.app",
        "openrss.org",
    )
