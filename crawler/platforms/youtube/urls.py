"""Which addresses a visit asks for: channel pages; never those that robots.txt forbids."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from storage.addresses import Address, identify

SITE = "https://www.youtube.com"
_CHANNEL = re.compile(r"/(?:@[^/]+|(?:channel|c|user)/[^/]+)(?:/(?:featured|videos|shorts|streams|about|playlists))?/?")


def named(text: str) -> Address:
    """The channel that a seed names; ValueError with the way out where it names none."""
    found = identify(text, "youtube")
    if found is None:
        raise ValueError(
            f"{text[:100]!r} names no YouTube channel; give https://www.youtube.com/@handle or its UC... id"
        )
    return found


def channel_address(text: str) -> str:
    """The page to visit for a seed: the channel's page as it was given, else the channel's canonical address.

    A feed's address (which robots.txt forbids) becomes the address of its channel.
    """
    found = named(text)
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if (parts.hostname or "").removeprefix("www.").removeprefix("m.") == "youtube.com" and _CHANNEL.fullmatch(
        parts.path
    ):
        return SITE + parts.path
    return found.url


def videos_address(url: str) -> str:
    """The page of a channel that lists its videos."""
    match = re.match(r"(/(?:@[^/]+|(?:channel|c|user)/[^/]+))", urlsplit(url).path)
    return f"{SITE}{match[1]}/videos" if match else url
