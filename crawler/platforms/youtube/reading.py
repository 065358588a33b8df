"""The data inside YouTube's responses: where it lies, and how its texts, links and counts are read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.ages import parse_age
from crawler.counts import Count, parse_count
from crawler.page import Page
from crawler.social import Shelf, addresses, dig
from storage.addresses import unwrap
from storage.records import Account, Post

EXTRACTOR = "youtube/1"
API_EXTRACTOR = "youtube_api/1"
"""Records of the Data API, which must be refreshed or deleted after 30 days, are known by their extractor."""
__all__ = ["dig"]

SITE = "https://www.youtube.com"
VIEWS_CHANGED = datetime(2026, 8, 27, tzinfo=UTC)
"""From this day public views count from the first frame, in all formats: another metric than before."""
CHANNEL_ID = re.compile(r"UC[\w-]{22}")

_ASSIGNED = re.compile(rb"(?:[\"']\])?\s*=\s*(?=[{'])")
_LANGUAGE = re.compile(rb"<html[^>]*?\slang=[\"']?([A-Za-z0-9-]+)", re.I)
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")


@dataclass
class Reading(Shelf):
    """A response opened: its JSON, the player's JSON of a watch page, and the language of its interface."""

    platform: str = "youtube"
    extractor: str = EXTRACTOR
    data: dict[str, Any] = field(default_factory=dict)
    player: dict[str, Any] = field(default_factory=dict)
    language: str | None = None

    def count(self, name: str, text: str | None) -> Count | None:
        """A shown count; what is there and cannot be read is named ``unparsed``."""
        if not text:
            return None
        if re.match(r"\s*No (?:views|videos|subscribers)\b", text):
            return Count(0, 0, 0, text)
        count = parse_count(text, self.language, rounded="down")
        if count is None:
            self.found.unparsed.append(name)
        return count

    def counted(self, account: str, metric: str, count: Count | None, post: str | None = None) -> None:
        """Adds an observation, where there is a count."""
        if count is not None:
            changed = metric == "views" and self.page.fetched_at >= VIEWS_CHANGED
            shown = {"low": count.low, "high": count.high, "text": count.text, "definition": "2" if changed else "1"}
            self.observe(account, metric, count.value, post, **shown)

    def lead(self, account: str, url: str | None, kind: str, text: str | None = None, post: str | None = None) -> None:
        """Adds a link out, where it is one."""
        target = unwrap(word(url))
        if target.startswith(("http://", "https://")):
            self.link(account, target, kind, text, post)

    def links_in(self, account: str, text: str | None, kind: str, post: str | None = None) -> None:
        """Adds the addresses that stand in a text."""
        for url in addresses(text):
            self.lead(account, url, kind, None, post)

    def published(self, text: str | None) -> tuple[datetime | None, dict[str, Any]]:
        """A shown age as a time where it is known within two days, else as the days between which it lies."""
        if not text:
            return None, {}
        age = parse_age(text, self.language, self.page.fetched_at)
        if age is None:
            self.found.unparsed.append("published_at")
            return None, {}
        details = {"published_between": [age.earliest.date().isoformat(), age.latest.date().isoformat()]}
        span = age.latest - age.earliest
        return (age.earliest + span / 2 if span.days < 2 else None), details

    def channel(self, native_id: str, **facts: Any) -> Account:
        return self.account(native_id, f"{SITE}/channel/{native_id}", kind="channel", **facts)

    def video(self, account: str, video: str, **facts: Any) -> Post:
        return self.post(account, video, f"{SITE}/watch?v={video}", **facts)


def open_page(page: Page) -> Reading | None:
    """The response's data, or None where it holds none that is known."""
    body = page.body.lstrip()
    if body[:1] in (b"{", b"["):
        try:
            data = json.loads(body)
        except ValueError:
            return None
        for part in data if isinstance(data, list) else ():  # older pages with pbj=1: a list of parts
            if isinstance(part, dict) and isinstance(part.get("response"), dict):
                data = part["response"]
        return Reading(page, data=data) if isinstance(data, dict) else None
    data = _embedded(body, b"ytInitialData")
    language = _LANGUAGE.search(body[:2000])
    watching = dig(data, "contents", "twoColumnWatchNextResults") is not None
    player = _embedded(body, b"ytInitialPlayerResponse") if watching else None
    if data is None:
        return None
    return Reading(page, data=data, player=player or {}, language=language[1].decode() if language else None)


def _embedded(body: bytes, name: bytes) -> dict[str, Any] | None:
    """The JSON object that a script assigns to a name; the first one that is not empty."""
    at = body.find(name)
    while at >= 0:
        match = _ASSIGNED.match(body, at + len(name))
        if match:
            end = body.find(b"</script", match.end())
            text = body[match.end() : end if end > 0 else None].decode("utf-8", "replace")
            if text[:1] == "'":  # phones get it as a string with escapes
                text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text[1:])
                text = text.encode("latin-1", "replace").decode("utf-8", "replace").replace("\\\\", "\\")
            try:
                data, _ = json.JSONDecoder().raw_decode(text)
            except ValueError:
                data = None
            if isinstance(data, dict) and data:
                return data
        at = body.find(name, at + 1)
    return None


def obj(node: Any) -> dict[str, Any]:
    """The node where it is an object, else an empty one: a response may hold anything anywhere."""
    return node if isinstance(node, dict) else {}


def objs(node: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []


def texts(node: Any) -> list[str]:
    """The texts of a list."""
    return [one for one in node if isinstance(one, str)] if isinstance(node, list) else []


def word(node: Any) -> str:
    """The node where it is a text, else an empty one."""
    return node if isinstance(node, str) else ""


def find(node: Any, *keys: str) -> list[tuple[str, Any]]:
    """(key, value) for every place below ``node`` where one of the keys stands; what it holds is not searched again."""
    found: list[tuple[str, Any]] = []
    _collect(node, frozenset(keys), found)
    return found


def _collect(node: Any, keys: frozenset[str], found: list[tuple[str, Any]]) -> None:
    if type(node) is dict:
        for key, value in node.items():
            if key in keys:
                found.append((key, value))
            elif type(value) is dict or type(value) is list:
                _collect(value, keys, found)
    elif type(node) is list:
        for value in node:
            if type(value) is dict or type(value) is list:
                _collect(value, keys, found)


def first(node: Any, *keys: str) -> Any:
    """The first value that stands under one of the keys anywhere below ``node``."""
    if type(node) is dict:
        for key in keys:
            if key in node:
                return node[key]
        node = list(node.values())
    if type(node) is list:
        for value in node:
            if (type(value) is dict or type(value) is list) and (found := first(value, *keys)) is not None:
                return found
    return None


def text_of(node: Any) -> str | None:
    """The text of a node in any of the forms that texts have: plain, simpleText, runs, content."""
    if isinstance(node, str):
        return node or None
    if not isinstance(node, dict):
        return None
    if isinstance(node.get("runs"), list):
        return "".join(word(run.get("text")) for run in objs(node["runs"])) or None
    for key in ("simpleText", "content", "text"):
        if key in node:
            return text_of(node[key])
    return None


def picture(node: Any) -> str | None:
    """The address of the largest image of a node."""
    images = objs(dig(node, "thumbnails") or dig(node, "sources") or first(node, "sources", "thumbnails"))
    sized = [
        (int(str(image.get("width") or 0)) if str(image.get("width") or 0).isdecimal() else 0, word(image.get("url")))
        for image in images
    ]
    url = max(sized, default=(0, ""), key=lambda pair: pair[0])[1] or None
    return f"https:{url}" if url and url.startswith("//") else url


def exact(number: Any, figures: int = 0) -> Count | None:
    """A number told in plain digits; ``figures``: how many are true, where a larger one is rounded down to so many."""
    if not str(number or "").isdecimal():
        return None
    value = int(number)
    rounded = 10 ** max(0, len(str(value)) - figures) if figures else 1
    rounded = 1 if value % rounded else rounded  # answers from before September 2019 are exact
    return Count(value, value, value + rounded - 1, str(number))


def instant(text: Any) -> datetime | None:
    """An ISO 8601 time that names its zone, or None."""
    try:
        time = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return time if time.tzinfo else None
