"""Which addresses a blog has: its home, the usual feeds, the pages that tell who writes it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, partial
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import tldextract

from crawler import tables
from storage.addresses import canonical_url, home_address, identify

_SPLIT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_LANGUAGE = re.compile(r"^[a-z]{2}(-[a-z]{2})?$")
_SUFFIX = re.compile(r"\.(html?|php|aspx?|md)$")
_NO_LINK = ("#", "javascript:", "data:", "mailto:", "tel:")


limit = partial(tables.limit, "blog")
"""A limit of platform.toml."""


def table(name: str) -> dict[str, Any]:
    """One of this folder's tables: words, selectors."""
    return tables.table(f"platforms/blog/{name}")


@cache
def word_set(name: str) -> frozenset[str]:
    """A list of words.toml, folded."""
    return frozenset(fold(word) for word in table("words")[name])


def fold(text: str) -> str:
    """``text`` without case, accents and doubled blanks, for comparing words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.split())


def host_of(url: str) -> str:
    """The host without www; with its port where it is a bare address, on which each port is another site."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().removeprefix("www."), parts.port
    except ValueError:
        return ""
    return f"{host}:{port}" if port and (host == "localhost" or host.replace(".", "").isdigit()) else host


@cache
def site_of(host: str) -> str:
    """The registrable domain of a host (shared blog hosts such as blogspot.com count as suffixes), or the host."""
    return _SPLIT(host, include_psl_private_domains=True).top_domain_under_public_suffix or host


def same_host(one: str, other: str) -> bool:
    return host_of(one) == host_of(other)


def same_site(one: str, other: str) -> bool:
    return site_of(host_of(one)) == site_of(host_of(other))


def join(base: str, href: str | None) -> str | None:
    """An absolute http(s) address, or None where ``href`` gives none."""
    href = re.sub(r"[\t\r\n]", "", href or "").strip()
    if not href or href.lower().startswith(_NO_LINK):
        return None
    try:
        url = urljoin(base, href)
        return url if canonical_url(url) else None
    except ValueError:
        return None


def page_kind(url: str) -> str | None:
    """about, contact or blogroll where the last part of the path says so; home for the root; else None."""
    parts = [fold(unquote(part)) for part in urlsplit(url).path.split("/") if part]
    if not parts or (len(parts) == 1 and (_LANGUAGE.match(parts[0]) or parts[0].startswith("index."))):
        return None if urlsplit(url).query.startswith(("p=", "page_id=")) else "home"
    if len(parts) > 3:
        return None
    last = _SUFFIX.sub("", parts[-1]).replace("_", "-")
    return next((kind for kind in ("about", "contact", "blogroll") if last in word_set(kind)), None)


def label_kind(label: str) -> str | None:
    """The same, by the words of a link."""
    word = fold(label).replace(" ", "-").strip("-:.!»›")
    return next((kind for kind in ("about", "contact", "blogroll") if word in word_set(kind)), None)


def link_kind(url: str) -> str | None:
    """hub or profile where the address is an account's own page (not a post, a share button or somebody's blog)."""
    account = identify(url)
    if account is None or account.platform in table("words")["blogs"]:
        return None
    last, name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2], account.value.split("@")[0].lower()
    shown = last.lower().lstrip("@~+").startswith(name) or not last or (last.endswith(".php") and name in url)
    return None if not shown else "hub" if account.platform in table("words")["hubs"] else "profile"


def root_of(url: str) -> str:
    """Where a blog's home page should be, seen from any of its pages: the host's root, or a user's folder on it."""
    account = identify(url)
    if account and same_host(account.url, url) and account.platform != "mastodon":
        return account.url
    user = re.match(r"/~[^/]+/", urlsplit(url).path)
    return urljoin(url, user[0] if user else "/")


def home_key(url: str) -> str:
    """The account's native_id: the canonical address of the blog's home, without scheme, as in example.org/blog."""
    return home_address(url) or url


def post_key(url: str) -> str:
    """A post's native_id: its canonical address."""
    return canonical_url(url) or url


def feed_candidates(home: str) -> list[str]:
    """The usual feed addresses under a home address, most usual first."""
    return [urljoin(home if home.endswith("/") else home + "/", path) for path in table("words")["feed_paths"]]
