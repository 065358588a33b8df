"""How many fields of recorded profiles the platforms' extractors read rightly, by rows {file, field, expected}."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import FILES, arguments, show
from crawler.page import Page
from storage.records import Extract, Post

PLATFORMS = {"mastodon": "fediverse", "blogs": "blog", "other": "profile", "x": "profile", "tiktok": "profile"}
PLATFORMS |= {"instagram": "profile", "telegram": "profile"}
"""Folder of recordings -> platform, where the names differ."""
HOME = {"youtube": "https://www.youtube.com/"}
OWN, OTHERS = ("me", "verified", "profile", "bio", "same_as", "hub"), ("body", "mention", "blogroll")

NOBODY = ("not_a_creator", "bot", "group", "labeler", "not_a_profile")

Field = Callable[[Extract], Any]


def _number(metric: str) -> Field:
    return lambda e: next((o.value for o in e.observations if o.metric == metric and not o.post_id), None)


def _shown(metric: str) -> Field:
    return lambda e: next((o.text for o in e.observations if o.metric == metric and not o.post_id), None)


def _links(*kinds: str) -> Field:
    return lambda e: [link.url for link in e.links if link.kind in kinds and not link.post_id] or None


def _account(name: str) -> Field:
    return lambda e: getattr(e.account, name) if e.account else None


def _newest(found: Extract) -> Any:
    return max((post.published_at for post in found.posts if post.published_at), default=None)


FIELDS: dict[str, Field] = {
    **dict.fromkeys(("title", "display_name", "name"), _account("name")),
    **dict.fromkeys(("channel_id", "did", "user_id"), _account("native_id")),
    **dict.fromkeys(("bio", "description"), _account("bio")),
    **dict.fromkeys(("location", "country"), _account("place")),
    **dict.fromkeys(("created", "joined"), _account("created_at")),
    **dict.fromkeys(("subscribers", "followers"), _number("followers")),
    **dict.fromkeys(("posts", "video_count", "videos"), _number("posts")),
    "handle": _account("handle"),
    "aliases": _account("aliases"),
    "status": _account("status"),
    "avatar": _account("avatar"),
    "following": _number("following"),
    "views": _number("views"),
    "subscribers_text": _shown("followers"),
    "video_count_text": _shown("posts"),
    "links": _links(*OWN),
    "owner_links": _links(*OWN),
    "rel_me": _links("me", "verified"),
    "verified_links": _links("verified"),
    "not_owner_links": _links(*OTHERS),
    "may_index": lambda e: e.refused is None,
    "last_status": lambda e: (e.account and e.account.details.get("last_status")) or _newest(e),
    "website": lambda e: next((link.url for link in e.links if link.kind in OWN and not link.post_id), None),
    "is_creator": lambda e: e.account.details.get("is_creator", e.refused not in NOBODY) if e.account else None,
}
"""Field of a recorded case -> where the records have it; what is not here is looked for in ``account.details``."""

POST_FIELDS: dict[str, Callable[[Post], Any]] = {
    "title": lambda post: post.title,
    **dict.fromkeys(("author", "byline"), lambda post: post.author),
    **dict.fromkeys(("date", "publishedTime"), lambda post: post.published_at),
    "description": lambda post: post.summary,
    "tags": lambda post: post.details.get("tags"),
    "categories": lambda post: post.details.get("categories"),
    "lang": lambda post: post.declared_language,
    "siteName": lambda post: post.details.get("site_name"),
    "url": lambda post: post.url,
}
"""The same of a blog's page with a post: there the words speak of the post (docs/blogs.md)."""


@cache
def read(root: Path, file: str, url: str | None = None) -> Extract | None:
    """The extract of a recorded file, or None where its platform has no extractor; ``url``: where it was recorded."""
    folder = file.split("/", 1)[0]
    platform = PLATFORMS.get(folder, folder)
    name = f"crawler.platforms.{platform}.extract"
    if find_spec(f"crawler.platforms.{platform}") is None or find_spec(name) is None:
        return None
    dated = re.search(r"\d{4}-\d\d-\d\d", file)
    at = datetime.fromisoformat(dated[0] if dated else "2026-01-01").replace(tzinfo=UTC)
    body = (root / file).read_bytes()
    kind = "application/json" if file.endswith(".json") else "text/html; charset=utf-8"
    address = url or HOME.get(platform, "https://example.org/")
    page = Page(url=address, body=body, headers={"content-type": kind}, fetched_at=at)
    found: Extract = import_module(name).extract(page)
    return found


def value_of(found: Extract, field: str) -> Any:
    """What the records say for a field of the measuring words."""
    base = re.sub(r"_(?:includes|startswith)$", "", field)
    if base in POST_FIELDS and found.posts and found.posts[0].platform == "blog":
        return POST_FIELDS[base](found.posts[0])
    if base in FIELDS:
        return FIELDS[base](found)
    known = found.account.details.get(base) if found.account else None
    return _number(base)(found) if known is None else known


def same(expected: Any, got: Any, field: str) -> bool:
    """Does a value fit the expected one, by the rules of the measuring words?"""
    if expected is None or got is None:
        return expected is got or (expected is None and got in ([], ""))
    if isinstance(expected, list):
        wanted, found = ({_address(one) for one in some} for some in (expected, got))
        return wanted <= found if field.endswith("_includes") else wanted == found
    if isinstance(got, datetime):
        return got.date().isoformat() == str(expected)[:10]
    if isinstance(expected, bool | int):
        return bool(expected == got)
    if field.endswith("_startswith"):
        return _text(got).startswith(_text(expected))
    if field in ("handle", "reason"):
        expected, got = (_text(one).lstrip("@").casefold() for one in (expected, got))
    return _address(expected) == _address(got)


def _text(value: Any) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def _address(value: Any) -> str:
    if len(str(value).split()) != 1:
        return _text(value)
    parts = urlsplit(str(value).strip())
    if not parts.netloc:
        return _text(value)
    return (
        parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    )


def measure(root: Path, rows: list[dict[str, Any]], strict: bool = False) -> dict[str, Any]:
    """Rows {file, field, expected}; files of platforms without an extractor count only where ``strict``."""
    wrong, unsupported = [], Counter[str]()
    urls = {row["file"]: row["expected"] for row in rows if row["field"] == "url"}
    by_platform: dict[str, dict[str, int]] = defaultdict(lambda: {"right": 0, "total": 0})
    for row in rows:
        folder = row["file"].split("/", 1)[0]
        found = read(root, row["file"], urls.get(row["file"]))
        if found is None:
            unsupported[folder] += 1
            if not strict:
                continue
        got = value_of(found, row["field"]) if found else None
        right = found is not None and same(row["expected"], got, row["field"])
        by_platform[folder]["total"] += 1
        by_platform[folder]["right"] += right
        if not right:
            shown = got.isoformat() if isinstance(got, datetime) else got
            wrong.append({"file": row["file"], "field": row["field"], "expected": row["expected"], "got": shown})
    return {
        "right": sum(counts["right"] for counts in by_platform.values()),
        "total": sum(counts["total"] for counts in by_platform.values()),
        "by_platform": by_platform,
        "wrong": wrong,
        "unsupported": unsupported,
    }


if __name__ == "__main__":
    given = arguments(
        __doc__,
        data=FILES | {"help": "folder of the recordings, one folder a platform"},
        gold=FILES | {"help": "JSON lines of {file, field, expected}"},
        platform={"help": "only files of this folder"},
        strict={"action": "store_true", "help": "count files of unsupported platforms as wrong"},
    )
    told = [json.loads(line) for line in given.gold.read_text("utf-8").splitlines() if line.strip()]
    told = [row for row in told if given.platform in (None, row["file"].split("/", 1)[0])]
    show(measure(given.data, told, given.strict), given)
