"""The outbound links of a page, each with its kind: body, sponsored, me, same_as, profile, hub, bio, blogroll."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from crawler.platforms.blog import markup, structured
from crawler.platforms.blog.reading import Reading
from crawler.platforms.blog.text import text_of, walk
from crawler.platforms.blog.urls import host_of, join, limit, link_kind, page_kind, same_host, same_site, word_set

_XFN = frozenset(("friend", "acquaintance", "contact", "met", "co-worker", "colleague", "muse", "crush", "neighbor"))
_ELSEWHERE = re.compile(
    r"related|recommend|trending|popular|feed-?item|tweet|instagram-media|jp-carousel|share|sharing"
)
_COMMENTS = re.compile(r"\b(?:commentlist|comment-list|comments-area)\b")
_FEED_TYPE = re.compile(r"rss|atom|feed\+json|rdf|^(?:text|application)/xml|application/json$")
_COMMENT_FEED = re.compile(
    r"/comments?/|comment|kommentar|commentaire|coment|commenti|reacties|コメント|评论|댓글|комментар|yorum",
    re.IGNORECASE,
)
_PART_FEED = re.compile(r"/(?:tag|category|author|categor[a-z]+|label|topics?)/|/-/", re.IGNORECASE)


class Outbound(NamedTuple):
    """One link, before it belongs to an account."""

    url: str
    kind: str
    text: str | None


def body_links(body: Any, base: str) -> list[Outbound]:
    """External links in a post's text, in order, each address once; rel=sponsored marks those that are paid for."""
    found: dict[str, Outbound] = {}
    anchors = (pair for pair in walk(body) if pair[1].tag == "a")
    for event, a in islice(anchors, limit("links_looked_at")):
        if event != "start" or a.tag != "a" or not (url := join(base, a.get("href"))):
            continue
        if not same_site(url, base) and not markup.pattern("share").search(url) and not markup.aside(a, body):
            kind = "sponsored" if "sponsored" in (a.get("rel") or "").lower().split() else "body"
            found.setdefault(url, Outbound(url, kind, text_of(a)))
    return list(found.values())[: limit("links_per_post")]


def owner_links(reading: Reading, kind: str) -> list[Outbound]:
    """What a page's frame says of its owner: rel=me, sameAs, profiles, hubs, bio text; and whom the blogroll names.

    ``kind``: post, home, about, contact, blogroll; the text of an about page is bio, that of a post is left out.
    """
    kept: dict[tuple[str, str], Outbound] = {}
    for link in (*_declared(reading), *_anchors(reading, kind)):
        kept.setdefault((link.url, link.kind), link)
    return list(kept.values())[: limit("links_per_page")]


def _declared(reading: Reading) -> Iterator[Outbound]:
    for e in reading.tree.xpath("//a[@rel and @href]|//link[@rel and @href]|//area[@rel and @href]"):
        url = join(reading.base, e.get("href")) if "me" in e.get("rel").lower().split() else None
        if url and not markup.aside_comment(e) and not same_host(url, reading.page.url):
            yield Outbound(url, "me", text_of(e))
    for node in reading.nodes:
        if structured.kinds(node) & (structured.PEOPLE | structured.SITES | structured.BODIES):
            urls = (join(reading.base, u) for u in structured.many(node.get("sameAs"))[:50] if isinstance(u, str))
            yield from (Outbound(url, "same_as", structured.first(node.get("name"))) for url in urls if url)


def _anchors(reading: Reading, kind: str) -> Iterator[Outbound]:
    whole = reading.body.tag in ("body", "html")
    inside = set() if whole else set(reading.body.iter("a"))
    for a in islice(reading.tree.iter("a"), limit("links_looked_at")):
        url = join(reading.base, a.get("href"))
        if url and not same_site(url, reading.base) and not _is_maker(url) and not markup.pattern("share").search(url):
            found = _kind(a, url, kind, a in inside or (whole and kind != "home"))
            if found:
                yield Outbound(url, found, text_of(a) or a.get("title") or a.get("aria-label"))


def _kind(a: Any, url: str, page: str, inside: bool) -> str | None:
    """The kind of a link by where it stands, or None where it says nothing of the owner."""
    names = " ".join(markup.names_of(e) for e in (a, *a.iterancestors()) if e.tag not in ("body", "html"))
    rel = set((a.get("rel") or "").lower().split())
    if "me" in rel or markup.aside_comment(a) or _COMMENTS.search(names):
        return None
    leads = link_kind(url)
    if rel & _XFN or markup.pattern("blogroll").search(names) or (page == "blogroll" and inside and not leads):
        return "blogroll"
    if inside:
        return (leads if leads == "hub" else "bio") if page in ("about", "contact") else None
    if leads and not _ELSEWHERE.search(names.lower()):
        return leads
    return "bio" if markup.pattern("bio").search(names) and "comment" not in names else None


def _is_maker(url: str) -> bool:
    """An address of the software's or theme's makers, not of the blog's owner."""
    last = urlsplit(url).path.lower().rstrip("/").rpartition("/")[2].lstrip("@")
    return last in word_set("makers") or host_of(url) in word_set("maker_hosts")


def feeds_of(reading: Reading) -> list[str]:
    """The feeds that the page announces, the blog's own before those of comments, tags and single posts."""
    found = []
    for e in reading.tree.xpath("//link[@href]|//a[@href][contains(@type, 'rss') or contains(@type, 'atom')]"):
        rel, kind = (e.get("rel") or "").lower().split(), (e.get("type") or "").lower()
        typed = _FEED_TYPE.search(kind) and ("alternate" in rel or "feed" in rel or e.tag == "a")
        if typed or ("feed" in rel and not kind):
            url = join(reading.base, e.get("href"))
            if url and "oembed" not in url and "wp-json" not in url:
                found.append((_rank(url, e.get("title") or "", reading.page.url), url))
    return list(dict.fromkeys(url for _, url in sorted(found, key=lambda pair: pair[0])))


def _rank(url: str, title: str, page: str) -> int:
    """0 for the blog's own feed, more for feeds of comments, of a tag, of the very post."""
    of_post = page_kind(page) is None and url.startswith(page.split("?", maxsplit=1)[0].rstrip("/") + "/")
    comments, part = _COMMENT_FEED.search(f"{url} {title}"), _PART_FEED.search(url)
    return 4 * bool(comments) + 2 * bool(part) + of_post
