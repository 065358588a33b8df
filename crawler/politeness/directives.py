"""What a page asks of robots in X-Robots-Tag headers and meta tags (noindex, nofollow ...); pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LOOKED_AT = 256 * 1024
"""How much of a body is searched for meta tags."""
LONGEST_TAG, MOST_TAGS = 4096, 2000
"""What is longer is no meta tag, no honest page has more of them; unbounded, half tags cost their number squared."""
_META = re.compile(rb"<meta\b((?:[^>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}')*)>", re.I)
_ATTRIBUTE = re.compile(rb"""([a-z][\w:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_UNSEEN = re.compile(rb"<!--|<(script|style|textarea|template|pre|xmp|title)\b", re.I)
"""What opens text that a browser does not take for tags, or takes for text."""
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_UNTIL = re.compile(r"unavailable_after\s*:\s*(.+)", re.I)
_KNOWN = frozenset(
    {"none", "noindex", "nofollow", "noarchive", "nocache", "nosnippet", "noimageindex", "noai", "noimageai"}
)
_MEANS = {"none": ("noindex", "nofollow"), "nocache": ("noarchive",)}


def from_headers(values: Iterable[str], token: str, now: datetime) -> set[str]:
    """The words of X-Robots-Tag headers that are meant for everyone or for our token, in lower case."""
    words: set[str] = set()
    for value in values:
        agent, meant = "", []
        for part in value.split(","):
            name, colon, rest = part.partition(":")
            if colon and name.strip().lower() not in _VALUED and " " not in name.strip():
                agent, part = name.strip().lower(), rest  # noqa: PLW2901
            if agent in ("", "*", token):
                meant.append(part)
        words |= _of(meant, now)
    return words


def from_html(body: bytes, token: str, now: datetime) -> set[str]:
    """The same from ``<meta name="robots">`` (or our token) in the first 256 KiB."""
    head = body[:LOOKED_AT]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode()
    words = _meta_words(head, token, now)
    return _meta_words(_seen(head), token, now) if words else words


def _seen(head: bytes) -> bytes:
    """``head`` without comments, scripts and the like; in one pass, however many of them are never closed."""
    low, parts, at = head.lower(), [], 0
    while opening := _UNSEEN.search(low, at):
        parts.append(head[at : opening.start()])
        end = low.find(b"</" + opening[1] if opening[1] else b"-->", opening.end())
        if end < 0:
            return b"".join(parts)
        at = low.find(b">", end) + 1
        if not at:
            return b"".join(parts)
    return b"".join((*parts, head[at:]))


def _meta_words(head: bytes, token: str, now: datetime) -> set[str]:
    words: set[str] = set()
    low = head.lower()
    if b"robots" not in low and token.encode() not in low and b"tdm-reservation" not in low:
        return words
    at = low.find(b"<meta")  # much faster than a pattern that ignores case
    for _ in range(MOST_TAGS):
        if at < 0:
            break
        tag = _META.match(head, at, at + LONGEST_TAG)
        at = low.find(b"<meta", tag.end() if tag else at + 5)
        if tag is None:
            continue
        found = {m[1].lower(): m[2] or m[3] or m[4] or b"" for m in _ATTRIBUTE.finditer(tag[1])}
        name = found.get(b"name", b"").strip().lower().decode("latin-1")
        if name == "tdm-reservation" and found.get(b"content", b"").strip() == b"1":
            words.add("noindex")
        if name in ("robots", token):
            words |= _of(found.get(b"content", b"").decode("utf-8", "replace").split(","), now)
    return words


def _of(parts: list[str], now: datetime) -> set[str]:
    words = {word for part in parts for word in part.lower().replace(";", " ").split() if word in _KNOWN}
    for part, after in zip(parts, [*parts[1:], ""], strict=False):  # the date may hold a comma of its own
        if _over(part, now) or _over(f"{part},{after}", now):
            words.add("noindex")
    return words.union(*(_MEANS.get(word, ()) for word in words))


def _over(value: str, now: datetime) -> bool:
    """Whether an ``unavailable_after`` date lies behind us (RFC 822 or ISO form)."""
    until = _UNTIL.search(value)
    if not until:
        return False
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            date = read(until[1].strip())
        except (ValueError, TypeError):
            continue
        return (date if date.tzinfo else date.replace(tzinfo=UTC)) < now
    return False
