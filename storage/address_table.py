"""The table of platforms (storage/addresses.toml): which host belongs to whom and how its accounts are named."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FILE = re.compile(r"\.(?:php\d?|html?|aspx?|jsp|js|css|xml|txt|json|png|jpe?g|gif|svg|ico|webp|pdf)$", re.I)
"""A path word that is a file, not a handle."""
_COUNTRY = re.compile(r"(?:com|[a-z]{2,3}|com?\.[a-z]{2})")
_HANDLE = r"[\w.\-]{1,64}"
_END = r"(?=[/?#&\s]|$)"


@dataclass(frozen=True)
class Platform:
    """One platform's row; the regular expressions are compiled when they are first needed."""

    name: str
    row: dict[str, Any]
    common: frozenset[str]
    common_subs: frozenset[str]

    @cached_property
    def hosts(self) -> list[str]:
        return str(self.row.get("hosts", "")).split()

    @cached_property
    def subs(self) -> list[str]:
        return str(self.row.get("subs", "")).split()

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        handle, lasting = self.row.get("h", _HANDLE), self.row.get("id", r"\d{1,20}")
        return [
            re.compile(p.replace("{h}", f"(?P<h>{handle})").replace("{id}", f"(?P<id>{lasting})") + _END, re.I)
            for p in self.row.get("paths", [])
        ]

    @cached_property
    def handle(self) -> re.Pattern[str] | None:
        """What a bare handle looks like, or None where there are only ids."""
        paths = self.row.get("paths", [])
        for path in paths:
            own = re.search(r"\(\?P<h>((?:[^()]|\([^()]*\))*)\)", path)
            if own and not any("{h}" in p for p in paths):
                return re.compile(own[1], re.I)
        if self.subs or any("{h}" in p for p in paths):
            return re.compile(self.row.get("h", _HANDLE), re.I)
        return None

    @cached_property
    def lasting(self) -> re.Pattern[str] | None:
        """What a bare lasting id looks like, or None where there is none or a handle may look the same."""
        if "id" in self.row or (self.handle is None and any("{id}" in p for p in self.row.get("paths", []))):
            return re.compile(self.row.get("id", r"\d{1,20}"), re.I)
        return None

    @cached_property
    def reserved(self) -> frozenset[str]:
        return self.common | frozenset(str(self.row.get("reserved", "")).split())

    @cached_property
    def sub_reserved(self) -> frozenset[str]:
        return self.common_subs | frozenset(str(self.row.get("sub_reserved", "")).split())

    @property
    def sub_value(self) -> str:
        return str(self.row.get("sub_value", "{}"))

    @property
    def case(self) -> bool:
        return bool(self.row.get("case"))

    @property
    def by_host(self) -> bool:
        return bool(self.row.get("by_host"))

    @property
    def by_host_subs(self) -> bool:
        return self.by_host or bool(self.row.get("by_host_subs"))

    @property
    def bare_space(self) -> str | None:
        return self.row.get("bare_space")

    @property
    def space_after(self) -> bool:
        return bool(self.row.get("space_after"))

    def sub_host(self, domain: str) -> str:
        return domain if domain in self.subs else self.subs[0]

    def _simple_path(self, kind: str) -> str:
        """The first path that names such a thing, without what may be missing and with the first of what may differ."""
        token = "{id}" if kind == "id" else "{h}"
        path = next((p for p in self.row.get("paths", []) if token in p), token)
        path = re.sub(r"\(\?:(?:[^()]|\([^()]*\))*\)\?|@\?", "", path)
        return re.sub(r"\(\?:([^()|]*)\|[^()]*\)", r"\1", path).replace(token, "{}")

    def url_of(self, kind: str, value: str, space: str | None, name: str, host: str) -> str:
        """The canonical address of an account."""
        given = ("id_url" if kind == "id" else "") or ("space_url" if space else "") or "at_url" * value.startswith("@")
        template = self.row.get(given) or self.row.get("url")
        if template:
            return str(template).format(name, value=value, space=space)
        if kind == "handle" and "paths" not in self.row:
            return f"https://{value}.{host}/"
        return f"https://{host if self.by_host else self.hosts[0]}/" + self._simple_path(kind).format(name)

    def given_space(self, kind: str, value: str) -> tuple[str | None, bool]:
        """The name space of a bare handle or id, and whether it can be told at all."""
        tokens = ("{id}",) if kind == "id" else ("{h}", "<h>")
        plain = [p for p in self.row.get("paths", []) if any(t in p for t in tokens) and "(?P<s>" not in p]
        if (kind == "handle" and self.subs) or value.startswith("@"):
            return None, True
        if plain:
            return (self.bare_space if kind == "handle" else None), True
        space = self.bare_space or self.row.get("default_space")
        return space, space is not None and kind == "handle"


class Table:
    """The whole file, indexed by host."""

    def __init__(self, raw: dict[str, Any]) -> None:
        common = frozenset(raw["common"]["reserved"].split())
        common_subs = frozenset(raw["common"]["subs"].split())
        self.platforms = {name: Platform(name, row, common, common_subs) for name, row in raw["platform"].items()}
        self.prefixes = frozenset(raw["common"]["prefixes"].split())
        self.locales = frozenset(raw["common"]["locales"].split())
        self.apps: dict[str, str] = raw["apps"]
        self.redirects = {place.rstrip("/"): names for place, names in raw["redirects"].items()}
        self.tracking = frozenset(raw["tracking"]["names"].split())
        self.tracking_prefixes = tuple(raw["tracking"]["prefixes"])
        self.names = {other: name for name, row in raw["platform"].items() for other in row.get("names", [])}
        self._tracking_hosts = {host: frozenset(names.split()) for host, names in raw["tracking"]["hosts"].items()}
        self._hosts: dict[str, Platform] = {}
        self._subs: dict[str, Platform] = {}
        self._any: dict[str, Platform] = {}
        self._host_subs: dict[str, Platform] = {}
        for place in self.platforms.values():
            for host in place.hosts:
                (self._any if host.endswith(".*") else self._hosts)[host.removesuffix(".*")] = place
            for host in place.subs:
                self._subs[host] = place
            for host in str(place.row.get("subhosts", "")).split():
                self._host_subs[host] = place
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
