"""Answers of the YouTube Data API v3 as records; they may be kept for 30 days and then are fetched anew or deleted."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from crawler.platforms.youtube.reading import (
    API_EXTRACTOR,
    CHANNEL_ID,
    SITE,
    Reading,
    dig,
    exact,
    instant,
    obj,
    objs,
    picture,
    texts,
    word,
)
from crawler.social import whole
from storage.records import Account, Extract, Post

POLICY = "youtube_api"
KEEP = timedelta(days=30)
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

Item = dict[str, Any]


def is_api(data: Item) -> bool:
    return str(data.get("kind", "")).startswith("youtube#")


def read_api(reading: Reading) -> None:
    """Fills ``reading.found`` from an answer of channels, videos, playlistItems, search, activities or subscriptions.

    Answers about comments give nothing: who wrote them never leaves the answer.
    """
    reading.extractor = API_EXTRACTOR
    kind = str(reading.data["kind"]).removeprefix("youtube#").removesuffix("ListResponse").removesuffix("Result")
    items = reading.data.get("items") if "items" in reading.data else [reading.data]
    if kind.startswith("comment"):
        reading.found.refused = "comments"
        return
    reader = _READERS.get(kind)
    for item in objs(items) if reader else ():
        assert reader is not None
        reader(reading, item)


def _policy(reading: Reading) -> dict[str, Any]:
    return {"source_policy": POLICY, "refresh_by": (reading.page.fetched_at + KEEP).date().isoformat()}


def _channel(reading: Reading, item: Item) -> None:
    native, snippet = word(item.get("id")), obj(item.get("snippet"))
    if not CHANNEL_ID.fullmatch(native):
        return
    kept = reading.found
    if kept.account is not None:  # a batch: one extract for each
        reading.found = Extract()
        kept.more.append(reading.found)
    account = _account(reading, native, item, snippet)
    numbers = obj(item.get("statistics"))
    if not numbers.get("hiddenSubscriberCount"):
        reading.counted(native, "followers", exact(numbers.get("subscriberCount"), figures=3))
    reading.counted(native, "posts", exact(numbers.get("videoCount")))
    reading.counted(native, "views", exact(numbers.get("viewCount")))
    reading.links_in(native, account.bio, "bio")
    if dig(item, "status", "madeForKids"):
        reading.found.refused = "made_for_kids"
    reading.found = kept


def _account(reading: Reading, native: str, item: Item, snippet: Item) -> Account:
    custom = word(snippet.get("customUrl"))
    branding = obj(dig(item, "brandingSettings", "channel"))
    uploads = dig(item, "contentDetails", "relatedPlaylists", "uploads")
    categories = dig(item, "topicDetails", "topicCategories")
    topics = [word(topic).rpartition("/")[2] for topic in categories] if isinstance(categories, list) else []
    keywords = [a or b for a, b in re.findall(r'"([^"]+)"|(\S+)', word(branding.get("keywords")))]
    details = {"uploads": uploads, "topics": topics, "keywords": keywords, "is_creator": True, **_policy(reading)}
    return reading.channel(
        native,
        name=word(snippet.get("title")) or word(branding.get("title")) or None,
        handle=custom[1:] if custom.startswith("@") else None,
        aliases=[f"{SITE}/{custom.lower() if custom.startswith('@') else 'c/' + custom.lower()}"] if custom else [],
        bio=word(snippet.get("description")) or None,
        avatar=picture({"thumbnails": list(obj(snippet.get("thumbnails")).values())}),
        place=word(snippet.get("country")) or word(branding.get("country")) or None,
        declared_language=word(snippet.get("defaultLanguage")) or word(branding.get("defaultLanguage")) or None,
        created_at=instant(snippet.get("publishedAt")),
        details={name: value for name, value in details.items() if value not in (None, [], "")},
    )


def _video(reading: Reading, item: Item) -> None:
    snippet = obj(item.get("snippet"))
    if dig(item, "status", "privacyStatus") in ("private", "unlisted"):
        return
    post = _post(reading, item.get("id"), snippet.get("channelId"), snippet)
    if post is None:
        return
    post.published_at = instant(snippet.get("publishedAt"))
    post.tags = texts(snippet.get("tags"))
    post.text = word(snippet.get("description")) or None
    post.declared_language = snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage")
    facts = {
        "length_seconds": seconds(dig(item, "contentDetails", "duration")),
        "paid_promotion": dig(item, "paidProductPlacementDetails", "hasPaidProductPlacement"),
        "made_for_kids": dig(item, "status", "madeForKids"),
        "category": snippet.get("categoryId"),
    }
    post.details |= {name: value for name, value in facts.items() if value is not None}
    numbers = obj(item.get("statistics"))
    for metric, key in (("views", "viewCount"), ("likes", "likeCount"), ("comments", "commentCount")):
        reading.counted(post.account_id, metric, exact(numbers.get(key)), post.native_id)
    post.comments = whole(numbers.get("commentCount"))
    reading.links_in(post.account_id, post.text, "body", post.native_id)


def _listed(reading: Reading, item: Item) -> None:
    """A playlist's item: its own date is when it was listed, which only in a channel's uploads is when it came out."""
    snippet, content = obj(item.get("snippet")), obj(item.get("contentDetails"))
    video = content.get("videoId") or dig(snippet, "resourceId", "videoId")
    owner = snippet.get("videoOwnerChannelId") or snippet.get("channelId")
    post = _post(reading, video, owner, snippet)
    if post is not None:
        uploads = str(snippet.get("playlistId", "")).startswith("UU")
        listed = snippet.get("publishedAt") if uploads else None
        post.published_at = instant(content.get("videoPublishedAt") or listed)
        post.text = word(snippet.get("description")) or None


def _search(reading: Reading, item: Item) -> None:
    snippet = {name: html.unescape(v) if isinstance(v, str) else v for name, v in obj(item.get("snippet")).items()}
    post = _post(reading, dig(item, "id", "videoId"), snippet.get("channelId"), snippet)
    if post is not None:
        post.published_at = instant(snippet.get("publishedAt"))
        post.summary = word(snippet.get("description")) or None
    elif CHANNEL_ID.fullmatch(str(dig(item, "id", "channelId"))):
        _channel(reading, {"id": item["id"]["channelId"], "snippet": snippet})


def _activity(reading: Reading, item: Item) -> None:
    snippet = obj(item.get("snippet"))
    if snippet.get("type") == "upload":
        thumbnail = word(dig(snippet, "thumbnails", "default", "url"))
        video = dig(item, "contentDetails", "upload", "videoId") or thumbnail.partition("/vi/")[2].partition("/")[0]
        post = _post(reading, video, snippet.get("channelId"), snippet)
        if post is not None:
            post.published_at = instant(snippet.get("publishedAt"))
            post.summary = word(snippet.get("description")) or None


def _subscription(reading: Reading, item: Item) -> None:
    snippet = obj(item.get("snippet"))
    target = str(dig(snippet, "resourceId", "channelId"))
    if CHANNEL_ID.fullmatch(target) and snippet.get("channelId"):
        reading.lead(word(snippet["channelId"]), f"{SITE}/channel/{target}", "blogroll", snippet.get("title"))


_READERS: dict[str, Callable[[Reading, Item], None]] = {
    "channel": _channel,
    "video": _video,
    "playlistItem": _listed,
    "search": _search,
    "activity": _activity,
    "subscription": _subscription,
}


def _post(reading: Reading, video: Any, channel: Any, snippet: Item) -> Post | None:
    if not isinstance(video, str) or len(video) != 11 or not CHANNEL_ID.fullmatch(str(channel)):
        return None
    details = {"form": "live" if snippet.get("liveBroadcastContent") == "live" else "video", **_policy(reading)}
    return reading.video(
        channel,
        video,
        title=word(snippet.get("title")) or None,
        author=word(snippet.get("channelTitle")) or None,
        details=details,
    )


def seconds(duration: Any) -> int | None:
    """An ISO 8601 duration such as PT21M7S in seconds."""
    match = _DURATION.fullmatch(str(duration or ""))
    if match is None:
        return None
    weeks, days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + rest
