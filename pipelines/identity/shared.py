"""Accounts that belong to no one person: agencies, companies, hubs that list many people, link farms, platforms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pipelines.identity.evidence import Claim
from pipelines.identity.names import PLATFORM_HOSTS, SITES, Profile, agreement
from storage.addresses import identify, on_platform

PEOPLE = 3
"""Different people among those who are linked both ways with an account: from here on it is nobody's own."""
LISTED = 6
"""Different people among those whom an account lists, answered or not."""


def shared_accounts(profiles: Mapping[int, Profile], claims: Iterable[Claim]) -> dict[int, str]:
    """Key of each shared account -> what it is: agency (also a company or team), list (a hub or farm), platform."""
    out: dict[int, set[int]] = defaultdict(set)
    into: dict[int, set[int]] = defaultdict(set)
    for claim in claims:
        if claim.source != claim.target:
            out[claim.source].add(claim.target)
            into[claim.target].add(claim.source)
    found = {}
    for key in out.keys() | into.keys():
        kind = shared_kind(profiles, profiles[key], out.get(key, set()), into.get(key, set()))
        if kind is not None:
            found[key] = kind
    return found


def shared_kind(profiles: Mapping[int, Profile], me: Profile, out: set[int], into: set[int]) -> str | None:
    """Why an account is shared, judged by whom it lists and who lists it; None where it may be one person's."""
    if me.platform in SITES and "." in me.handle and _is_platform(me.handle.casefold().removeprefix("www.")):
        return "platform"
    both = out & into
    if len(both) >= PEOPLE and people(me, [profiles[key] for key in sorted(both)], PEOPLE) >= PEOPLE:
        return "agency"
    if len(out) >= LISTED and people(me, [profiles[key] for key in sorted(out)], LISTED) >= LISTED:
        return "list"
    return None


def people(me: Profile, others: Iterable[Profile], enough: int) -> int:
    """How many different people are among the others, the account itself aside: groups that agree in no name or handle.

    Counting stops at ``enough``.
    """
    groups: list[list[Profile]] = [[me]]
    for other in others:
        group = next((group for group in groups if any(agreement(other, member) for member in group)), None)
        if group is not None:
            group.append(other)
        else:
            groups.append([other])
            if len(groups) > enough:
                break
    return len(groups) - 1


@lru_cache(maxsize=100_000)
def _is_platform(host: str) -> bool:
    return host in PLATFORM_HOSTS or (on_platform(host) and identify(host) is None)
