"""The outbound links of a post or page, each with its kind: body, me, same_as, profile, hub, bio, blogroll."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from crawler.platforms.blog import markup, structured
from crawler.platforms.blog.posts import Reading
from crawler.platforms.blog.text import text_of, walk
from crawler.platforms.blog.urls import host_of, is_hub, is_profile, is_share, join, limit, page_kind, same_site, words

_ROLL = re.compile(
    r"blogroll|blog-roll|bloglist|blog-list|linkcat|widget_links|wp-block-blogroll|friend-?links|friends?-list|BlogList",
    re.IGNORECASE,
)
_BIO = re.compile(
    r"author-?_?(?:bio|box|info|description|card)|about-?(?:the-)?(?:author|me)|\bbio\b|profile-(?:data|textblock|datablock)|h-card|vcard",
    re.IGNORECASE,
)
_XFN = frozenset("friend acquaintance contact met co-worker colleague muse crush neighbor".split())


class Outbound(NamedTuple):
    """One link, before it belongs to an account."""

    url: str
    kind: str
    text: str | None


def body_links(body: Any, base: str) -> list[Outbound]:
    """External links in a post's text, in order, each address once."""
    found: dict[str, Outbound] = {}
    for event, a in walk(body):
        if event != "start" or a.tag != "a" or not (url := join(base, a.get("href"))):
            continue
        if not same_site(url, base) and not is_share(url) and not markup.aside(a, body):
            found.setdefault(url, Outbound(url, "body", text_of(a)))
    return list(found.values())[: limit("links_per_post")]


def owner_links(reading: Reading, kind: str, body: Any) -> list[Outbound]:
    """What a page's frame says of its owner: rel=me, sameAs, h-card addresses, profiles, hubs, bio text, blogroll.

    ``kind``: post, home, about, contact, blogroll; the text of an about page is bio, that of a post is left out.
    """
    base = reading.page.url
    found = [*_declared(reading, base), *_anchors(reading, kind, body, base)]
    kept: dict[tuple[str, str], Outbound] = {}
    for link in found:
        kept.setdefault((link.url, link.kind), link)
    return list(kept.values())[: limit("links_per_page")]


def _declared(reading: Reading, base: str) -> Iterator[Outbound]:
    for e in reading.tree.xpath("//a[@rel and @href]|//link[@rel and @href]|//area[@rel and @href]"):
        if "me" in e.get("rel").lower().split() and (url := join(base, e.get("href"))):
            yield Outbound(url, "me", text_of(e))
    for node in reading.nodes:
        if structured.kinds(node) & (structured.PEOPLE | structured.SITES | structured.BODIES):
            for url in filter(
                None, (join(base, u) for u in structured.many(node.get("sameAs"))[:50] if isinstance(u, str))
            ):
                yield Outbound(url, "same_as", structured.first(node.get("name")))


def _anchors(reading: Reading, kind: str, body: Any, base: str) -> Iterator[Outbound]:
    told_text = kind in ("about", "contact")
    inside = set(body.iter("a")) if body.tag not in ("body", "html") else set()
    for a in reading.tree.iter("a"):
        url = join(base, a.get("href"))
        if not url or same_site(url, base) or is_share(url) or _stranger(url):
            continue
        classes = " ".join(
            f"{e.get('class', '')} {e.get('id', '')}" for e in [a, *a.iterancestors()] if e.tag not in ("body", "html")
        )
        rel = set((a.get("rel") or "").lower().split())
        if (
            markup.aside_comment(a)
            or re.search(r"\b(?:commentlist|comment-list|comments-area)\b", classes)
            or "me" in rel
        ):
            continue
        if rel & _XFN or _ROLL.search(classes) or (kind == "blogroll" and a in inside and not is_profile(url)):
            yield Outbound(url, "blogroll", text_of(a))
        elif is_hub(url) and (a not in inside or told_text):
            yield Outbound(url, "hub", text_of(a))
        elif told_text and a in inside:
            yield Outbound(url, "bio", text_of(a))
        elif (
            a not in inside
            and is_profile(url)
            and not re.search(
                r"related|recommend|trending|popular|feed-?item|tweet|instagram-media|jp-carousel", classes
            )
        ):
            yield Outbound(url, "profile", text_of(a) or a.get("title") or a.get("aria-label"))
        elif a not in inside and _BIO.search(classes) and kind != "blogroll" and not re.search(r"comment", classes):
            yield Outbound(url, "bio", text_of(a))


def _stranger(url: str) -> bool:
    """An address of the software's or theme's makers, not of the blog's owner."""
    low = url.lower().rstrip("/").split("?")[0]
    return low.rsplit("/", 1)[-1].lstrip("@") in words()["makers"] or host_of(url) in words()["maker_hosts"]


def feeds_of(reading: Reading) -> list[str]:
    """The feeds that the page announces, the blog's own before those of comments, tags and single posts."""
    found = []
    for e in reading.tree.xpath("//link[@href]|//a[@href][contains(@type, 'rss') or contains(@type, 'atom')]"):
        rel, kind = (e.get("rel") or "").lower().split(), (e.get("type") or "").lower()
        if ("alternate" in rel or "feed" in rel or e.tag == "a") and re.search(
            r"rss|atom|feed\+json|rdf|^(?:text|application)/xml|application/json$",
            kind or ("rss" if "feed" in rel else ""),
        ):
            url = join(base_of(reading), e.get("href"))
            if url and "oembed" not in url and "wp-json" not in url:
                found.append((_rank(url, e.get("title") or "", reading.page.url), url))
    return list(dict.fromkeys(url for _, url in sorted(found, key=lambda pair: pair[0])))


def _rank(url: str, title: str, page: str) -> int:
    """0 for the blog's own feed, more for feeds of comments, of a tag, of the very post."""
    low = f"{url} {title}".lower()
    comments = bool(
        re.search(
            r"/comments?/|comment|kommentar|commentaire|coment|commenti|reacties|コメント|评论|댓글|комментар|yorum",
            low,
        )
    )
    part = bool(re.search(r"/(?:tag|category|author|categor[a-z]+|label|topics?)/|/-/", url.lower()))
    path = page.split("?")[0].rstrip("/")
    of_post = page_kind(page) is None and url.startswith(path + "/")
    return 4 * comments + 2 * part + of_post


def base_of(reading: Reading) -> str:
    """The address against which the page's links are read (its base element, else its own)."""
    href = next((e.get("href") for e in reading.tree.iter("base") if e.get("href")), None)
    return join(reading.page.url, href) or reading.page.url


def unique(links: Iterable[Outbound]) -> list[Outbound]:
    """Each (address, kind) once, in order."""
    return list({(link.url, link.kind): link for link in links}.values())
