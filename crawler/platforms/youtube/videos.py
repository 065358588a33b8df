"""Videos as posts: those that a channel's page lists, with the channels it features; and a video's own page."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from crawler.platforms.youtube.header import kind_of_text
from crawler.platforms.youtube.reading import (
    CHANNEL_ID,
    SITE,
    Reading,
    dig,
    exact,
    find,
    first,
    instant,
    obj,
    objs,
    picture,
    text_of,
    texts,
    word,
)
from crawler.tables import limit

_VIDEOS = (
    "videoRenderer",
    "gridVideoRenderer",
    "reelItemRenderer",
    "shortsLockupViewModel",
    "lockupViewModel",
    "channelVideoPlayerRenderer",
)
_CHANNELS = ("gridChannelRenderer", "miniChannelRenderer")
_LENGTH = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})")


def read_videos(reading: Reading) -> None:
    """Adds what the selected tab lists: own videos as posts, other channels as links of the kind "blogroll"."""
    account = reading.found.account
    if account is None or reading.found.refused:
        return
    tabs = dig(reading.data, "contents", "twoColumnBrowseResultsRenderer", "tabs")
    tabs = tabs or dig(reading.data, "contents", "singleColumnBrowseResultsRenderer", "tabs")
    kinds = ("tabRenderer", "expandableTabRenderer")
    open_tabs = [tab for tab in objs(tabs) if any(dig(tab, kind, "selected") for kind in kinds)]
    seen: set[str] = set()
    for name, node in find(open_tabs, *_VIDEOS, *_CHANNELS):
        if not isinstance(node, dict):
            continue
        if name in _CHANNELS:
            channel = word(node.get("channelId"))
            if CHANNEL_ID.fullmatch(channel) and channel != account.native_id:
                reading.lead(account.native_id, f"{SITE}/channel/{channel}", "blogroll", text_of(node.get("title")))
        elif len(reading.found.posts) < limit("youtube", "videos_per_visit"):
            shown = _parts(name, node)
            if shown.video and shown.video not in seen:
                seen.add(shown.video)
                _video(reading, node, shown, account.native_id)


class Shown(NamedTuple):
    """What a listed video shows, as text."""

    video: str | None
    title: str | None = None
    views: str | None = None
    age: str | None = None
    length: str | None = None
    short: bool = False


def _video(reading: Reading, node: dict[str, Any], shown: Shown, account: str) -> None:
    """Adds a listed video, unless it is another channel's or not out yet."""
    marks = [node.get(key) for key in ("badges", "thumbnailOverlays", "contentImage", "metadata")]
    styles = {value for _, value in find(marks, "style", "badgeStyle") if isinstance(value, str)}
    if "upcomingEventData" in node or any("UPCOMING" in s for s in styles) or _is_someone_elses(node, account):
        return
    video = str(shown.video)
    live = any("LIVE" in style for style in styles) or (shown.views or "").casefold().endswith(("watching", "waiting"))
    published, details = (None, {}) if live else reading.published(shown.age)
    short = shown.short or any("SHORTS" in style for style in styles)
    details |= {"form": "live" if live else "short" if short else "video"}
    if shown.length and (match := _LENGTH.fullmatch(shown.length.strip())):
        details["length_seconds"] = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
    if any("MEMBERS_ONLY" in style for style in styles):
        details["members_only"] = True
    if _is_paid(marks):
        details["paid_promotion"] = True
    if not live:
        reading.counted(account, "views", reading.count("views", shown.views), video)
    summary = text_of(node.get("descriptionSnippet")) or text_of(node.get("description"))
    reading.links_in(account, summary, "body", video)
    facts = {"title": shown.title, "published_at": published, "summary": summary, "details": details}
    reading.video(account, video, **facts)


def _is_paid(marks: list[Any]) -> bool:
    """Is it marked as paid promotion? Pages seldom say so in lists; the video's own page and the API do."""
    if first(marks, "paidContentOverlayRenderer", "paidPromotionBadgeViewModel") is not None:
        return True
    texts = [text_of(label) or "" for _, label in find(marks, "label", "text")]
    return any("paid promotion" in text.casefold() for text in texts)


def _parts(name: str, node: dict[str, Any]) -> Shown:
    if name == "lockupViewModel":
        return _lockup(node)
    if name == "shortsLockupViewModel":
        over = node.get("overlayMetadata")
        video = word(dig(node, "onTap", "innertubeCommand", "reelWatchEndpoint", "videoId"))
        return Shown(video, text_of(dig(over, "primaryText")), text_of(dig(over, "secondaryText")), short=True)
    length = text_of(node.get("lengthText"))
    if length is None:
        length = text_of(dig(first(node, "thumbnailOverlayTimeStatusRenderer"), "text"))
    title, views = text_of(node.get("title")) or text_of(node.get("headline")), text_of(node.get("viewCountText"))
    age = text_of(node.get("publishedTimeText"))
    return Shown(word(node.get("videoId")), title, views, age, length, name == "reelItemRenderer")


def _lockup(node: dict[str, Any]) -> Shown:
    if node.get("contentType") not in ("LOCKUP_CONTENT_TYPE_VIDEO", "LOCKUP_CONTENT_TYPE_SHORT", None):
        return Shown(None)
    meta = dig(node, "metadata", "lockupMetadataViewModel")
    texts = [text_of(part.get("text")) or "" for _, parts in find(meta, "metadataParts") for part in objs(parts)]
    kinds = [kind_of_text(text) for text in texts]
    views = next((t for t, kind in zip(texts, kinds, strict=True) if kind == "views" or t.endswith("watching")), None)
    age = next((t for t, kind in zip(texts, kinds, strict=True) if kind == "count" and t != views), None)
    badges = [text_of(dig(badge, "text")) or "" for _, badge in find(node, "thumbnailBadgeViewModel")]
    length = next((badge for badge in badges if _LENGTH.fullmatch(badge)), None)
    return Shown(word(node.get("contentId")), text_of(dig(meta, "title")), views, age, length)


def _is_someone_elses(node: dict[str, Any], account: str) -> bool:
    bylines = [node.get(key) for key in ("ownerText", "shortBylineText", "longBylineText")]
    bylines.append(dig(node, "metadata", "lockupMetadataViewModel", "metadata"))
    owners = {value for _, value in find(bylines, "browseId") if isinstance(value, str) and CHANNEL_ID.fullmatch(value)}
    return bool(owners) and account not in owners


def is_watch(reading: Reading) -> bool:
    return dig(reading.data, "contents", "twoColumnWatchNextResults") is not None


def read_watch(reading: Reading) -> None:
    """Fills ``reading.found`` with the video and the part of its channel that is shown beside it."""
    results = dig(reading.data, "contents", "twoColumnWatchNextResults", "results")
    owner = obj(first(results, "videoOwnerRenderer"))
    details = obj(dig(reading.player, "videoDetails"))
    form = obj(dig(reading.player, "microformat", "playerMicroformatRenderer"))
    channel = dig(owner, "navigationEndpoint", "browseEndpoint", "browseId") or details.get("channelId")
    video = word(details.get("videoId")) or word(dig(reading.data, "currentVideoEndpoint", "watchEndpoint", "videoId"))
    if not isinstance(channel, str) or not CHANNEL_ID.fullmatch(channel):
        return
    base = word(dig(owner, "navigationEndpoint", "browseEndpoint", "canonicalBaseUrl"))
    reading.channel(
        channel,
        name=text_of(owner.get("title")) or word(details.get("author")) or None,
        handle=base[2:] if base.startswith("/@") else None,
        avatar=picture(owner.get("thumbnail")),
    )
    reading.counted(channel, "followers", reading.count("followers", text_of(owner.get("subscriberCountText"))))
    if not video or form.get("isUnlisted") or details.get("isPrivate"):
        return
    primary = obj(first(results, "videoPrimaryInfoRenderer"))
    text = word(details.get("shortDescription")) or text_of(first(results, "attributedDescription"))
    facts: dict[str, Any] = {"form": "short" if form.get("isShortsEligible") else "video"}
    if word(details.get("lengthSeconds")).isdecimal():
        facts["length_seconds"] = int(details["lengthSeconds"])
    if reading.player:
        facts["paid_promotion"] = first(reading.player, "paidContentOverlayRenderer") is not None
    if form.get("category"):
        facts["category"] = form["category"]
    reading.video(
        channel,
        video,
        title=word(details.get("title")) or text_of(primary.get("title")),
        text=text,
        tags=texts(details.get("keywords")),
        published_at=instant(form.get("publishDate")),
        details=facts,
    )
    views = details.get("viewCount") or form.get("viewCount")
    shown = text_of(dig(primary, "viewCount", "videoViewCountRenderer", "viewCount"))
    reading.counted(channel, "views", exact(views) or reading.count("views", shown), video)
    reading.counted(channel, "likes", exact(form.get("likeCount")), video)
    reading.links_in(channel, text, "body", video)
