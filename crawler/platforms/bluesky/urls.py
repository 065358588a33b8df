"""Which addresses a visit to a Bluesky account asks for."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from crawler import tables
from crawler.tables import rules
from storage.addresses import identify

_FOLLOWS = re.compile(r"/profile/([^/]+)/(?:follows|following)/?")


table, limit = partial(rules, "bluesky"), partial(tables.limit, "bluesky")
"""platform.toml, and a limit of it."""


def actor_of(text: str) -> str:
    """The DID or handle that a seed names; ValueError with the way out where it names none."""
    asked = parse_qs(urlsplit(text).query).get("actor", [""])[0] if "/xrpc/" in text else ""
    found = identify((asked or text).strip().removeprefix("at://"), "bluesky")
    if found is None:
        raise ValueError(f"{text[:100]!r} names no Bluesky account; give https://bsky.app/profile/NAME, or its DID")
    return found.value


def visit_address(text: str, appview: str) -> str:
    """What a seed is asked by: the profile of its account, or those whom it follows."""
    follows = _FOLLOWS.search(urlsplit(text).path)
    if follows:
        return xrpc(appview, "app.bsky.graph.getFollows", actor=actor_of(unquote(follows[1])), limit=100)
    if "/xrpc/app.bsky.graph.getFollows" in text:
        return text
    return xrpc(appview, "app.bsky.actor.getProfile", actor=actor_of(text))


def xrpc(server: str, method: str, **query: str | int | list[str]) -> str:
    """The address of a query of the AT Protocol's HTTP API."""
    return f"{server}/xrpc/{method}?{urlencode(query, doseq=True, safe=':/', quote_via=quote)}"


def did_address(did: str, directory: str) -> str | None:
    """Where the document of a DID is (did:plc: the directory; did:web: the host itself), or None."""
    method, _, name = did.removeprefix("did:").partition(":")
    if method == "plc":
        return f"{directory}/{did}"
    host = unquote(name)
    return f"https://{host}/.well-known/did.json" if method == "web" and re.fullmatch(r"[\w.-]+(:\d+)?", host) else None
