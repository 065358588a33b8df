"""What counts as evidence and what does not, on invented names."""

from __future__ import annotations

import pytest

from pipelines.identity.evidence import Claim, Evidence, gather, weigh
from pipelines.identity.names import Profile, agreement, lookalike, renamed
from pipelines.identity.shared import shared_accounts


def profile(key: int, platform: str, handle: str = "", name: str = "", **more: object) -> Profile:
    return Profile(key, platform, handle, name, **more)  # type: ignore[arg-type]


def kind(a: Profile, b: Profile, there: str = "profile", back: str | None = None) -> str | None:
    found = weigh(a, b, Claim(a.key, b.key, there), Claim(b.key, a.key, back) if back else None)
    return found.kind if found else None


SITE = profile(1, "blog", "korvaldbrod.example", "Maren Korvald")
VIDEOS = profile(2, "youtube", "UC" + "0" * 22, "Maren Korvald")


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (("github", "mkorvald", "Maren Korvald"), ("blog", "brod.example", "Korvald, Maren"), ("name", "handle_name")),
        (("github", "korvaldbrod", ""), ("twitter", "Korvald_Brod", ""), ("handle",)),
        (("youtube", "UC" + "1" * 22, "Łukasz Żuk"), ("twitter", "lukaszzuk", ""), ("handle_name",)),
        (("youtube", "UC" + "1" * 22, "白夜すずらん"), ("twitter", "byakuya_suzuran", ""), ("handle_part",)),
        (("mastodon", "mk@toots.example", "Maren"), ("github", "x1", "Maren Korvald"), ("name_part",)),
        (("blog", "ann.shared.example", "ann"), ("blog", "bob.shared.example", "bob"), ()),
        (("blog", "sites.example/~ann", ""), ("github", "sites", ""), ()),
        (("bilibili", "12345678", ""), ("pixiv", "12345678", ""), ()),
        (("github", "ab", "The Blog"), ("twitter", "cd", "Blog"), ()),
    ],
)
def test_in_what_two_profiles_agree(
    one: tuple[str, str, str], other: tuple[str, str, str], how: tuple[str, ...]
) -> None:
    assert agreement(profile(1, *one), profile(2, *other)) == how
    assert agreement(profile(2, *other), profile(1, *one)) == how


@pytest.mark.parametrize(
    "copy", ["korvaldbrodofficial", "realkorvaldbrod", "k0rvaldbrod", "korvaldbrod77", "thekorvaldbrod"]
)
def test_a_handle_with_something_added_looks_like_a_copy_and_never_the_other_way_round(copy: str) -> None:
    assert lookalike(copy, "korvaldbrod")
    assert not lookalike("korvaldbrod", copy)


def test_a_site_whose_only_name_is_its_address_shows_no_name() -> None:
    site = profile(1, "blog", "brod.maren.example", "brod.maren.example")
    assert agreement(site, profile(2, "github", "kk", "Brod Maren Example")) == ()


def test_links_both_ways_prove_where_something_agrees_and_else_only_hint() -> None:
    partner = profile(3, "blog", "ekdahl.example", "Tove Ekdahl")
    assert kind(SITE, VIDEOS, back="profile") == "reciprocal"
    assert kind(SITE, VIDEOS, "me", "profile") == "reciprocal_me"
    assert kind(SITE, partner, back="profile") == "bare"
    assert kind(SITE, partner, "me", "me") == "reciprocal_me"


def test_an_unanswered_link_is_a_claim_if_something_agrees_and_nothing_speaks_against_it() -> None:
    assert kind(SITE, VIDEOS) == "claim"
    assert kind(SITE, VIDEOS, "me") == "claim_me"
    assert kind(SITE, profile(3, "youtube", "@toveek", "Tove Ekdahl")) is None
    assert kind(profile(4, "telegram", "korvaldbrod_official", "Maren Korvald"), SITE) == "copy"
    assert kind(SITE, profile(5, "twitter", "korvaldbrod", "Crypto Deals")) == "renamed"
    assert kind(SITE, profile(6, "twitter", "korvaldbrod_clips", "Maren Korvald Clips")) is None
    assert kind(profile(7, "mastodon", "m@feeds.example", "Maren Korvald", bot=True), SITE) is None


@pytest.mark.parametrize(
    ("claimant", "anchored"),
    [
        (("blog", "brod.example"), True),
        (("linktree", "mk"), True),
        (("bluesky", "brod.example"), True),
        (("github", "mk"), True),
        (("telegram", "mk"), False),
        (("instagram", "mk"), False),
        (("bluesky", "mk.bsky.social"), True),
    ],
)
def test_which_claims_stand_on_their_own(claimant: tuple[str, str], anchored: bool) -> None:
    mine = profile(9, *claimant, "Maren Korvald")
    found = weigh(mine, VIDEOS, Claim(9, 2, "profile"), None)
    assert found is not None
    assert found.anchored is anchored


def test_addresses_alone_prove_a_domain_handle_and_a_page_of_ones_own_login() -> None:
    pages, code = profile(1, "githubpages", "mkorvald"), profile(2, "github", "MKorvald")
    site, sky = profile(3, "blog", "brod.example"), profile(4, "bluesky", "brod.example")
    found = gather({p.key: p for p in (pages, code, site, sky)}, [], {})
    assert {(e.kind, frozenset((e.a, e.b))) for e in found} == {
        ("own_login", frozenset((1, 2))),
        ("domain_handle", frozenset((3, 4))),
    }


def test_an_account_that_three_different_people_answer_is_shared_and_its_links_are_no_evidence() -> None:
    names = ["Maren Korvald", "Tove Ekdahl", "Ida Salonen"]
    people = {n: profile(n, "youtube", f"UC{n:022d}", name) for n, name in enumerate(names, 1)}
    everyone = people | {9: profile(9, "blog", "nordlys.example", "Nordlys")}
    claims = [Claim(9, n, "profile") for n in people] + [Claim(n, 9, "me") for n in people]
    shared = shared_accounts(everyone, ((claim.source, claim.target, claim.kind) for claim in claims))
    assert shared == {9: "agency"}
    assert list(gather(everyone, claims, shared)) == []


def test_one_person_with_many_accounts_of_one_name_is_not_shared() -> None:
    mine = {
        n: profile(n, platform, "korvaldbrod") for n, platform in enumerate(["youtube", "github", "mastodon", "twitch"])
    }
    site = profile(9, "blog", "korvaldbrod.example")
    pairs = [(9, n, "me") for n in mine] + [(n, 9, "me") for n in mine]
    assert shared_accounts(mine | {9: site}, pairs) == {}


def test_a_platform_itself_is_nobodys_site() -> None:
    hosts = {1: profile(1, "blog", "medium.com"), 2: profile(2, "blog", "korvald.example")}
    assert shared_accounts(hosts, [(2, 1, "profile")]) == {1: "platform"}


def test_a_name_in_another_script_is_not_held_against_a_claim() -> None:
    site, latin = profile(1, "blog", "suzuran.example", "Suzuran"), profile(2, "twitter", "suzuran", "Crypto Deals")
    kanji = profile(3, "twitter", "suzuran", "白夜鈴蘭")
    assert renamed(site, latin, agreement(site, latin))
    assert not renamed(profile(5, "youtube", "UC" + "5" * 22, "Suzuran"), profile(6, "bilibili", "99", "白夜鈴蘭"), ())
    assert kanji.stem == "suzuran"


def test_evidence_sorts_by_kind_first() -> None:
    rows = [Evidence("claim", 1, 2, ("name", "handle")), Evidence("verified", 8, 9), Evidence("reciprocal", 3, 4)]
    assert [row.kind for row in sorted(rows, key=lambda row: row.order)] == ["verified", "reciprocal", "claim"]
