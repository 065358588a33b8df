"""Ways in which accounts of different people name each other: none of them may make two people one."""

from __future__ import annotations

import pytest

from pipelines.identity.evidence import Claim, gather
from pipelines.identity.names import Profile
from pipelines.identity.resolve import resolve
from pipelines.identity.shared import shared_accounts

Told = list[tuple[int, int, str]]


def clusters(people: list[tuple[str, str, str]], told: Told) -> list[list[int]]:
    profiles = {key: Profile(key, *shown) for key, shown in enumerate(people)}
    claims = [Claim(*one) for one in told]
    shared = shared_accounts(profiles, ((claim.source, claim.target, claim.kind) for claim in claims))
    found = resolve({key: p.platform for key, p in profiles.items()}, gather(profiles, claims, shared))
    return found.clusters


ANN, ANN_SITE = ("youtube", "annvorbeck", "Ann Vorbeck"), ("blog", "annvorbeck.example", "Ann Vorbeck")
BEN, BEN_TUBE = ("twitter", "bensullrich", "Ben Sullrich"), ("youtube", "bensullrich", "Ben Sullrich")
WORLDS = {
    "a couple shares a link page": (
        [("linktree", "annandben", "Ann & Ben"), ANN, BEN_TUBE],
        [(0, 1, "hub"), (0, 2, "hub"), (1, 0, "profile"), (2, 0, "profile")],
        (1, 2),
    ),
    "two hosts of a podcast have one site": (
        [("blog", "graintalk.example", "Grain Talk"), ANN, BEN],
        [(0, 1, "me"), (0, 2, "me"), (1, 0, "profile"), (2, 0, "profile")],
        (1, 2),
    ),
    "two hosts of a podcast that bears their names have one site": (
        [("blog", "annandben.example", "Ann Vorbeck and Ben Sullrich"), ANN, BEN],
        [(0, 1, "me"), (0, 2, "me"), (1, 0, "profile"), (2, 0, "profile")],
        (1, 2),
    ),
    "a copied bio links back to its victim": (
        [ANN_SITE, ANN, ("instagram", "annvorbeck.real", "Ann Vorbeck")],
        [(0, 1, "me"), (1, 0, "me"), (2, 0, "bio"), (2, 1, "bio")],
        (0, 2),
    ),
    "a squatter takes the handle on another platform": (
        [ANN_SITE, ANN, ("telegram", "annvorbeck", "Ann Vorbeck | deals")],
        [(0, 1, "me"), (1, 0, "me"), (2, 0, "bio")],
        (0, 2),
    ),
    "an agency lists its talents by rel=me": (
        [("blog", "nordlys.example", "Nordlys Talents"), ANN, BEN, ("tiktok", "ceciletorv", "Cecile Torv")],
        [(0, key, "me") for key in (1, 2, 3)] + [(key, 0, "bio") for key in (1, 2, 3)],
        (1, 2),
    ),
    "a company and its founder name each other": (
        [("blog", "sullrichmills.example", "Sullrich Mills"), ("twitter", "sullrichmills", "Sullrich Mills"), ANN],
        [(0, 1, "me"), (1, 0, "profile"), (0, 2, "profile"), (2, 0, "profile")],
        (0, 2),
    ),
    "a handle that was given up shows somebody else's name": (
        [ANN_SITE, ("twitter", "annvorbeck", "Crypto Deals Daily")],
        [(0, 1, "profile")],
        (0, 1),
    ),
}


@pytest.mark.parametrize("world", WORLDS)
def test_two_people_stay_two_where(world: str) -> None:
    people, told, (a, b) = WORLDS[world]
    assert not [cluster for cluster in clusters(people, told) if a in cluster and b in cluster]


def test_one_person_under_a_new_handle_stays_one() -> None:
    renamed = ("twitter", "vorbeckbakes", "Ann Vorbeck")
    assert clusters([ANN_SITE, ANN, renamed], [(0, 1, "me"), (1, 0, "me"), (0, 2, "me")]) == [[0, 1, 2]]


def test_friends_who_name_each_other_leave_each_their_own_site() -> None:
    friends = [ANN_SITE, ANN, BEN, ("github", "ceciletorv", "Cecile Torv")]
    told = [(0, 1, "me"), (1, 0, "profile"), (0, 2, "profile"), (2, 0, "bio"), (0, 3, "profile"), (3, 0, "bio")]
    assert clusters(friends, told) == [[0, 1]]
