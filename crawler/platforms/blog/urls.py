"""Which addresses a blog has: its home, the usual feeds, the pages that tell who writes it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import tldextract

_HERE = Path(__file__).parent
_SPLIT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_LANGUAGE = re.compile(r"^[a-z]{2}(-[a-z]{2})?$")
_SUFFIX = re.compile(r"\.(html?|php|aspx?|md)$")


@cache
def words() -> dict[str, Any]:
    """The tables of words.toml."""
    return tomllib.loads((_HERE / "words.toml").read_text("utf-8"))


@cache
def platform() -> dict[str, Any]:
    """platform.toml: title, hosts, limits of a visit, expected shares of None."""
    return tomllib.loads((_HERE / "platform.toml").read_text("utf-8"))


def limit(name: str) -> int:
    return int(platform()["limits"][name])


def fold(text: str) -> str:
    """``text`` without case, accents and doubled blanks, for comparing words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.split())


@cache
def _folded(table: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words()[table])


def host_of(url: str) -> str:
    """The host without www; with its port where it is a bare address, on which each port is another site."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removeprefix("www.")
        return (
            f"{host}:{parts.port}" if parts.port and (host == "localhost" or host.replace(".", "").isdigit()) else host
        )
    except ValueError:
        return ""


def same_host(one: str, other: str) -> bool:
    return host_of(one) == host_of(other)


@cache
def site_of(host: str) -> str:
    """The registrable domain of a host (shared blog hosts such as blogspot.com count as suffixes), or the host."""
    return _SPLIT(host, include_psl_private_domains=True).top_domain_under_public_suffix or host


def same_site(one: str, other: str) -> bool:
    return site_of(host_of(one)) == site_of(host_of(other))


def join(base: str, href: str | None) -> str | None:
    """An absolute http(s) address, or None where ``href`` gives none."""
    href = re.sub(r"[\t\r\n]", "", href or "").strip()
    if not href or href.startswith(("#", "javascript:", "data:", "mailto:", "tel:")):
        return None
    try:
        url = urljoin(base, href)
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or True)
    except ValueError:
        return None
    return url if good and " " not in parts.netloc else None


def page_kind(url: str) -> str | None:
    """about, contact or blogroll where the last part of the path says so; home for the root; else None."""
    parts = [fold(unquote(part)) for part in urlsplit(url).path.split("/") if part]
    if not parts or (len(parts) == 1 and (_LANGUAGE.match(parts[0]) or parts[0].startswith("index."))):
        return "home"
    if len(parts) > 3:
        return None
    last = _SUFFIX.sub("", parts[-1]).replace("_", "-")
    return next((kind for kind in ("about", "contact", "blogroll") if last in _folded(kind)), None)


def label_kind(label: str) -> str | None:
    """The same, by the words of a link."""
    word = fold(label).replace(" ", "-").strip("-:.!»›")
    return next((kind for kind in ("about", "contact", "blogroll") if word in _folded(kind)), None)


def is_share(url: str) -> bool:
    low = url.lower()
    return any(mark in low for mark in words()["share"])


def is_hub(url: str) -> bool:
    return site_of(host_of(url)) in words()["hub_hosts"]


def is_profile(url: str) -> bool:
    """Does the address look like somebody's page on a platform of people (and not like a post or a share button)?"""
    host, path = host_of(url), urlsplit(url).path.strip("/")
    if is_share(url):
        return False
    if re.fullmatch(r"@[\w.-]+(@[\w.-]+)?", path):
        return True
    site = site_of(host)
    if site not in words()["profile_hosts"] and host not in words()["profile_hosts"]:
        return False
    if not path:
        return host != site and host.removeprefix("m.") != site
    first = path.split("/")[0].lower()
    deep = {
        "status",
        "statuses",
        "watch",
        "p",
        "reel",
        "post",
        "posts",
        "pin",
        "video",
        "videos",
        "playlist",
        "explore",
        "embed",
    }
    if (
        first in deep | {"groups", "events", "questions", "topics", "sponsors"}
        or "/status/" in path
        or "/posts/" in path
    ):
        return False
    longer = (
        "/in/",
        "/company/",
        "/channel/",
        "/user/",
        "/users/",
        "/c/",
        "/people/",
        "/profile/",
        "/u/",
        "/shop/",
        "/artist/",
        "/author/",
    )
    many = path.count("/") + 1
    return (
        many == 1
        or (many <= 3 and f"/{path}/".startswith(longer))
        or (host == "facebook.com" and first in ("pages", "profile.php"))
    )


def feed_candidates(home: str) -> list[str]:
    """The usual feed addresses under a home address, most usual first."""
    base = home if home.endswith("/") else home + "/"
    return [urljoin(base, path) for path in words()["feed_paths"]]


def home_of(url: str) -> str:
    """The canonical address of the blog that ``url`` belongs to: what accounts are keyed by."""
    parts = urlsplit(url)
    return f"https://{host_of(url)}/" if parts.hostname else url
