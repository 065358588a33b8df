"""Who may be stored: the fediverse's ways to say no, one function for Mastodon's API and one for ActivityPub actors."""

from __future__ import annotations

import re
from typing import Any

from crawler.social import dig, items, line, opted_out, plain

_FORBIDDEN = re.compile(
    r"\b(?:no|not|don'?t|never|forbid\w*|prohibit\w*|disallow\w*|without)\b[^.!?\n]{0,80}"
    r"\b(?:scrap(?:e|er|ers|ing)|crawl(?:er|ers|ing)?|harvest\w*|index(?:ers?|ing)|archiv(?:e|ing)|data ?mining)\b"
    r"|\b(?:scrap(?:ers?|ing)|crawl(?:ers?|ing)|harvesting|indexing|archiving|data ?mining)\b[^.!?\n]{0,60}"
    r"\b(?:not (?:allowed|permitted|tolerated|welcome)|forbidden|prohibited|banned|disallowed)\b",
    re.I,
)
PEOPLE = frozenset(("Person", "Organization"))


def _said(*texts: Any) -> str | None:
    return "opted_out" if opted_out(*(plain(text) for text in texts if isinstance(text, str))) else None


def refused_account(data: dict[str, Any]) -> str | None:
    """Why an account of Mastodon's API may not be stored, or None. What is not said is no, except ``noindex``,
    which a server says of its own accounts only (docs.joinmastodon.org/entities/Account)."""
    fields = [text for one in items(data.get("fields")) for text in (one.get("name"), one.get("value"))]
    words = dig(data, "source", "note")
    ladder = (
        ("suspended", data.get("suspended")),
        ("limited", data.get("limited") or data.get("silenced")),
        ("noindex", data.get("noindex")),
        ("opted_out", _said(data.get("display_name"), data.get("note"), words, *fields)),
        ("locked", data.get("locked")),
        ("not_discoverable", data.get("discoverable") is not True),
        ("memorial", data.get("memorial")),
        ("bot", data.get("bot")),
        ("group", data.get("group")),
    )
    return next((word for word, holds in ladder if holds), None)


def refused_actor(data: dict[str, Any]) -> str | None:
    """The same for an ActivityPub actor: flags that its software does not know are not asked for (FEP-5feb)."""
    fields = [text for one in items(data.get("attachment")) for text in (one.get("name"), one.get("value"))]
    kind = data.get("type")
    ladder = (
        ("suspended", data.get("suspended") or kind == "Tombstone"),
        ("noindex", data.get("noindex") or data.get("noCrawle")),
        ("hidden_from_web", data.get("hidesToPublicFromUnauthedWeb")),
        (
            "opted_out",
            _said(data.get("name"), data.get("summary"), data.get("_misskey_summary"), *fields, *_tags(data)),
        ),
        ("locked", data.get("manuallyApprovesFollowers")),
        ("not_discoverable", data.get("discoverable") is not True and (_speaks(data, "discoverable"))),
        ("memorial", data.get("memorial")),
        ("bot", kind in ("Service", "Application") or data.get("isBot")),
        ("group", kind == "Group" and not is_channel(data)),
    )
    return next((word for word, holds in ladder if holds), None)


def shows_posts(data: dict[str, Any], api: bool) -> bool:
    """May the posts be stored: ``indexable`` is true, or the software has no word for it and publishes web pages."""
    flag = data.get("indexable")
    return flag is True or (
        not api and flag is None and not _speaks(data, "indexable") and not _speaks(data, "discoverable")
    )


def is_channel(data: dict[str, Any]) -> bool:
    """A PeerTube channel: a group in ActivityPub, one person's programme in truth."""
    return data.get("type") == "Group" and "joinpeertube.org/ns" in str(data.get("@context"))[:20_000]


def _speaks(data: dict[str, Any], flag: str) -> bool:
    """Does the actor's software know a flag: it is set, or the actor's JSON-LD context defines it."""
    context = data.get("@context")
    return flag in data or any(flag in one for one in items(context))


def _tags(data: dict[str, Any]) -> list[str]:
    return [f"#{str(one.get('name')).lstrip('#')}" for one in items(data.get("tag")) if one.get("type") == "Hashtag"]


def server_forbids(data: Any) -> str | None:
    """The rule of a server (Mastodon's /api/v2/instance) that asks not to be crawled, or None."""
    texts = [line(text) for rule in items(dig(data, "rules")) for text in (rule.get("text"), rule.get("hint"))]
    return next((text for text in texts if text and _FORBIDDEN.search(text[:2000])), None)
