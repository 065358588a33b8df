"""The discovery score: what each part of the formula does, one at a time."""

from __future__ import annotations

import pytest

from pipelines.discovery.places import Place, place_of
from pipelines.discovery.score import Lead, Leader, Scored, rank

BAKERS = {n: Leader(0.9) for n in range(1, 60)}


def scores(
    leads: list[Lead], known: dict[str, int] | None = None, others: dict[str, int] | None = None
) -> dict[str, float]:
    return {one.address: one.score for one in rank(BAKERS, leads, known or {}, others)}


def test_a_blogroll_says_more_than_a_link_in_a_post_and_two_creators_more_than_one() -> None:
    found = scores([Lead(1, "a", "body"), Lead(2, "b", "blogroll"), Lead(3, "c", "blogroll"), Lead(4, "c", "body")])
    assert found["c"] > found["b"] > found["a"]


def test_ten_links_of_one_creator_are_one_voucher() -> None:
    found = rank(BAKERS, [Lead(1, "a", "body") for _ in range(10)], {})
    assert [len(one.vouchers) for one in found] == [1]


def test_friends_who_link_to_and_fro_count_less_than_strangers() -> None:
    known = {f"home{n}": n for n in range(1, 7)}
    ring = [Lead(a, f"home{b}", "blogroll") for a in (1, 2, 3) for b in (1, 2, 3) if a != b]
    line = [Lead(4, "home5", "blogroll"), Lead(5, "home6", "blogroll"), Lead(6, "home4", "blogroll")]
    line += [Lead(n, f"home{n - 3}", "blogroll") for n in (4, 5, 6)]
    new = [Lead(n, "ringed", "blogroll") for n in (1, 2, 3)] + [Lead(n, "free", "blogroll") for n in (4, 5, 6)]
    found = scores([*ring, *line, *new], known)
    assert found["free"] > found["ringed"]


def test_who_led_astray_before_is_trusted_less() -> None:
    known = {f"shop{n}": 1000 + n for n in range(8)}
    astray = [Lead(1, address, "blogroll") for address in known]
    well = [Lead(2, f"home{n}", "blogroll") for n in range(3, 11)]
    known |= {f"home{n}": n for n in range(3, 11)}
    found = scores([*astray, *well, Lead(1, "a", "blogroll"), Lead(2, "b", "blogroll")], known)
    assert found["b"] > 1.5 * found["a"]


def test_whom_everybody_links_to_is_no_micro_influencer() -> None:
    leads = [Lead(n, "star", "blogroll") for n in BAKERS] + [Lead(n, "small", "blogroll") for n in range(1, 4)]
    assert scores(leads)["small"] > 1.5 * scores(leads)["star"]
    assert scores(leads, others={"small": 400})["small"] < scores(leads)["small"] / 10


def test_depth_language_and_the_words_of_a_link_count() -> None:
    leaders = {1: Leader(0.9), 2: Leader(0.9, depth=2), 3: Leader(0.9, language=False)}
    leads = [Lead(n, f"of{n}", "blogroll") for n in leaders] + [Lead(1, "told", "blogroll", 0.9)]
    found: dict[str, Scored] = {one.address: one for one in rank(leaders, leads, {})}
    assert found["told"].score > found["of1"].score > found["of2"].score > found["of3"].score
    assert found["of2"].depth == 3


def test_a_known_place_is_no_candidate() -> None:
    assert scores([Lead(1, "known", "blogroll")], {"known": 9}) == {}


@pytest.mark.parametrize(
    ("url", "platform", "address"),
    [
        ("https://www.rye.example/2026/a-post?utm_source=x", "blog", "rye.example"),
        ("https://home.example/~ann/bread.html", "blog", "home.example/~ann"),
        ("https://annbakes.wordpress.com/2026/01/rye", "blog", "wordpress:annbakes.wordpress.com"),
        ("https://toots.example/@ann", "fediverse", "fediverse:ann@toots.example"),
        ("https://bsky.app/profile/ann.test", "bluesky", "bluesky:ann.test"),
        ("https://www.youtube.com/@annbakes", "youtube", "youtube:@annbakes"),
    ],
)
def test_a_link_becomes_the_place_that_its_platforms_spider_visits(url: str, platform: str, address: str) -> None:
    place = place_of(url)
    assert isinstance(place, Place)
    assert (place.platform, place.address) == (platform, address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://www.tiktok.com/@ann", "closed_network"),
        ("https://x.com/ann", "closed_network"),
        ("https://www.youtube.com/watch?v=abcdefghijk", "no_account"),
        ("mailto:ann@rye.example", "no_account"),
        ("https://www.rust-lang.org/tools/rye/", "organisation"),
        ("https://agriculture.gov.uk/rye", "organisation"),
        ("https://shop.rye.example/", "organisation"),
    ],
)
def test_what_is_never_a_place_says_why(url: str, why: str) -> None:
    assert place_of(url) == why
