"""A fetched response as a plain value: what the pure extractors read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import lxml.html
from w3lib.encoding import html_to_unicode

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
        text = self.text.replace("\x00", "")
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False)
        try:
            return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
        except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
            return lxml.html.document_fromstring("<html><body></body></html>")


def surely_utf8(body: bytes) -> bool:
    """Is it valid UTF-8 with so much beyond ASCII that no other encoding looks so by chance, whatever is declared?"""
    if len(body.translate(None, bytes(range(128)))) < 12:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode(content_type: str | None, body: bytes) -> str:
    if surely_utf8(body):
        return body.decode("utf-8-sig")

    def guess(data: bytes) -> str | None:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            from charset_normalizer import from_bytes

            best = from_bytes(data[:65536]).best()
            return best.encoding if best else "cp1252"
        return "utf-8"

    return html_to_unicode(content_type, body, auto_detect_fun=guess)[1]
