"""A video's page: the video as a post with its numbers, and what it shows of its channel."""

from __future__ import annotations

from typing import Any

from crawler.platforms.youtube.reading import (
    CHANNEL_ID,
    Reading,
    dig,
    exact,
    first,
    instant,
    obj,
    picture,
    text_of,
    texts,
    word,
)


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
    if word(details.get("lengthSeconds")).isdigit():
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
