"""The table of platforms (storage/addresses.toml): which host belongs to whom and how its accounts are named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FILE = re.compile(r"\.(?:php\d?|html?|aspx?|jsp|js|css|xml|txt|json|png|jpe?g|gif|svg|ico|webp|pdf)$", re.I)
"""A path word that is a file, not a handle."""
_COUNTRY = re.compile(r"(?:com|[a-z]{2,3}|com?\.[a-z]{2})")
_HANDLE = r"[\w.\-]{1,64}"
_ID = r"\d{1,20}"
_END = r"(?=[/?#&\s]|$)"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One platform's row (addresses.toml says what each field means); expressions are compiled when first needed."""

    name: str
    hosts: list[str]
    subs: list[str]
    subhosts: list[str]
    reserved: frozenset[str]
    sub_reserved: frozenset[str]
    paths: Sequence[str] = ()
    names: Sequence[str] = ()
    h: str = _HANDLE
    id: str | None = None
    sub_value: str = "{}"
    case: bool = False
    by_host: bool = False
    by_host_subs: bool = False
    bare_space: str | None = None
    default_space: str | None = None
    space_after: bool = False
    url: str | None = None
    id_url: str | None = None
    space_url: str | None = None
    at_url: str | None = None

    @classmethod
    def of(cls, name: str, row: dict[str, Any], common: dict[str, str]) -> Platform:
        words = {key: str(row.get(key, "")).split() for key in ("hosts", "subs", "subhosts")}
        reserved = frozenset(f"{common['reserved']} {row.get('reserved', '')}".split())
        sub_reserved = frozenset(f"{common['subs']} {row.get('sub_reserved', '')}".split())
        return cls(**{**row, **words, "name": name, "reserved": reserved, "sub_reserved": sub_reserved})

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        handle, lasting = f"(?P<h>{self.h})", f"(?P<id>{self.id or _ID})"
        return [re.compile(p.replace("{h}", handle).replace("{id}", lasting) + _END, re.I) for p in self.paths]

    @cached_property
    def handle(self) -> re.Pattern[str] | None:
        """What a bare handle looks like, or None where there are only ids."""
        plain = any("{h}" in path for path in self.paths)
        own = (re.search(r"\(\?P<h>((?:[^()]|\([^()]*\))*)\)", path) for path in self.paths)
        if not plain and (found := next(filter(None, own), None)):
            return re.compile(found[1], re.I)
        return re.compile(self.h, re.I) if self.subs or plain else None

    @cached_property
    def lasting(self) -> re.Pattern[str] | None:
        """What a bare lasting id looks like, or None where there is none or a handle may look the same."""
        named = self.id or (self.handle is None and any("{id}" in path for path in self.paths))
        return re.compile(self.id or _ID, re.I) if named else None

    def sub_host(self, domain: str) -> str:
        return domain if domain in self.subs else self.subs[0]

    def _simple_path(self, kind: str) -> str:
        """The first path that names such a thing, without what may be missing and with the first of what may differ."""
        token = "{id}" if kind == "id" else "{h}"
        path = next((p for p in self.paths if token in p), token)
        path = re.sub(r"\(\?:(?:[^()]|\([^()]*\))*\)\?|@\?", "", path)
        return re.sub(r"\(\?:([^()|]*)\|[^()]*\)", r"\1", path).replace(token, "{}")

    def url_of(self, kind: str, value: str, space: str | None, name: str, host: str) -> str:
        """The canonical address of an account."""
        at = self.at_url if value.startswith("@") else None
        template = (self.id_url if kind == "id" else self.space_url if space else at) or self.url
        if template:
            return template.format(name, value=value, space=space)
        if kind == "handle" and not self.paths:
            return f"https://{value}.{host}/"
        return f"https://{host if self.by_host else self.hosts[0]}/" + self._simple_path(kind).format(name)

    def given_space(self, kind: str, value: str) -> tuple[str | None, bool]:
        """The name space of a bare handle or id, and whether it can be told at all."""
        tokens = ("{id}",) if kind == "id" else ("{h}", "<h>")
        plain = [p for p in self.paths if any(t in p for t in tokens) and "(?P<s>" not in p]
        if (kind == "handle" and self.subs) or value.startswith("@"):
            return None, True
        if plain:
            return (self.bare_space if kind == "handle" else None), True
        space = self.bare_space or self.default_space
        return space, space is not None and kind == "handle"


class Table:
    """The whole file, indexed by host."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.platforms = {name: Platform.of(name, row, raw["common"]) for name, row in raw["platform"].items()}
        self.prefixes = frozenset(raw["common"]["prefixes"].split())
        self.locales = frozenset(raw["common"]["locales"].split())
        self.apps: dict[str, str] = raw["apps"]
        self.redirects = {place.rstrip("/"): names for place, names in raw["redirects"].items()}
        self.tracking = frozenset(raw["tracking"]["names"].split())
        self.tracking_prefixes = tuple(raw["tracking"]["prefixes"])
        self.names = {other: name for name, place in self.platforms.items() for other in place.names}
        self._tracking_hosts = {host: frozenset(names.split()) for host, names in raw["tracking"]["hosts"].items()}
        self._hosts: dict[str, Platform] = {}
        self._subs: dict[str, Platform] = {}
        self._any: dict[str, Platform] = {}
        self._host_subs: dict[str, Platform] = {}
        for place in self.platforms.values():
            for host in place.hosts:
                (self._any if host.endswith(".*") else self._hosts)[host.removesuffix(".*")] = place
            self._subs |= dict.fromkeys(place.subs, place)
            self._host_subs |= dict.fromkeys(place.subhosts, place)
        self._closed = {*self._hosts, *self._subs, *self._host_subs, *raw["common"]["not_fediverse"].split()}

    def find(self, host: str) -> Platform | None:
        """The platform whose accounts live on this host."""
        place = self._hosts.get(host)
        if place is None:
            first, _, rest = host.partition(".")
            place = self._host_subs.get(rest) or (self._any.get(first) if _COUNTRY.fullmatch(rest) else None)
            if place is None and (two := ".".join(host.split(".")[:2])) in self._any:
                place = self._any[two] if _COUNTRY.fullmatch(host[len(two) + 1 :]) else None
        return place

    def find_sub(self, domain: str) -> Platform | None:
        """The platform whose accounts are subdomains of this domain."""
        place = self._subs.get(domain)
        if place is None:
            first, _, rest = domain.partition(".")
            place = self._subs.get(first + ".*") if _COUNTRY.fullmatch(rest) else None
        return place

    def known(self, host: str) -> bool:
        """Does the host belong to a platform, whatever it serves?"""
        while host:
            if host in self._closed or self.find(host) is not None or self.find_sub(host) is not None:
                return True
            host = host.partition(".")[2]
        return False

    def tracking_of(self, host: str) -> frozenset[str]:
        return self._tracking_hosts.get(host, frozenset())


@cache
def raw_table() -> dict[str, Any]:
    with Path(__file__).with_name("addresses.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def table() -> Table:
    return Table(raw_table())
