"""RSS 0.9x/1.0/2.0 and Atom through feedparser: guarded against bombs first, then read entry by entry."""

from __future__ import annotations

import io
import re
from calendar import timegm
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import feedparser
from feedparser.encodings import convert_to_utf8

from crawler.page import Page, html_tree, surely_utf8
from crawler.platforms.blog.dates import credible, human_date, machine_date
from crawler.platforms.blog.links import Outbound, body_links
from crawler.platforms.blog.people import person_name
from crawler.platforms.blog.text import plain, squeeze, strip_tags
from crawler.platforms.blog.urls import home_key, join, limit, post_key, table
from crawler.social import whole

LONG = 1500
"""Characters: a description longer than this is a whole post; a summary is kept up to it."""
MAX_DEPTH = 2000
"""Open elements; feedparser's CPU grows with the square of the nesting."""
_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)[\s>/]", re.IGNORECASE)
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?!%)(\S+)\s+(?:\"(?:&#\w+;|[^&\"]{0,200})\"|'(?:&#\w+;|[^&']{0,200})')?", re.IGNORECASE
)
_ELLIPSIS = re.compile(
    r"(?:\[?(?:…|\.\.\.)\]?|(?:{})[^.!?]{{0,60}}[→»…]?|»|→)\s*$".format("|".join(table("words")["read_more"])),
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\s*\b(?:{})\s.{{1,300}}?\s(?:{})\s.{{1,200}}$".format(
        *("|".join(table("words")[w]) for w in ("credit_begin", "credit_middle"))
    ),
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
    total: int | None = None
    """The number of all posts, where the server tells it."""
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
    packed = b" ".join(data.split())
    data = packed if len(packed) * 2 < len(data) else data  # endless blanks stall feedparser's patterns
    headers = {name: page.headers[name] for name in ("content-type", "content-language") if name in page.headers}
    if surely_utf8(data):
        data = re.sub(rb"""(^\s*<\?xml[^>]{0,100}?)\s+encoding\s*=\s*["'][^"']*["']""", rb"\1", data, count=1)
        headers["content-type"] = "application/xml; charset=utf-8"
    data = convert_to_utf8(headers, data, {})
    for found in _ENTITY.finditer(data[:200_000] if b"<!DOCTYPE" in data[:200_000].upper() else b""):
        if not found[0].rstrip().endswith((b'"', b"'")):
            unparsed.append("feed: refused, its DOCTYPE declares entities that expand or fetch")
            return None
    if data.count(b"<") > 2 * data.count(b">") + 1000:
        unparsed.append("feed: refused, most of its tags never end")
        return None
    if _depth(data) > MAX_DEPTH:
        unparsed.append(f"feed: refused, elements nested deeper than {MAX_DEPTH}")
        return None
    return bytes(data)


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
    """The newest entries of an RSS or Atom feed; never raises, oddities are named in ``unparsed``."""
    feed = Feed()
    data = guarded(page, feed.unparsed)
    if data is None:
        return feed
    headers = {"content-location": page.url, "content-type": "application/xml; charset=utf-8"}
    headers |= {k: v for k, v in page.headers.items() if k == "content-language"}
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
    feed.total = whole(channel.get("opensearch_totalresults"))
    entries = [pair for entry in parsed.get("entries", []) if (pair := _entry(entry, channel, feed, page))]
    if parsed.get("version", "").startswith("atom"):  # RFC 4287 4.2.1: an entry without an author has the feed's
        for fields, _ in entries:
            fields["author"] = fields["author"] or feed.account["owner"]
    entries.sort(key=lambda pair: -(pair[0]["published_at"].timestamp() if pair[0]["published_at"] else 0))
    once = {fields["native_id"]: (fields, links) for fields, links in reversed(entries)}
    for fields, links in list(reversed(once.values()))[: limit("feed_entries")]:
        feed.posts.append(fields)
        feed.links += [(fields["native_id"], link) for link in links]
    return feed


def _home(channel: Any, base: str) -> str | None:
    links = [ln for ln in channel.get("links", []) if ln.get("rel", "alternate") == "alternate" and ln.get("href")]
    pages = [ln["href"] for ln in links if "html" in ln.get("type", "text/html")]
    return join(base, next(iter(pages), None) or channel.get("link"))


def _account(channel: Any, feed: Feed, base: str) -> dict[str, Any]:
    author, image = channel.get("author_detail", {}), channel.get("image", {})
    feed.owner_urls += [u for u in [join(base, author.get("href"))] if u]
    generator = (channel.get("generator"), channel.get("generator_detail", {}).get("version"))
    details = {
        "generator": squeeze(" ".join(filter(None, generator))),
        "keywords": [t for tag in channel.get("tags", []) if (t := squeeze(tag.get("label") or tag.get("term")))],
    }
    return {
        "name": strip_tags(channel.get("title")),
        "bio": strip_tags(channel.get("subtitle") or channel.get("description")),
        "owner": person_name(strip_tags(_signature(channel))),
        "avatar": join(base, channel.get("icon") or channel.get("logo") or image.get("href") or image.get("url")),
        "declared_language": _tag(channel.get("language")),
        "details": {name: value for name, value in details.items() if value},
    }


def _tag(text: Any) -> str | None:
    """A language tag as BCP 47 writes it, or None."""
    found = re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", text.strip()) if isinstance(text, str) else None
    return found[0].replace("_", "-") if found else None


def _entry(entry: Any, channel: Any, feed: Feed, page: Page) -> tuple[dict[str, Any], list[Outbound]] | None:
    """(fields of a Post, links in its text), or None where the entry is empty."""
    guid = squeeze(entry.get("id"))
    url = join(feed.home or page.url, entry.get("feedburner_origlink") or entry.get("link"))
    url = url or (join(page.url, guid) if guid and guid.startswith("http") else None)
    title = strip_tags(entry.get("title"))
    markup, full = _content(entry)
    if not (url or guid or title or markup):
        return None
    tree = html_tree(markup) if markup else None
    text = _CREDIT.sub("", plain(tree) or "").strip() or None if tree is not None else None
    full = full and bool(text) and not (len(text or "") < LONG and _ELLIPSIS.search(text or ""))
    summary = strip_tags(entry.get("summary")) if full and entry.get("content") else text
    fields = {
        "native_id": post_key(url)
        if url
        else f"{home_key(feed.home or page.url)}#{guid or title or (text or '')[:80]}",
        "url": url or feed.home or page.url,
        "title": title,
        "author": _author(entry),
        "published_at": _date(entry, ("published", "created", "updated"), feed, page),
        "updated_at": _date(entry, ("updated",), feed, page) if "published" in entry else None,
        "declared_language": _language(entry) or _tag(channel.get("language")),
        "text": text if full else None,
        "summary": _CREDIT.sub("", summary)[:LONG] if summary and not (full and summary == text) else None,
        "tags": list(dict.fromkeys(t for tag in entry.get("tags", []) if (t := strip_tags(tag.label or tag.term)))),
        "images": sum(1 for _ in tree.iter("img")) if full and tree is not None else None,
        "comments": whole(entry.get("slash_comments") or entry.get("thr_total")),
        "details": {"guid": guid} if guid and guid != url else {},
    }
    return fields, body_links(tree, url or page.url) if tree is not None else []


def _signature(thing: Any) -> str | None:
    """A feed's or entry's author as written; feedparser cuts "mail (Name)" in the wrong place in a long domain."""
    written: str | None = thing.get("author")
    name: str | None = thing.get("author_detail", {}).get("name")
    return written if written and "@" in written else name or written


def _author(entry: Any) -> str | None:
    only = _signature(entry)
    if only and "@" in only:
        return person_name(strip_tags(only))
    names = [n for a in entry.get("authors", []) if (n := person_name(strip_tags(a.get("name"))))]
    return ", ".join(dict.fromkeys(names)) or person_name(strip_tags(only))


def _language(entry: Any) -> str | None:
    content = (entry.get("content") or [{}])[0].get("language")
    return _tag(content or entry.get("title_detail", {}).get("language") or entry.get("language"))


def _content(entry: Any) -> tuple[str | None, bool]:
    """(markup, is it the whole post): content, else a description, whole only where it is long as a post is."""
    bodies = [c.get("value") or "" for c in entry.get("content", []) if re.search("html|text", c.get("type") or "html")]
    best, summary = max(bodies, key=len, default=""), entry.get("summary") or ""
    if best and len(best) >= len(summary) * 0.8:
        return best, True
    blocks, words = re.findall(r"</?p\b|<br", summary), re.sub(r"<[^<>]*>", "", summary)
    return summary or best or None, len(blocks) >= 4 or len(words) > LONG


def _date(entry: Any, names: tuple[str, ...], feed: Feed, page: Page) -> datetime | None:
    """The first of the entry's dates that is one; keeps its zone."""
    for name in (name for name in names if name in entry):  # asked for, an absent "updated" warns
        parsed = entry.get(f"{name}_parsed")
        when = dated(entry.get(name), feed, page, datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None)
        if when:
            return when
    return None


def dated(value: Any, feed: Feed, page: Page, parsed: datetime | None = None) -> datetime | None:
    """A date as a feed writes it (``parsed``: as the library read it); None, and named, where it is not credible."""
    text = str(value or "").strip()
    if re.search(r"(?:^|\s)0001\b", text):  # Go's zero time: Hugo writes it for a page without a date
        return None
    when = machine_date(text) or parsed or human_date(text, None) if text else None
    if when and credible(when, page.fetched_at):
        return when
    if text:
        feed.unparsed.append(f"published_at: {'not credible' if when else 'not a date'}: {text[:60]}")
    return None
