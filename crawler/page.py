"""A fetched response as a plain value: what the pure extractors read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import lxml.html
from w3lib.encoding import html_to_unicode

from crawler.tables import table

ARCHIVE_DATE = "X-Grapevine-Fetched-At"
"""Header by which a replay tells when a response was really received."""


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Page:
    """One response: its final URL, its bytes, its headers (names in lower case) and when it was received."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    fetched_at: datetime = field(default_factory=now)
    flags: frozenset[str] = frozenset()
    """What the page asks of robots and still lets us read it: nofollow, noarchive, noai ..."""

    @cached_property
    def text(self) -> str:
        """The body as text: what is surely UTF-8, then BOM, header, meta and a guess (WHATWG order, by w3lib)."""
        return _decode(self.headers.get("content-type"), self.body)

    @cached_property
    def tree(self) -> lxml.html.HtmlElement:
        """The body as a lenient HTML tree; an empty page gives an empty ``html`` element."""
        tree = html_tree(self.text)
        return lxml.html.document_fromstring("<html><body></body></html>") if tree is None else tree

    def provenance(self, platform: str, extractor: str) -> dict[str, Any]:
        """What every record of this response carries."""
        where = {"source_url": self.url, "fetched_at": self.fetched_at}
        return {"platform": platform, "extractor": extractor, **where}


def html_tree(markup: str) -> lxml.html.HtmlElement | None:
    """A page or a piece of HTML as a lenient tree, or None where it holds nothing."""
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False)
    try:
        return lxml.html.document_fromstring(markup.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError, ValueError):
        return None


def surely_utf8(body: bytes) -> bool:
    """Is it valid UTF-8 with so much beyond ASCII that no other encoding looks so by chance, whatever is declared?"""
    if len(body.translate(None, bytes(range(128)))) < 12:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_SHIFTING = re.compile(rb"[\x00\x1b]")  # what UTF-16 and ISO-2022 need and plain ASCII text has not
_CONTROLS = re.compile(r"[\x80-\x9f]")
_LANG = re.compile(rb"""<(?:html|rss|feed)\b[^>]{0,500}?\blang\s*=\s*["']?([a-z]{2})|<language>\s*([a-z]{2})""", re.I)


def _decode(content_type: str | None, body: bytes) -> str:
    if surely_utf8(body) or (body.isascii() and not _SHIFTING.search(body)):
        return body.decode("utf-8-sig")
    text = html_to_unicode(content_type, body, auto_detect_fun=_guess)[1]
    foreign = len(body.translate(None, bytes(range(128))))
    if text.count("\ufffd") <= max(2, foreign // 100):
        return text
    declared = _LANG.search(body[:4096])
    language = (declared[1] or declared[2]).decode().lower() if declared else ""
    for encoding in (*table("encodings").get(language, ()), _guess(body)):  # what was declared is not true
        with suppress(UnicodeDecodeError):
            decoded = body.decode(encoding)
            if not _CONTROLS.search(decoded):  # letters of Windows' cousin of this encoding
                return decoded
    return text


def _guess(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:65536]).best()
        return best.encoding if best else "cp1252"
    return "utf-8"
