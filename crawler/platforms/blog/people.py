"""Names of people as bylines write them, freed of "by", dates and what is nobody's name."""

from __future__ import annotations

import re
from functools import cache

from crawler.platforms.blog.text import squeeze
from crawler.platforms.blog.urls import fold, table, word_set

LONGEST = 200
"""Characters: no byline is longer."""
_ADDRESS = re.compile(r"\s*(?:<[^>]*>|\([^)]*@[^)]*\)|\S+@\S+\.\S+|https?://\S+)\s*")
_TAIL = re.compile(
    r"\s+(?:[|•·/–—]|am|on|le|el|em|il|op|den|\d{1,2}[./]|\d{4})\s+|\s*[|•·]\s*|,\s+(?=\d|[^\W\d_]+ \d)"
    r"|\s+(?=\d{1,2}[. ]|\d{4})|\s[-–—]\s|\s*\([^)]*\)$|\s+[^\W\d_]{3,}\.?\s+\d{1,2},?\s+\d{4}"
    r"|(?:’s|'s)? (?:says|sagt|dit|dice)$"
)
_EDGES = ' ,:;-–—|·•/@"»«›'


def person_name(text: str | None) -> str | None:
    """The name in a byline: without "by", date, address; None where it is nobody's ("admin", a URL, a sentence)."""
    if not text or len(text) > LONGEST:
        return None
    name = _ADDRESS.sub(" ", squeeze(text) or "").strip()
    name = name[1:-1] if name[:1] == "(" and name[-1:] == ")" else name
    name = name[: len(name) // 2] if len(name) > 5 and name == name[: len(name) // 2] * 2 else name
    for _ in range(3):
        name = next((cut for lead in _leads() if (cut := without_lead(name, lead)) is not None), name)
    name = _TAIL.split(name, maxsplit=1)[0]
    name = name.strip(_EDGES if re.search(r"\b\w\.$|\b[JS]r\.$", name) else _EDGES + ".")
    good = name and len(name) <= 60 and len(name.split()) <= 6 and re.search(r"[^\W\d_]", name)
    return name if good and fold(name) not in word_set("nobody") else None


@cache
def _leads() -> tuple[str, ...]:
    """The words before a name, longest first."""
    return tuple(sorted({fold(w) for w in table("words")["byline_before"]}, key=len, reverse=True))


def without_lead(name: str, lead: str) -> str | None:
    """``name`` without a leading byline word, or None where it does not begin with it."""
    parts, size = name.split(), len(lead.split())
    if len(parts) > size and fold(" ".join(parts[:size])).rstrip(":") == lead.rstrip(":"):
        return " ".join(parts[size:]).lstrip(": ")
    if not lead.isascii() and len(lead) > 1 and fold(name).startswith(lead):
        return name[len(lead) :].lstrip(":： ")
    return None
