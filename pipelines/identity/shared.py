"""Accounts that belong to no one person: agencies, companies, hubs that list many people, link farms, platforms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache

from pipelines.identity.names import PLATFORM_HOSTS, SITES, Profile, agreement, roman
from storage.addresses import identify, on_platform

PEOPLE = 3
"""Different people among those who are linked both ways with an account: from here on it is nobody's own."""
COUPLE = 2
"""The same where both show a first and a last name and its links would join them: hosts of one show, a couple."""
PROVING = ("me", "verified")
"""Kinds of links that join the two when answered, whatever they are called."""
LISTED = 6
"""Different people among those whom an account lists, answered or not."""


def shared_accounts(
    profiles: Mapping[int, Profile], pairs: Iterable[tuple[int, int, str]], among: Set[int] | None = None
) -> dict[int, str]:
    """Key of each shared account -> what it is: agency (also a company or team), couple (also two
    hosts), list (a hub or farm), platform.

    ``pairs``: who names whom as their own, and by which kind of link; ``among``: whom to judge, default all of these.
    """
    out: dict[int, list[int]] = defaultdict(list)  # lists: sets of a million sources would weigh twice as much
    proof = set()
    for source, target, how in pairs:
        if source != target and source in profiles and target in profiles:
            out[source].append(target)
            if how in PROVING:
                proof |= {(source, target), (target, source)}
    found = {}
    linked = out.keys() | {target for targets in out.values() for target in targets}
    for key in linked if among is None else among & profiles.keys():
        profile = profiles[key]
        named = set(out.get(key, ()))
        back = {other for other in named if key in out.get(other, ())} if len(named) >= COUPLE else set()
        kind = shared_kind(profiles, profile, named, back, {other for other in back if (key, other) in proof})
        if kind is not None:
            found[key] = kind
    return found


def shared_kind(
    profiles: Mapping[int, Profile], me: Profile, named: set[int], back: set[int], proven: set[int]
) -> str | None:
    """Why an account is shared, judged by whom it names and who of those names it; None where it may be one's own.

    ``proven``: those of ``back`` with a PROVING link on either side.
    """
    if is_platform(me):
        return "platform"
    if len(back) >= PEOPLE and people(me, [profiles[key] for key in sorted(back)], PEOPLE) >= PEOPLE:
        return "agency"
    full = [profiles[key] for key in sorted(back) if len(roman(profiles[key].name)) == 2]
    full = [other for other in full if other.key in proven or agreement(me, other)]  # a friend's bare link joins nobody
    if len(full) >= COUPLE and people(me, full, COUPLE) >= COUPLE:
        return "couple"
    if len(named) >= LISTED and people(me, [profiles[key] for key in sorted(named)], LISTED) >= LISTED:
        return "list"
    return None


def people(me: Profile, others: Iterable[Profile], enough: int) -> int:
    """How many different people are among the others, the account itself aside: groups that agree in no name or handle.

    With the account itself only a whole name or handle agrees: "Ann of Nordlys" is not Nordlys. Counting stops at
    ``enough``.
    """
    groups: list[list[Profile]] = []
    for other in others:
        if {"name", "handle", "handle_name"}.intersection(agreement(other, me)):
            continue
        group = next((group for group in groups if any(agreement(other, member) for member in group)), None)
        if group is not None:
            group.append(other)
        else:
            groups.append([other])
            if len(groups) >= enough:
                break
    return len(groups)


def is_platform(profile: Profile) -> bool:
    """Is a site the home of a platform itself, which is nobody's own?"""
    handle = profile.handle
    return profile.platform in SITES and "." in handle and _carries_many(handle.casefold().removeprefix("www."))


@lru_cache(maxsize=100_000)
def _carries_many(host: str) -> bool:
    return host in PLATFORM_HOSTS or (on_platform(host) and identify(host) is None)
