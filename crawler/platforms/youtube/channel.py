"""A channel's page or About panel as an account, in every layout of its header that is on record."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from crawler.ages import parse_day
from crawler.counts import parse_count
from crawler.platforms.youtube.header import Header, address_of, read_header
from crawler.platforms.youtube.reading import SITE, Reading, dig, first, obj, objs, picture, text_of, texts, word
from storage.addresses import identify

_KEYWORD = re.compile(r'"([^"]+)"|(\S+)')
_ABOUT = ("aboutChannelViewModel", "channelAboutFullMetadataRenderer")
_TOPIC = re.compile(r" - Topic$")


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
    account = reading.channel(
        native,
        handle=handle.strip().removeprefix("@") if handle else None,
        name=title,
        bio=word(meta.get("description")) or word(form.get("description")) or None,
        avatar=picture(meta.get("avatar")) or picture(head.avatar),
    )
    _aliases(reading, [f"{SITE}/{handle}" if handle else "", vanity, *texts(meta.get("ownerUrls"))])
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
        reading.counted(native, "followers", reading.count("followers", head.followers))
        reading.counted(native, "posts", reading.count("posts", head.videos))
    for text, url in head.links:
        reading.lead(native, url, "profile", text)
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
    account = reading.found.account or reading.channel(native)
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
            reading.counted(native, metric, reading.count(metric, text_of(about.get(key))))
    for link in [*objs(about.get("links")), *objs(about.get("primaryLinks"))]:
        view = obj(link.get("channelExternalLinkViewModel")) or link
        address = address_of(dig(view, "link")) or address_of(view) or text_of(dig(view, "link"))
        if address and not address.startswith("http"):
            address = f"https://{address}"
        reading.lead(native, address, "profile", text_of(dig(view, "title")))
