"""Evidence that two accounts are one person: its kinds, its tiers, and how it is read out of what accounts link to."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.identity.names import (
    HUBS,
    OWN_LOGIN,
    RARELY_COPIED,
    SITES,
    Profile,
    agreement,
    fan_pair,
    lookalike,
    renamed,
)

VERSION = "identity/1"
PROOF, CLAIM, HINT = 1, 2, 3
"""Tiers: what the owner must control; what an anchored account claims; what only suggests, or warns."""

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text(encoding="utf-8"))
KINDS: dict[str, int] = {name: kind["tier"] for name, kind in WORDS["kinds"].items()}
"""Every kind of evidence, the strongest first, and its tier."""
_LOGINS = frozenset(OWN_LOGIN.values())
BY_ADDRESS = _LOGINS | OWN_LOGIN.keys() | {"bluesky"}
"""Platforms whose addresses are evidence by themselves."""
_PLACE = {kind: place for place, kind in enumerate(KINDS)}


class Claim(NamedTuple):
    """An account says in its profile, its fields or by rel=me that another account is its owner's too."""

    source: int
    target: int
    kind: str
    """me, verified, same_as, bio, profile, hub."""
    url: str = ""
    """The page it was read on."""


class Evidence(NamedTuple):
    """One reason that ``a`` and ``b`` are one person. A one-sided claim goes from ``a`` to ``b``."""

    kind: str
    a: int
    b: int
    agrees: tuple[str, ...] = ()
    """What agrees: name, name_part, handle, handle_name, handle_part."""
    anchored: bool = False
    """Of a claim: the claimant by itself is a place that its owner must control, or one that is rarely copied."""
    source_url: str = ""

    @property
    def tier(self) -> int:
        return KINDS[self.kind]

    @property
    def strong(self) -> bool:
        """Does more agree than one word of a name?"""
        return bool(set(self.agrees) - {"handle_part"})

    @property
    def order(self) -> tuple[object, ...]:
        """Where the resolver takes it: by strength of the kind, then by agreement, then by the keys (a total order)."""
        low, high = (self.a, self.b) if self.a < self.b else (self.b, self.a)
        return _PLACE[self.kind], -len(self.agrees), low, high, self.a, self.agrees, self.anchored, self.source_url


def gather(profiles: Mapping[int, Profile], claims: Iterable[Claim], shared: Container[int]) -> Iterator[Evidence]:
    """All evidence between the given accounts; links from and to shared accounts are none.

    Claims come in any order; those that name an account which is not among ``profiles`` are left out.
    """
    yield from gather_ordered(profiles, sorted(claims, key=pair_of), shared)
    yield from by_address(profiles.values(), shared)


def gather_ordered(
    profiles: Mapping[int, Profile], claims: Iterable[Claim], shared: Container[int]
) -> Iterator[Evidence]:
    """The evidence in claims that come pair by pair, in whatever order within a pair."""
    for (low, high), pair in groupby(claims, key=pair_of):
        told = list(pair)
        if low == high or low in shared or high in shared or low not in profiles or high not in profiles:
            continue
        first, back = told[0], None
        if len(told) > 1:
            told.sort(key=lambda claim: (claim.source, _rank(claim)))
            first = told[0]
            back = next((claim for claim in told if claim.source != first.source), None)
        found = weigh(profiles[first.source], profiles[first.target], first, back)
        if found is not None:
            yield found


def pair_of(claim: Claim) -> tuple[int, int]:
    """The two accounts of a claim, the smaller key first."""
    a, b = claim.source, claim.target
    return (a, b) if a < b else (b, a)


def _rank(claim: Claim) -> tuple[int, str]:
    return {"verified": 0, "me": 1}.get(claim.kind, 2), claim.url


def weigh(a: Profile, b: Profile, claim: Claim, back: Claim | None) -> Evidence | None:
    """What a's claim on b, and b's on a where there is one, is worth; None where it says nothing of a person."""
    agrees = agreement(a, b)
    kinds = {claim.kind, back.kind if back else None}

    def row(kind: str, anchored: bool = False) -> Evidence:
        return Evidence(kind, a.key, b.key, agrees, anchored, claim.url)

    if "verified" in kinds:
        return row("verified")
    if a.bot or b.bot or fan_pair(a, b) or not (agrees or back):
        return None
    if back is not None:
        return row("reciprocal_me" if "me" in kinds else "reciprocal" if agrees else "bare")
    if lookalike(a.stem, b.stem):
        return row("copy")
    if renamed(a, b, agrees):
        return row("renamed")
    found = row("claim_me" if claim.kind == "me" else "claim")
    own = (
        a.platform in SITES or a.platform in HUBS or (a.platform == "bluesky" and not a.handle.endswith(".bsky.social"))
    )
    return row(found.kind, own or (found.strong and a.platform in RARELY_COPIED))


def by_address(profiles: Iterable[Profile], shared: Container[int]) -> Iterator[Evidence]:
    """What addresses prove by themselves: a handle that is a domain, a page that only one login can publish."""
    sites: dict[str, Profile] = {}
    pages: dict[tuple[str, str], Profile] = {}
    owners: list[tuple[Profile, str]] = []
    for profile in profiles:
        login = profile.handle.casefold().lstrip("@")
        if profile.platform in OWN_LOGIN:
            pages[OWN_LOGIN[profile.platform], login] = profile
        elif profile.platform in SITES:
            sites[login.removeprefix("www.")] = profile
        elif profile.platform == "bluesky" or profile.platform in _LOGINS:
            owners.append((profile, login))
    for profile, login in owners:
        page = sites.get(login) if profile.platform == "bluesky" else pages.get((profile.platform, login))
        if page is not None and page.key not in shared:
            kind = "domain_handle" if profile.platform == "bluesky" else "own_login"
            yield Evidence(kind, profile.key, page.key, agreement(profile, page), source_url=profile.url)
