"""A YouTube response as records: a channel's page, a video's page, search results, an answer of the Data API."""

from __future__ import annotations

import re

from crawler.page import Page
from crawler.platforms.youtube.api import is_api, read_api
from crawler.platforms.youtube.channel import read_channel
from crawler.platforms.youtube.header import kind_of_text
from crawler.platforms.youtube.reading import (
    CHANNEL_ID,
    EXTRACTOR,
    Reading,
    dig,
    find,
    obj,
    objs,
    open_page,
    picture,
    text_of,
    word,
)
from crawler.platforms.youtube.videos import is_watch, read_videos, read_watch
from crawler.tables import rules
from storage.addresses import identify
from storage.records import Extract

__all__ = ["EXTRACTOR", "extract"]


def extract(page: Page) -> Extract:
    """Everything that one response tells: ``account`` with ``posts``, ``links`` and ``observations``.

    ``refused`` names why nothing may be kept: consent, not_a_creator, age_restricted, made_for_kids, noindex, comments.
    A channel that is gone is an account of status "gone" with ``details["reason"]``. Search results and batches of the
    API put one extract for each further account in ``more``.
    """
    reading = open_page(page)
    if reading is None and ("consent.youtube.com" in page.url or b"consent.youtube.com/save" in page.body):
        return Extract(refused="consent")
    if reading is None:
        return Extract(unparsed=["page"] if page.body.strip() and page.status == 200 else [])
    if is_api(reading.data):
        read_api(reading)
    elif is_watch(reading):
        read_watch(reading)
    elif not _is_gone(reading):
        read_channel(reading)
        read_videos(reading)
        if reading.found.account is None:
            _read_search(reading)
    return reading.found


def _is_gone(reading: Reading) -> bool:
    """A channel that YouTube says is not there; its page has an alert and no contents."""
    alerts = [text_of(dig(node, "text")) for _, node in find(reading.data.get("alerts"), "alertRenderer")]
    error = dig(reading.data, "error", "message")
    if "contents" in reading.data or not (alerts or error):
        return False
    text = next((alert for alert in alerts if alert), None)
    named = identify(reading.page.url, "youtube")
    native = word(dig(reading.data, "header", "c4TabbedHeaderRenderer", "channelId"))
    native = native or (named.value if named and named.kind == "id" else "")
    reasons = rules("youtube")["reasons"]
    reason = next((word for word, shape in reasons.items() if re.search(shape, text or "", re.I)), None)
    details = {"reason": reason, "reason_text": text, "layout": next(iter(obj(reading.data.get("header"))), None)}
    reading.channel(native, status="gone", details={k: v for k, v in details.items() if v})
    reading.found.refused = None if native else "no_id"
    return True


def _read_search(reading: Reading) -> None:
    """Channels that were found: the fields of a result moved over the years, so that their texts tell what is what."""
    for node in objs([value for _, value in find(reading.data, "channelRenderer")]):
        native = word(node.get("channelId"))
        if not CHANNEL_ID.fullmatch(native):
            continue
        kept, reading.found = reading.found, Extract()
        texts = [text_of(node.get(key)) for key in ("subscriberCountText", "videoCountText")]
        shown = {kind_of_text(text): text for text in texts if text}
        base = word(dig(node, "navigationEndpoint", "browseEndpoint", "canonicalBaseUrl"))
        handle = shown.get("handle") or (base[1:] if base.startswith("/@") else None)
        named = identify(f"https://www.youtube.com{base}", "youtube")
        badges = [word(value) for _, value in find(node.get("ownerBadges"), "style")]
        reading.channel(
            native,
            name=text_of(node.get("title")),
            handle=handle.removeprefix("@") if handle else None,
            aliases=[named.url] if named and named.kind == "handle" else [],
            avatar=picture(node.get("thumbnail")),
            details={
                "verified": any("VERIFIED" in badge for badge in badges),
                "snippet": text_of(node.get("descriptionSnippet")),
            },
        )
        reading.counted(native, "followers", reading.count("followers", shown.get("followers")))
        reading.counted(native, "posts", reading.count("posts", shown.get("videos")))
        kept.more.append(reading.found)
        reading.found = kept
