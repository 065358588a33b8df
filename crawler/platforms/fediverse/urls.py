"""Which addresses a visit to a fediverse account asks for."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote, urlsplit

from crawler import tables
from crawler.tables import rules
from storage.addresses import identify

_TAG = re.compile(r"/(?:tags|explore/tags|discover/tags)/([^/?#]{1,100})/?")


table, limit = partial(rules, "fediverse"), partial(tables.limit, "fediverse")
"""platform.toml, and a limit of it."""


def visit_address(text: str) -> str:
    """What a seed (a handle, an account's address in any form, a hashtag's page) is asked by first.

    An account: its WebFinger address (RFC 7033) at its home server; a hashtag: its public timeline.
    Raises ValueError with the way out for anything else.
    """
    text = text.strip()
    parts = urlsplit(text) if text.lower().startswith(("http://", "https://")) else None
    if parts and parts.path == "/.well-known/webfinger":
        return text
    tag = parts and _TAG.fullmatch(parts.path)
    if parts and tag:
        return f"{parts.scheme}://{parts.netloc}/api/v1/timelines/tag/{quote(tag[1], safe='%')}?limit=40"
    found = identify(text.removeprefix("acct:"), "fediverse") or (identify(text) if parts else None)
    if found is None or not found.key.startswith("fediverse:"):
        if parts is None or not re.search(
            r"/(?:users|@|ap|actors|author|a|c|accounts|video-channels)\b|/@", parts.path
        ):
            raise ValueError(f"{text[:100]!r} names no fediverse account; write @user@server, or https://server/@user")
        return text  # an actor's own address, of software that we need not know
    user, _, host = found.value.partition("@")
    scheme = "http" if parts and parts.scheme.lower() == "http" else "https"
    return webfinger_address(user, host, scheme)


def webfinger_address(user: str, host: str, scheme: str = "https") -> str:
    """The WebFinger address of an account."""
    return f"{scheme}://{host}/.well-known/webfinger?resource={quote(f'acct:{user}@{host}', safe=':@')}"


def lookup_address(origin: str, user: str) -> str:
    """Mastodon API: the account of a name at its home server."""
    return f"{origin}/api/v1/accounts/lookup?acct={quote(user)}"


def statuses_address(origin: str, local_id: str, since: str | None = None) -> str:
    """Mastodon API: an account's posts, replies and boosts, newest first; only those newer than the post ``since``."""
    newer = f"&since_id={quote(since, safe='')}" if since else ""
    return f"{origin}/api/v1/accounts/{quote(local_id, safe='')}/statuses?limit=40{newer}"


def following_address(origin: str, local_id: str) -> str:
    """Mastodon API: whom an account follows, the newest first; nobody where it hides them."""
    return f"{origin}/api/v1/accounts/{quote(local_id, safe='')}/following?limit=80"


def context_address(origin: str, local_id: str) -> str:
    """Mastodon API: what was answered to a post."""
    return f"{origin}/api/v1/statuses/{quote(local_id, safe='')}/context"


def next_page(header: str | None) -> str | None:
    """The rel="next" address of a Link header (RFC 8288)."""
    found = re.search(r'<([^<>]{1,2000})>\s*;[^<]{0,200}?rel="?next"?', header or "")
    return found[1] if found else None
