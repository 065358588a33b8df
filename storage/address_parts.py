"""Web addresses taken apart and put into one form: hosts, paths and parameters (RFC 3986, UTS 46)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from storage.address_table import table

_URL = re.compile(
    r"(?:(https?):)?//(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[^/?#:\\\[\]]+)(?::(\d*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.I | re.S,
)
_BARE = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:.]{2,}(?::\d+)?(?:[/?#]|$)")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?")
INDEX = re.compile(r"/(?:index\.(?:html?|xhtml|shtml|php\d?|aspx?|jsp|cgi)|default\.(?:html?|aspx?))$", re.I)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Parts:
    scheme: str
    host: str
    """In lower case, IDNA, without a closing dot."""
    port: str
    """":8080", or nothing where it is the scheme's own."""
    path: str
    query: str
    fragment: str


def split(url: str, bare: bool = False) -> Parts | None:
    text = url.strip("\x00\t\n\r \x0b\x0c")
    if any(mark in text for mark in "\t\n\r"):
        text = re.sub(r"[\t\n\r]", "", text)
    match = _URL.match(text)
    if match is None and bare and _BARE.match(text):
        match = _URL.match("//" + text)
    if match is None:
        return None
    scheme = (match[1] or "https").lower()
    host = _normal_host(match[2].lower())
    if host is None or (match[3] and int(match[3]) > 65535):
        return None
    port = match[3].lstrip("0") if match[3] else ""
    port = "" if port in ("", _DEFAULT_PORTS[scheme]) else f":{port}"
    return Parts(scheme, host, port, match[4].replace("\\", "/"), match[5] or "", match[6] or "")


def _normal_host(host: str) -> str | None:
    if _HOST.fullmatch(host):
        return host.rstrip(".")
    if host.startswith("["):
        return host
    import idna

    try:
        return idna.encode(unquote(host), uts46=True).decode("ascii").rstrip(".").lower() or None
    except (idna.IDNAError, UnicodeError):
        return None


@lru_cache(maxsize=4096)
def plain_host(host: str) -> str:
    """The host without what only dresses it: "www.", "m.", "de." ... where something that the table knows remains."""
    known = table()
    if known.find(host) is not None:
        return host
    first, _, rest = host.partition(".")
    while "." in rest and first in known.prefixes:
        host = rest
        first, _, rest = host.partition(".")
    language = first[:2] in known.locales and (len(first) == 2 or (len(first) == 5 and first[2] == "-"))
    return rest if language and "." in rest and known.find(rest) is not None else host


def normal_path(path: str) -> str:
    if "%" in path:
        path = _ESCAPE.sub(lambda m: c if (c := chr(int(m[1], 16))) in _UNRESERVED else m[0].upper(), path)
    path = quote(path, safe="/:@!$&'()*+,;=-._~%", errors="replace")
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept) + ("/" if path.endswith(("/.", "/..")) and kept[-1:] != [""] else "")


def clean_query(host: str, query: str) -> str:
    if not query:
        return ""
    local = table().tracking_of(plain_host(host))
    kept = []
    for pair in query.split("&"):
        name = unquote(pair.partition("=")[0]).lower()
        if (
            pair
            and name not in table().tracking
            and name not in local
            and not name.startswith(table().tracking_prefixes)
        ):
            whole = _ESCAPE.sub(lambda m: m[0].upper(), pair)
            kept.append(quote(whole, safe="/:@!$'()*+,;=-._~%?[]", errors="replace"))
    return "&".join(sorted(kept, key=lambda pair: pair.partition("=")[0]))
