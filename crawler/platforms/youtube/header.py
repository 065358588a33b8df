"""The head of a channel's page, in every layout that is on record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crawler.platforms.youtube.reading import SITE, dig, find, first, obj, objs, text_of, word
from crawler.tables import rules
from storage.addresses import unwrap


@dataclass
class Header:
    """What the head of a channel's page shows."""

    layout: str | None = None
    channel_id: str | None = None
    title: str | None = None
    handle: str | None = None
    pronouns: str | None = None
    followers: str | None = None
    videos: str | None = None
    avatar: Any = None
    links: list[tuple[str | None, str | None]] = field(default_factory=list)
    """(text, address), the first shown first."""
    more: str | None = None
    badges: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


def kind_of_text(text: str) -> str:
    """handle, videos, views or followers by its words, else count or other."""
    if text.startswith("@"):
        return "handle"
    lower = text.casefold()
    for name in ("followers", "videos", "views"):
        if any(word in lower for word in rules("youtube")["words"][name]):
            return name
    return "count" if any(c.isdigit() for c in text) else "other"


def read_header(data: dict[str, Any]) -> Header:
    """The header, whichever renderer draws it; an empty one where there is none that is known."""
    header = data.get("header")
    for layout, reader in _LAYOUTS.items():
        node = dig(header, layout)
        if isinstance(node, dict):
            head = reader(node)
            head.layout = layout
            return head
    gate = first(dig(data, "contents"), "channelAgeGateRenderer")
    if isinstance(gate, dict):
        head = Header("channelAgeGateRenderer", title=text_of(gate.get("channelTitle")), avatar=gate.get("avatar"))
        head.details = {"age_restricted": True}
        return head
    return Header(next(iter(header), None) if isinstance(header, dict) else None)


def _c4(node: dict[str, Any]) -> Header:
    head = Header(
        channel_id=word(node.get("channelId")) or None, title=text_of(node.get("title")), avatar=node.get("avatar")
    )
    handle = text_of(node.get("channelHandleText"))
    base = dig(node, "navigationEndpoint", "browseEndpoint", "canonicalBaseUrl")
    head.handle = handle or (base[1:] if isinstance(base, str) and base.startswith("/@") else None)
    head.followers = text_of(node.get("subscriberCountText"))
    head.videos = text_of(node.get("videosCountText"))
    head.badges = [word(style) for _, style in find(node.get("badges"), "style")]
    links = node.get("headerLinks")
    one = dig(links, "channelHeaderLinksViewModel")
    if isinstance(one, dict):
        head.links = [(text_of(one.get("firstLink")), address_of(one.get("firstLink")))]
        head.more = text_of(one.get("more"))
    for part in ("primaryLinks", "secondaryLinks"):
        for link in objs(dig(links, "channelHeaderLinksRenderer", part)):
            head.links.append((text_of(link.get("title")), address_of(link)))
    head.details = {"membership": True} if "sponsorButton" in node else {}
    return head


def _page_header(node: dict[str, Any]) -> Header:
    view = obj(dig(node, "content", "pageHeaderViewModel"))
    title = dig(view, "title", "dynamicTextViewModel", "text")
    head = Header(title=text_of(title) or text_of(node.get("pageTitle")), avatar=view.get("image"))
    counts: list[str] = []
    for row in objs(dig(view, "metadata", "contentMetadataViewModel", "metadataRows")):
        for part in objs(row.get("metadataParts")):
            text = (text_of(part.get("text")) or "").strip()
            kind = kind_of_text(text) if text else ""
            if kind == "handle":
                head.handle = text
            elif kind in ("followers", "videos"):
                setattr(head, kind, text)
            elif kind in ("count", "views"):
                counts.append(text)
            elif kind == "other" and head.handle and not head.pronouns and not (head.followers or counts):
                head.pronouns = text
    if counts and head.followers is None and (head.videos or len(counts) == 2):
        head.followers = counts.pop(0)
    if counts and head.videos is None and head.followers:
        head.videos = counts.pop(0)
    attribution = dig(view, "attribution", "attributionViewModel")
    if isinstance(attribution, dict):
        head.links = [((text_of(attribution.get("text")) or "").strip() or None, address_of(attribution.get("text")))]
        head.more = text_of(attribution.get("suffix"))
    marks = [word(name) for _, name in find(title, "imageName")]
    head.badges = ["BADGE_STYLE_TYPE_VERIFIED"] if any(mark.startswith("CHECK_CIRCLE") for mark in marks) else []
    head.badges += ["BADGE_STYLE_TYPE_VERIFIED_ARTIST"] if any("MUSIC" in m or "AUDIO" in m for m in marks) else []
    return head


def _carousel(node: dict[str, Any]) -> Header:
    topic = obj(first(node, "topicChannelDetailsRenderer"))
    channel = word(dig(topic, "navigationEndpoint", "browseEndpoint", "browseId")) or None
    return Header(
        channel_id=channel, title=text_of(topic.get("title")), avatar=topic.get("avatar"), details={"topic": True}
    )


def _interactive(node: dict[str, Any]) -> Header:
    return Header(title=text_of(node.get("title")), avatar=node.get("boxArt"), details={"topic": True})


_LAYOUTS = {
    "pageHeaderRenderer": _page_header,
    "c4TabbedHeaderRenderer": _c4,
    "carouselHeaderRenderer": _carousel,
    "interactiveTabbedHeaderRenderer": _interactive,
}


def address_of(node: Any) -> str | None:
    """Where a link of a header leads, seen through YouTube's redirector."""
    url = word(dig(first(node, "urlEndpoint"), "url")) or word(first(node, "url"))
    return unwrap(f"{SITE}{url}" if url.startswith("/redirect") else url) or None
