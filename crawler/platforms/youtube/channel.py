"""A channel's page or About panel as an account, in every layout of its header that is on record."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from crawler.ages import parse_day
from crawler.counts import parse_count
from crawler.platforms.youtube.reading import SITE, Reading, dig, find, first, obj, objs, picture, text_of, texts, word
from storage.addresses import identify, unwrap

_KEYWORD = re.compile(r'"([^"]+)"|(\S+)')
_ABOUT = ("aboutChannelViewModel", "channelAboutFullMetadataRenderer")
_TOPIC = re.compile(r" - Topic$")


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


@cache
def words() -> dict[str, tuple[str, ...]]:
    with Path(__file__).with_name("platform.toml").open("rb") as file:
        return {name: tuple(some) for name, some in tomllib.load(file)["words"].items()}


def kind_of_text(text: str) -> str:
    """handle, videos, views or followers by its words, else count or other."""
    if text.startswith("@"):
        return "handle"
    lower = text.casefold()
    for name in ("followers", "videos", "views"):
        if any(word in lower for word in words()[name]):
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
        details = {"age_restricted": True}
        return Header(
            "channelAgeGateRenderer",
            None,
            text_of(gate.get("channelTitle")),
            avatar=gate.get("avatar"),
            details=details,
        )
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
        head.links = [(text_of(one.get("firstLink")), _address(one.get("firstLink")))]
        head.more = text_of(one.get("more"))
    for part in ("primaryLinks", "secondaryLinks"):
        for link in objs(dig(links, "channelHeaderLinksRenderer", part)):
            head.links.append((text_of(link.get("title")), _address(link)))
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
        head.links = [((text_of(attribution.get("text")) or "").strip() or None, _address(attribution.get("text")))]
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


def _address(node: Any) -> str | None:
    """Where a link of a header leads, seen through YouTube's redirector."""
    url = word(dig(first(node, "urlEndpoint"), "url")) or word(first(node, "url"))
    return unwrap(f"{SITE}{url}" if url.startswith("/redirect") else url) or None


def read_channel(reading: Reading) -> None:
    """Fills ``reading.found`` with the account, its numbers and links; no account where the page shows none."""
    data, found = reading.data, reading.found
    head = read_header(data)
    meta = obj(dig(data, "metadata", "channelMetadataRenderer"))
    form = obj(dig(data, "microformat", "microformatDataRenderer"))
    vanity, kind = word(meta.get("vanityChannelUrl")), word(form.get("title"))
    named = identify(reading.page.url, "youtube")
    canonical = identify(word(form.get("urlCanonical")), "youtube")
    native = word(meta.get("externalId")) or head.channel_id or (canonical.value if canonical else None)
    native = native or (named.value if named and named.kind == "id" else "")
    title = word(meta.get("title")) or head.title or _TOPIC.sub("", kind) or None
    if not title and not native:
        read_about(reading)
        return
    owner = identify(vanity, "youtube")
    handle = head.handle or (unquote(vanity).rpartition("/")[2] if owner and owner.value[0] == "@" else None)
    topic = bool(head.details.get("topic") or _TOPIC.search(kind))
    account = reading.account(
        native,
        handle=handle.strip().removeprefix("@") if handle else None,
        name=title,
        bio=word(meta.get("description")) or word(form.get("description")) or None,
        avatar=picture(meta.get("avatar")) or picture(head.avatar),
    )
    found.account = account
    _aliases(
        reading,
        [
            f"{SITE}/{handle}" if handle else "",
            vanity,
            *texts(meta.get("ownerUrls")),
        ],
    )
    verified = any("VERIFIED" in badge for badge in head.badges)
    account.details = {
        "layout": head.layout,
        "keywords": [a or b for a, b in _KEYWORD.findall(word(meta.get("keywords")))],
        "verified": verified if head.layout in ("c4TabbedHeaderRenderer", "pageHeaderRenderer") else None,
        "artist": any("ARTIST" in badge for badge in head.badges) or None,
        "family_safe": meta.get("isFamilySafe", form.get("familySafe")),
        "pronouns": head.pronouns,
        "vanity_url": vanity,
        "is_creator": not topic,
        **head.details,
        **_first_link(reading, head),
    }
    account.details = {name: value for name, value in account.details.items() if value not in (None, [], "")}
    if topic:
        found.refused = "not_a_creator"
    elif head.details.get("age_restricted") and not native:
        found.refused = "age_restricted"
    elif form.get("noindex") or form.get("unlisted"):
        found.refused = "noindex"
    if not topic:
        reading.observe(native, "followers", reading.count("followers", head.followers))
        reading.observe(native, "posts", reading.count("posts", head.videos))
    for text, url in head.links:
        reading.link(native, url, "profile", text)
    reading.links_in(native, account.bio, "bio")
    read_about(reading)


def _first_link(reading: Reading, head: Header) -> dict[str, Any]:
    if not head.links:
        return {}
    text, url = head.links[0]
    more = parse_count(head.more, reading.language) if head.more else None
    if head.more and more is None:
        reading.found.unparsed.append("more_links")
    number = more.value if more else len(head.links) - 1
    return {"first_link": url, "first_link_text": text, "more_links": number}


def _aliases(reading: Reading, addresses: list[str | None]) -> None:
    """Other names of the account: canonical addresses of its handle and older names, but not its lasting one."""
    account = reading.found.account
    assert account is not None
    for address in [*addresses, reading.page.url]:
        named = identify(address or "", "youtube")
        if named and named.kind == "handle" and named.url not in account.aliases:
            account.aliases.append(named.url)


def read_about(reading: Reading) -> None:
    """Adds what the About panel says, in its old form or that of 2024 and later."""
    if not any(name.encode() in reading.page.body for name in _ABOUT):
        return
    about = first(reading.data, *_ABOUT)
    if not isinstance(about, dict):
        return
    native = word(about.get("channelId")) or (reading.found.account.native_id if reading.found.account else None)
    if not native:
        return
    account = reading.found.account or reading.account(native)
    reading.found.account = account
    account.place = text_of(about.get("country")) or account.place
    account.bio = account.bio or text_of(about.get("description"))
    account.name = account.name or text_of(about.get("title"))
    if joined := text_of(about.get("joinedDateText")):
        account.created_at = parse_day(joined, reading.language)
        if account.created_at is None:
            reading.found.unparsed.append("created_at")
    canonical = word(about.get("canonicalChannelUrl"))
    _aliases(reading, [canonical])
    if handle := text_of(about.get("displayCanonicalChannelUrl")):
        account.handle = account.handle or (handle.partition("@")[2] or None)
    if account.handle is None and "/@" in canonical:
        account.handle = unquote(canonical).partition("/@")[2]
    seen = {observation.metric for observation in reading.found.observations if not observation.post_id}
    for metric, key in (("followers", "subscriberCountText"), ("posts", "videoCountText"), ("views", "viewCountText")):
        if metric not in seen:
            reading.observe(native, metric, reading.count(metric, text_of(about.get(key))))
    for link in [*objs(about.get("links")), *objs(about.get("primaryLinks"))]:
        view = obj(link.get("channelExternalLinkViewModel")) or link
        address = _address(dig(view, "link")) or _address(view) or text_of(dig(view, "link"))
        if address and not address.startswith("http"):
            address = f"https://{address}"
        reading.link(native, address, "profile", text_of(dig(view, "title")))
