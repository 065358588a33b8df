"""Anybody's profile page as records: what h-card, JSON-LD, OpenGraph, rel=me and its visible links say of its owner."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from crawler.page import Page
from crawler.platforms.profile.closed import read_closed
from crawler.platforms.profile.urls import page_key
from crawler.platforms.profile.voices import (
    Voice,
    bare_name,
    first_of,
    h_card,
    json_ld,
    metas,
    next_data,
    robots,
)
from crawler.social import Shelf, line, opted_out
from crawler.tables import rules
from pipelines.identity.names import HUBS, SITES
from storage.addresses import Address, identify, on_platform, unwrap
from storage.records import Extract

__all__ = ["EXTRACTOR", "extract"]

EXTRACTOR = "profile/1"


def extract(page: Page) -> Extract:
    """The account that a page is about, of kind page or hub (profile where it is a network's), with its links.

    ``refused``: noindex, opted_out, not_a_profile (a page that tells of nobody).
    """
    if not page.body.strip() or len(page.body) > rules("profile")["limits"]["page_bytes"] or b"<" not in page.body:
        return Extract(unparsed=["page"] if page.body.strip() and page.status == 200 else [])
    shelf = Shelf(page, "web", EXTRACTOR)
    said, meta = json_ld(page.tree, shelf.found.unparsed), metas(page.tree)
    named = _named(page, said, meta)
    if named and named.platform not in SITES and named.platform not in HUBS:
        shelf.platform = named.platform
        read_closed(shelf, named, said, meta)
    else:
        _read_page(shelf, named, said, meta)
    account = shelf.found.account
    if "noindex" in robots(page) or "none" in robots(page):
        shelf.found.refused = "noindex"
    elif account and opted_out(account.name, account.bio):
        shelf.found.refused = "opted_out"
    return shelf.found


def _named(page: Page, said: Voice | None, meta: dict[str, str]) -> Address | None:
    """Whose account the page is, by the first of its own addresses that names one."""
    canonical = [str(u) for u in page.tree.xpath("//link[@rel='canonical']/@href")[:1]]
    told = [page.url, *canonical, meta.get("og:url"), said.url if said else None, meta.get("al:ios:url")]
    return next((found for url in told if url and (found := identify(url))), None)


def _read_page(shelf: Shelf, named: Address | None, said: Voice | None, meta: dict[str, str]) -> None:
    page = shelf.page
    links = _visible(page, named.platform if named and named.platform in HUBS else None)
    card = h_card(page)
    known = named if named and named.platform in HUBS else None
    hub = known is not None or (card is None and _is_hub(page, links))
    profile = meta.get("og:type", "").lower() == "profile"
    if not (hub or said or card or profile or page.tree.xpath("//*[self::a or self::link][contains(@rel, 'me')]")):
        shelf.found.refused = "not_a_profile"
    native = known.key.partition(":")[2] if known else page_key(page.url)
    shelf.platform = known.platform if known else "hub" if hub else "web"
    title = re.split(r"\s+[|–—·•-]\s+", meta.get("og:title") or line(page.tree.findtext(".//title")) or "")[0]
    heading = next((text for h in page.tree.xpath("//h1")[:1] if (text := line(h.text_content()))), None)
    own, kept = next_data(page.tree) if hub else (None, [])
    links += [(unwrap(url), text) for url, text in kept if unwrap(url) not in dict(links)]
    voices = [voice for voice in (card, said, own) if voice]
    shelf.account(
        native,
        known.url if known else page.url,
        kind="hub" if hub else "page",
        handle=known.value if known else None,
        name=first_of(voices, "name") or (heading if hub else None) or bare_name(line(title)) or heading,
        bio=first_of(voices, "bio") or line(meta.get("og:description")) or line(meta.get("description")),
        owner=first_of([voice for voice in voices if voice.of_person], "name"),
        avatar=first_of(voices, "avatar") or (meta.get("og:image") if hub or profile else None),
        place=first_of(voices, "place"),
        declared_language=line(page.tree.get("lang")),
    )
    shelf.observe_all(native, said.counts if said else {})
    for url in page.tree.xpath("//*[self::a or self::link][contains(concat(' ', @rel, ' '), ' me ')]/@href")[:50]:
        _add(shelf, native, str(url), "me")
    for voice, kind in ((said, "same_as"), (card, "profile")):
        for url in voice.urls if voice else ():
            _add(shelf, native, url, kind)
    for url, text in links:
        if hub:
            _add(shelf, native, url, "hub", text)
        elif identify(url):
            _add(shelf, native, url, "profile", text)


def _add(shelf: Shelf, native: str, href: str, kind: str, text: str | None = None) -> None:
    """A link to elsewhere; one that an earlier, stronger voice named is not told twice."""
    try:
        url = unwrap(urljoin(shelf.page.url, href.strip()))
    except ValueError:
        return
    known = {link.url for link in shelf.found.links}
    if url.startswith(("http://", "https://")) and url not in known and page_key(url) != page_key(shelf.page.url):
        shelf.link(native, url, kind, text)


def _site(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _visible(page: Page, hub: str | None) -> list[tuple[str, str | None]]:
    """Links to other sites as a reader sees them, the own accounts of the hub that it is on left out."""
    home = _site(page.url)
    maker = {hub, home.split(".")[-2], *(home.replace(".", dot) for dot in ("", "dot"))} if hub and home else set()
    found: dict[str, str | None] = {}
    for a in page.tree.xpath("//a[@href]")[: rules("profile")["limits"]["anchors"]]:
        try:
            url = unwrap(urljoin(page.url, (a.get("href") or "").strip()))
        except ValueError:
            continue
        site = _site(url)
        if not url.startswith(("http://", "https://")) or site == home or site.endswith(f".{home}"):
            continue
        who = identify(url)
        if who and re.sub(r"[\W_]|(?:app|hq|official|page)$", "", who.value) in maker:
            continue
        label = line(a.text_content()) or line(a.get("aria-label")) or line(a.get("title"))
        found.setdefault(url, label)
    return list(found.items())


def _is_hub(page: Page, links: list[tuple[str, str | None]]) -> bool:
    """A page that is hardly more than its links to other sites, accounts among them."""
    least, anchors = rules("profile")["limits"], page.tree.xpath("//body//a[@href]")
    links = [
        (url, text) for url, text in links if identify(url) or not on_platform(url)
    ]  # sharing is no link of one's own
    if len(links) < least["hub_links"] or len(links) < least["hub_share"] * len(anchors):
        return False
    inside = sum(len(a.text_content().split()) for a in anchors)
    texts = page.tree.xpath("//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]")
    words = sum(len(str(text).split()) for text in texts) - inside
    accounts = sum(identify(url) is not None for url, _ in links)
    return bool(words <= least["hub_words"] * len(links) and accounts >= 2)
