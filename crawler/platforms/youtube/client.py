"""What the Data API is asked about channels, 50 at a time, and what that may cost a day; the caller does the asking."""

from __future__ import annotations

import fcntl
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from crawler.page import Page
from crawler.platforms.youtube.extract import extract
from crawler.social import batched, dig
from storage.addresses import Address
from storage.records import Extract

HOST = "https://www.googleapis.com/youtube/v3"
CHANNEL_PARTS = "snippet,statistics,contentDetails,brandingSettings,topicDetails,status"
VIDEO_PARTS = "snippet,contentDetails,statistics,status,paidProductPlacementDetails"
BATCH = 50

Ask = Callable[[str], Awaitable[Page]]


class ApiRefusedError(Exception):
    """The API will answer nothing more: the key is wrong, or its quota is spent; the message says the way out."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def check(page: Page) -> Page:
    """The page, unless it is an error that every further request would meet too; then ApiRefusedError."""
    if page.status < 400:
        return page
    try:
        error = json.loads(page.body).get("error") or {}
    except (ValueError, AttributeError):
        error = {}
    reason = str(dig(error, "errors", 0, "reason") or error.get("status") or page.status)
    if "quota" in reason.lower() or "ratelimit" in reason.lower() or reason == "RESOURCE_EXHAUSTED":
        raise ApiRefusedError("quota", "the API says that the key's quota is spent; run the crawl again tomorrow")
    if page.status in (400, 401, 403) and dig(error, "errors", 0, "domain") != "youtube.playlistItem":
        message = str(error.get("message") or reason)[:200]
        raise ApiRefusedError(
            "key", f"the YouTube Data API refuses the key ({message}); check GRAPEVINE_YOUTUBE_API_KEY"
        )
    return page


def query(resource: str, **parameters: str | int) -> str:
    """The address of a request; the key never stands in it, for addresses are logged and archived."""
    return f"{HOST}/{resource}?{urlencode(parameters)}"


async def channels(
    ask: Ask, addresses: Sequence[Address], look_up: Callable[[str], Awaitable[str | None]]
) -> AsyncIterator[tuple[Address, Extract | None]]:
    """Each channel with its newest videos, or None where the API knows no such channel.

    Costs, in units: 1 for 50 channels known by id or 1 for each known by handle, then 1 for each channel's list of
    uploads and 1 for 50 videos. Custom addresses (/c/name) are unknown to the API: ``look_up`` gives the id that
    their page names.
    """
    by_id = [address for address in addresses if address.kind == "id"]
    for batch in batched(by_id, BATCH):
        ids = ",".join(address.value for address in batch)
        answer = extract(check(await ask(query("channels", part=CHANNEL_PARTS, maxResults=BATCH, id=ids))))
        known = {one.account.native_id: one for one in [answer, *answer.more] if one.account}
        await _add_videos(ask, list(known.values()))
        for address in batch:
            yield address, known.get(address.value)
    for address in addresses:
        if address.kind == "id":
            continue
        wanted = _by_name(address)
        if not wanted and (native := await look_up(address.url)):
            wanted = {"maxResults": str(BATCH), "id": native}
        one = extract(check(await ask(query("channels", part=CHANNEL_PARTS, **wanted)))) if wanted else Extract()
        if one.account:
            await _add_videos(ask, [one])
        yield address, one if one.account else None


def _by_name(address: Address) -> dict[str, str]:
    if address.value.startswith("@"):
        return {"forHandle": address.value}
    return {"forUsername": address.value} if address.key.startswith("youtube:user/") else {}


async def _add_videos(ask: Ask, found: list[Extract]) -> None:
    """Adds the newest uploads of each channel, with their numbers, to its extract."""
    owners: dict[str, Extract] = {}
    for one in found:
        uploads = one.account.details.get("uploads") if one.account and not one.refused else None
        if uploads:
            page = check(
                await ask(query("playlistItems", part="contentDetails,snippet", maxResults=BATCH, playlistId=uploads))
            )
            for post in extract(page).posts:
                owners[post.native_id] = one
    for batch in batched(list(owners), BATCH):
        ids = ",".join(batch)
        answer = extract(check(await ask(query("videos", part=VIDEO_PARTS, maxResults=BATCH, id=ids))))
        for post in answer.posts:
            owners[post.native_id].posts.append(post)
        for number in answer.observations:
            if number.post_id in owners:
                owners[number.post_id].observations.append(number)
        for link in answer.links:
            if link.post_id in owners:
                owners[link.post_id].links.append(link)


PACIFIC = ZoneInfo("America/Los_Angeles")
"""The quota's day ends at midnight in California (https://developers.google.com/youtube/v3/getting-started#quota)."""


class QuotaSpentError(Exception):
    """Nothing more may be asked today; the message says since when and until when."""


class Quota:
    """``units`` a day, counted in ``path``."""

    def __init__(self, path: Path, units: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path, self.units, self.clock = path, units, clock
        path.parent.mkdir(parents=True, exist_ok=True)

    def take(self, units: int = 1) -> int:
        """Counts units before they are asked for; gives how many are left. Raises QuotaSpentError."""
        return self._change(lambda used: used + units)

    def exhaust(self) -> None:
        """The API itself says that the quota is spent (another program may use the same key)."""
        self._change(lambda used: self.units)

    def _change(self, change: Callable[[int], int]) -> int:
        day = self.clock().astimezone(PACIFIC).date().isoformat()
        with self.path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            try:
                known = json.loads(file.read() or "{}")
            except ValueError:
                known = {}
            used = int(known.get("used", 0)) if known.get("day") == day else 0
            wanted = change(used)
            if wanted > self.units:
                raise QuotaSpentError(
                    f"the YouTube Data API's quota of {self.units} units for {day} is spent ({used} used); "
                    f"it starts anew at midnight in California, run the crawl again then ({self.path} counts)"
                )
            file.seek(0)
            file.truncate()
            json.dump({"day": day, "used": wanted}, file)
        return self.units - wanted
