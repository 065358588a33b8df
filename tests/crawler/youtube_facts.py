"""What a YouTube answer holds, without a word of anybody's: layout, numbers and days, texts as short hashes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from crawler.page import Page
from crawler.platforms.youtube.extract import extract
from storage.records import Extract

PLAIN = (
    *("layout", "reason", "verified", "artist", "family_safe", "is_creator", "more_links", "topic", "age_restricted"),
    *("membership", "source_policy", "refresh_by"),
)


def page_of(path: Path) -> Page:
    """A recorded answer as it was fetched; the day stands in the file's name, else it is the first of 2026."""
    day = re.search(r"20\d\d-\d\d-\d\d", path.name)
    at = datetime.fromisoformat(day[0] if day else "2026-01-01").replace(tzinfo=UTC)
    watch = re.match(r"watch_([\w-]{11})", path.name)
    url = f"https://www.youtube.com/watch?v={watch[1]}" if watch else "https://www.youtube.com/"
    return Page(url=url, body=path.read_bytes(), fetched_at=at)


def name_of(path: Path, root: Path) -> str:
    """The name of a recording, which may hold somebody's handle, as a hash."""
    return str(mark(path.relative_to(root).as_posix()))


def mark(*texts: Any) -> str | None:
    """Any texts as one short hash; None where all are absent."""
    given = [str(text) for text in texts if text not in (None, "", [])]
    return sha256("\n".join(given).encode()).hexdigest()[:12] if given else None


def facts(page: Page) -> dict[str, Any]:
    """Every field of the records of a page, in words and numbers that name nobody; absent ones are left out."""
    found = extract(page)
    told: dict[str, Any] = {"refused": found.refused, "unparsed": found.unparsed, **_facts(found)}
    if found.more:
        told |= {f"more_{name}": value for name, value in _listed(found.more).items()}
    return {name: value for name, value in told.items() if value not in (None, [], {}, 0, "active")}


def _listed(some: list[Extract]) -> dict[str, Any]:
    accounts = [one.account for one in some if one.account]
    told: dict[str, Any] = {"accounts": len(accounts), "refused": sum(one.refused is not None for one in some)}
    told |= {name: _all(accounts, name) for name in ("native_id", "handle", "name", "bio", "avatar", "aliases")}
    told |= {name: sum(bool(one.details.get(name)) for one in accounts) for name in ("verified", "is_creator")}
    told["snippets"] = mark(*(one.details.get("snippet") for one in accounts))
    numbers = [number for one in some for number in one.observations]
    for metric in sorted({number.metric for number in numbers}):
        values = [number.value for number in numbers if number.metric == metric]
        told[metric] = [len(values), sum(values)]
    return told


def _facts(found: Extract) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if account := found.account:
        texts = {name: getattr(account, name) for name in ("native_id", "handle", "name", "bio", "avatar", "place")}
        told |= {name: mark(value) for name, value in texts.items()}
        told |= {"aliases": mark(*account.aliases), "status": account.status}
        told["created_at"] = account.created_at and account.created_at.date().isoformat()
        details = account.details
        told |= {name: details.get(name) for name in PLAIN}
        told |= {name: mark(details.get(name)) for name in ("pronouns", "vanity_url", "first_link", "first_link_text")}
        told["keywords"] = len(details.get("keywords", ()))
    for one in found.observations:
        if not one.post_id:
            told[one.metric] = [one.value, one.low, one.high, one.definition]
            told[f"{one.metric}_shown"] = mark(one.text)
    for kind in sorted({link.kind for link in found.links}):
        told[f"links_{kind}"] = [sum(one.kind == kind for one in found.links), _all(found.links, "url", kind=kind)]
    if found.posts:
        told |= _posts(found)
    return told


def _posts(found: Extract) -> dict[str, Any]:
    told: dict[str, Any] = {"videos": len(found.posts)}
    for name in ("native_id", "title", "text", "summary", "account_id"):
        told[f"video_{name}"] = _all(found.posts, name)
    told["video_tags"] = sum(len(post.tags) for post in found.posts)
    times = [post.published_at.isoformat() for post in found.posts if post.published_at]
    told["video_times"] = [len(times), min(times, default=None), max(times, default=None)]
    told["video_days"] = mark(*(post.details.get("published_between") for post in found.posts))
    told["video_seconds"] = sum(post.details.get("length_seconds", 0) for post in found.posts)
    for name in ("form", "paid_promotion", "members_only", "category"):
        values = [str(post.details[name]) for post in found.posts if name in post.details]
        told[f"video_{name}"] = {value: values.count(value) for value in sorted(set(values))}
    for metric in sorted({one.metric for one in found.observations if one.post_id}):
        counts = [one.value for one in found.observations if one.post_id and one.metric == metric]
        told[f"video_{metric}"] = [len(counts), sum(counts)]
    return told


def _all(records: Any, name: str, **where: str) -> str | None:
    return mark(*(getattr(one, name) for one in records if all(getattr(one, k) == v for k, v in where.items())))
