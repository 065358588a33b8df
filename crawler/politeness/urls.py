"""Addresses as the duplicate filter and the validators know them, and the marks of endless mazes."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from w3lib.url import canonicalize_url

if TYPE_CHECKING:
    from scrapy import Request

_WORDS = [
    line.strip()
    for line in resources.files(__package__).joinpath("parameters.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
_DROP = re.compile(
    "(?:^|&)(?:" + "|".join(re.escape(word).replace(r"\*", "[^=&]*") for word in _WORDS) + r")(?:=[^&]*)?(?=&|$)", re.I
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid|cfid|cftoken)=[^/?;]*", re.I)
_NUMBER = re.compile(r"\d+")
_PORT = {"http": ":80", "https": ":443"}
LONGEST, DEEPEST, MOST_PARAMETERS, MOST_REPEATS = 2000, 20, 20, 3


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """The host that is spared: in lower case, without port, user and trailing dot; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def origin_of(url: str) -> str:
    """What one robots.txt speaks for: scheme, host and port (RFC 9309, 2.3)."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port and f":{parts.port}" != _PORT.get(parts.scheme) else ""
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def port_of(url: str) -> int:
    """The port that a connection to the address goes to."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """The same for addresses that lead to the same page: order of parameters, escapes, default port, fragment, trailing
    dot, and parameters that only carry a session or a campaign (parameters.txt)."""
    parts = urlsplit(canonicalize_url(url))
    if parts.scheme not in _PORT:
        return parts.geturl()
    path = _SESSION.sub("", parts.path) if ";" in parts.path else parts.path
    query = _DROP.sub("", parts.query).removeprefix("&") if parts.query else ""
    return f"{origin_of(url)}{path or '/'}{'?' + query if query else ''}"


def shape(url: str) -> str | None:
    """The address with its numbers blotted out: what all pages of one endless calendar share; None without numbers."""
    text = url.partition("://")[2].partition("/")[2]
    blotted = _NUMBER.sub("0", text)
    return blotted if blotted != text or "0" in text else None


def maze(url: str) -> str | None:
    """Why this address looks like one of an endless maze; None if it does not."""
    if len(url) > LONGEST:
        return f"an address of {len(url)} characters"
    path, _, query = url.partition("#")[0].partition("?")
    steps = [step for step in path.split("/")[3:] if step]
    if len(steps) > DEEPEST:
        return f"{len(steps)} folders deep"
    if len(steps) > MOST_REPEATS and max(map(steps.count, steps)) > MOST_REPEATS:
        return "the same folder again and again"
    if query.count("&") + query.count(";") >= MOST_PARAMETERS:
        return "too many parameters"
    return None


class Fingerprinter:
    """Scrapy's REQUEST_FINGERPRINTER_CLASS over ``canonical_url``."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Request, bytes] = WeakKeyDictionary()

    def fingerprint(self, request: Request) -> bytes:
        found = self._known.get(request)
        if found is None:
            text = f"{request.method} {canonical_url(request.url)}\n".encode() + request.body
            found = self._known[request] = hashlib.sha1(text, usedforsecurity=False).digest()
        return found
