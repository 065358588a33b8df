"""Candidates by Splink, where it is installed."""

from __future__ import annotations

import pytest

from pipelines.identity.candidates import MissingToolError, propose
from pipelines.identity.evidence import Evidence
from pipelines.identity.names import Profile

FIRST = ("Maren", "Tove", "Ida", "Nils", "Arne", "Liv", "Siri", "Odd", "Berit", "Kjell")
LAST = ("Korvald", "Ekdahl", "Salonen", "Brattli", "Tveit", "Haugen", "Myhre", "Solli", "Nygard", "Vik")


def crowd() -> dict[int, Profile]:
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    return {n: Profile(n, "github", f"user{n}x{name[:3].lower()}", name) for n, name in enumerate(names)}


def test_the_same_rare_name_and_handle_make_a_candidate_with_a_waterfall() -> None:
    pytest.importorskip("splink")
    people = crowd() | {
        500: Profile(500, "blog", "rugsurdeig.com", "Randi Surdeigsen"),
        501: Profile(501, "instagram", "rugsurdeig", "Randi Surdeigsen"),
        502: Profile(502, "tiktok", "rugsurdeig.clips", "Randi Surdeigsen Clips"),
    }
    found = propose(people, [], {})
    best = found[0]
    assert {best.a, best.b} == {500, 501}
    assert best.probability > 0.9
    weights = dict(best.waterfall)
    assert weights["handle"] > 0
    assert weights["name"] > 0
    assert not any(502 in (candidate.a, candidate.b) for candidate in found)


def test_shared_accounts_and_copies_are_no_candidates() -> None:
    pytest.importorskip("splink")
    people = crowd() | {n: Profile(n, p, "rugsurdeig", "Randi Surdeigsen") for n, p in ((500, "blog"), (501, "tiktok"))}
    assert not any(500 in (c.a, c.b) for c in propose(people, [], {500: "agency"}))
    assert not any(501 in (c.a, c.b) for c in propose(people, [Evidence("copy", 501, 500)], {}))


def test_a_back_end_that_is_missing_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(MissingToolError, match="pip install splink duckdb"):
        propose(crowd(), [], {}, backend="absent")
