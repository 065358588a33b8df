"""From a link's address to a place that may be visited: whose it is, who crawls it; or why it never is one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tldextract

from storage.address_parts import Parts, split
from storage.addresses import identify, on_platform, unwrap

_DOMAINS = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_USER = re.compile(r"/~[\w.-]+")


@cache
def weights() -> dict[str, Any]:
    """weights.toml."""
    return tomllib.loads(Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Place:
    """Something to visit: ``platform`` names the spider, ``address`` is the key under which identity knows it."""

    platform: str
    address: str
    url: str
    site: str
    """Registrable domain of a place of its own; the address where the platform gives everybody one."""


@cache
def _never() -> tuple[frozenset[str], frozenset[str], tuple[str, ...], frozenset[str]]:
    row = weights()["never"]
    suffixes = tuple("." + end for end in row["suffixes"].split())
    return frozenset(row["hosts"].split()), frozenset(row["amazon"].split()), suffixes, frozenset(row["words"].split())


def place_of(url: str) -> Place | str:
    """The place that a link leads to, or the word for why it is none.

    closed_network (no open way to read it), no_account (a post, a search, no address), organisation (shops, registries,
    newspapers ...: shared by many or nobody's own).
    """
    url = unwrap(url)
    found = identify(url)
    if found is not None:
        if found.key.startswith("fediverse:"):
            return Place("fediverse", found.key, found.url, found.key.rpartition("@")[2])
        if found.platform in weights()["blogs"]["platforms"].split():
            return Place("blog", found.key, found.url, found.key)
        spider = weights()["crawled"].get(found.platform)
        return Place(spider, found.key, found.url, found.key) if spider else "closed_network"
    parts = None if on_platform(url) else split(url)
    return _own_place(parts) if parts and "." in parts.host else "no_account"


def _own_place(parts: Parts) -> Place | str:
    """The home of a site of somebody's own: its host's root, or a user's folder on it."""
    host = parts.host.removeprefix("www.")
    known = _DOMAINS(host)
    site = known.top_domain_under_public_suffix or ".".join(host.split(".")[-2:])
    hosts, anywhere, suffixes, words = _never()
    shared = site in hosts or known.domain in anywhere or ("." + host).endswith(suffixes)
    if shared or host.partition(".")[0] in words:
        return "organisation"
    user = _USER.match(parts.path)
    home = host + parts.port + (user[0] if user else "")
    return Place("blog", home, f"{parts.scheme}://{parts.host}{parts.port}{user[0] if user else ''}/", site)
