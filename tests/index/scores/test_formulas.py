"""What each score says of invented creators."""

from __future__ import annotations

from typing import Any

import pytest

from index.scores.document import DOCUMENT, markdown
from index.scores.model import FORMULAS, Vouch
from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, niches
from tests.index.scores.people import account, case, post, score, series

NAMES = (
    "tier specialist expertise closeness loyalty engagement rising hobby independence disclosure organic_use activity"
)
NAMES += " regularity starification freshness field_geek"


def test_the_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == markdown(), "run python -m index.scores.document"
    assert set(FORMULAS) == set(NAMES.split())


def test_a_channel_that_left_its_tier_and_came_back_is_told_so() -> None:
    channel = account("youtube")
    counts = series(channel, "followers", (900, 45_200), (600, 131_000), (200, 98_700))
    found = score("tier", case(channel, numbers=[counts]))
    assert found.label == "micro"
    assert (found.value, found.low, found.high) == (98_700, 98_700, 98_799)
    moves = found.evidence["told"]["moves"]
    assert [move.partition(": ")[2] for move in moves] == ["left micro for mid", "left mid for micro, back again"]


def test_a_channel_that_is_gone_has_no_other_tier() -> None:
    channel = account("youtube", status="gone")
    one = case(channel, posts=[post(channel, 500)], numbers=[series(channel, "followers", (900, 45_200))])
    assert score("tier", one).label == "gone"
    assert score("activity", one).label == "gone"


def test_a_blog_s_tier_counts_domains_that_link_to_it() -> None:
    blog = account("blog")
    vouches = [Vouch(n, f"site{n % 4}.example", n, "blog") for n in range(8)]
    found = score("tier", case(blog, vouches=vouches))
    assert (found.value, found.high, found.label) == (4, None, "nano")


def test_a_specialist_stands_above_a_generalist_and_related_niches_between() -> None:
    ida = account()
    others = ["food.baking", "sport.cycling", "tech.pc", "books.reading", "music.making"]
    findings: dict[str, Any] = {"topic": {"domain": None, "probability": 0.95, "runners_up": []}}
    same = [post(ida, n) for n in range(12)]
    near = [
        post(ida, n, ("craft.knitting", "craft.sewing", "craft.paper")[n % 3], findings=findings) for n in range(12)
    ]
    wide = [post(ida, n, others[n % 5], findings=findings) for n in range(12)]
    values = [score("specialist", case(ida, posts=posts)).value or 0 for posts in (same, near, wide)]
    assert values[0] > 90 > values[1] > values[2] + 15
    assert values[2] < 30


def test_fewer_posts_than_the_least_make_no_score() -> None:
    ida = account()
    assert FORMULAS["specialist"](case(ida, posts=[post(ida, n) for n in range(4)])) is None
    assert (
        FORMULAS["closeness"](
            case(ida, numbers=[series(ida, "threads", (0, 3)), series(ida, "threads_answered", (0, 3))])
        )
        is None
    )


@pytest.mark.parametrize("niche", sorted(NEVER_OF_A_PERSON))
def test_posts_on_health_belief_or_politics_say_nothing_of_a_person(niche: str) -> None:
    ida = account()
    assert FORMULAS["specialist"](case(ida, posts=[post(ida, n, niche) for n in range(20)])) is None
    mixed = [post(ida, n, niche if n % 2 else "craft.knitting") for n in range(20)]
    for found in (FORMULAS[name](case(ida, posts=mixed)) for name in FORMULAS):
        assert found is None or niche not in str((found.label, found.evidence))


def test_no_niche_or_score_names_a_sensitive_trait() -> None:
    blocked = "orientation ethnic gender race age religion disability lgbt".split()  # noqa: SIM905
    for name in [*FORMULAS, *(niche.id for niche in niches() if niche.id not in NEVER_OF_A_PERSON)]:
        assert not set(name.replace("_", ".").split(".")) & set(blocked), name


def test_loyalty_and_closeness_are_shares_of_counts_of_one_meaning() -> None:
    ida = account()
    numbers = [series(ida, "repliers", (0, 40)), series(ida, "repliers_returning", (0, 10))]
    assert score("loyalty", case(ida, numbers=numbers)).value == 25.0
    other = [numbers[0], series(ida, "repliers_returning", (0, 10), definition="2")]
    assert FORMULAS["loyalty"](case(ida, numbers=other)) is None


def counted(channel: Any, definition: str) -> Any:
    posts = [post(channel, n, comments=40) for n in range(8)]
    numbers = [series(channel, "followers", (0, 30_000))]
    for one in posts:
        numbers += [series(channel, "views", (0, 2000), post=one, definition=definition)]
        numbers += [series(channel, "likes", (0, 60), post=one)]
    return case(channel, posts=posts, numbers=numbers)


def test_published_engagement_serves_only_the_definition_that_it_was_measured_under() -> None:
    before, after = counted(account("youtube"), "1"), counted(account("youtube"), "2")
    found = score("engagement", before)
    assert found.evidence["told"]["rate"] == pytest.approx(5.025)  # 100 x (60 + 40 + 1/2) / 2000, above the tier's p75
    assert 60 < (found.value or 0) < 85
    assert FORMULAS["engagement"](after) is None
    after.given["cells"] = {"youtube views/2 micro": [n / 10 for n in range(21)]}
    assert score("engagement", after).evidence["told"]["against"] == "own"


def test_rows_of_the_data_api_feed_no_score_unless_their_terms_were_accepted() -> None:
    channel = account("youtube", extractor="youtube_api/1")
    counts = series(channel, "followers", (900, 45_200), policy="youtube_api")
    one = case(channel, numbers=[counts], given={"asked": None})
    assert FORMULAS["tier"](one) is None
    assert score("tier", one, accepted=True).label == "micro"


def test_growth_over_every_sighting_is_rising_and_one_hit_is_called_so() -> None:
    ida = account()
    steady = series(ida, "followers", *((300 - 30 * n, int(1000 * 1.1**n)) for n in range(10)))
    assert score("rising", case(ida, numbers=[steady])).label == "rising"
    jump = [(300, 1000), (270, 1000), (240, 1001), (210, 4000), (180, 4000), (150, 4000), (120, 4001)]
    hit = post(ida, 225)
    found = score("rising", case(ida, posts=[hit, post(ida, 10)], numbers=[series(ida, "followers", *jump)]))
    assert found.label == "one-hit"
    assert found.evidence["posts"] == [hit.key]


def test_without_sightings_the_rate_of_posting_tells_who_fades() -> None:
    ida = account("blog")
    found = score("rising", case(ida, posts=[post(ida, days) for days in (900, 880, 850, 800, 760, 700, 600)]))
    assert (found.label, found.evidence["told"]["by"]) == ("fading", "posts")


def test_numbers_of_two_meanings_are_no_series() -> None:
    ida = account()
    old = series(ida, "followers", (300, 10), (270, 11))
    new = series(ida, "followers", (60, 5000), (30, 5000), (0, 5000), definition="2")
    assert score("rising", case(ida, numbers=[old, new])).label == "steady"


def test_paid_posts_cost_hobby_and_independence_and_silence_costs_disclosure() -> None:
    ida = account()
    kinds = ["none"] * 6 + ["disclosed", "affiliate", "undisclosed", "undisclosed"]
    posts = [post(ida, n, sponsorship=kind, findings={}) for n, kind in enumerate(kinds)]
    free = case(ida, posts=[post(ida, n) for n in range(10)])
    one = case(ida, posts=posts)
    assert score("independence", one).value == 60.0
    assert score("disclosure", one).value == 25.0  # an affiliate address without a word about it is not said
    assert (score("hobby", one).value or 0) < (score("hobby", free).value or 0) - 20


@pytest.mark.parametrize(
    "bio", ["Talent management: x", "Our talents and our roster of creators", "Media kit on request"]
)
def test_an_agency_or_a_professional_is_no_hobbyist(bio: str) -> None:
    ida, pro = account(bio="I knit after work."), account(bio=bio)
    values = [score("hobby", case(who, posts=[post(who, n) for n in range(10)])).value or 0 for who in (ida, pro)]
    assert values[0] > 90
    assert values[1] < values[0] - 25


def test_organic_use_counts_the_posts_of_those_who_use_a_thing() -> None:
    ida = account()
    posts = [post(ida, n, title="My long-term review", sponsorship="disclosed" if n == 0 else "none") for n in range(4)]
    found = score("organic_use", case(ida, posts=[*posts, *(post(ida, n) for n in range(9))]))
    assert (found.value, found.n) == (75.0, 4)


def test_who_rises_and_turns_away_from_subject_and_people_is_starring() -> None:
    ida = account()
    others = ["food.baking", "sport.cycling", "tech.pc", "books.reading", "music.making", "auto.cars", "art.photo"]
    findings: dict[str, Any] = {"topic": {"domain": None, "probability": 0.99, "runners_up": []}}
    posts = [post(ida, 400 - n) for n in range(30)]
    posts += [post(ida, 30 - n, others[n % 7], findings=findings, niche_probability=0.99) for n in range(30)]
    numbers = [series(ida, "followers", *((300 - 30 * n, int(1000 * 1.2**n)) for n in range(10)))]
    numbers += [series(ida, "threads", (300, 40), (0, 40)), series(ida, "threads_answered", (300, 36), (0, 4))]
    assert score("starification", case(ida, posts=posts, numbers=numbers)).label == "starring"
    assert score("starification", case(ida, posts=posts[:30], numbers=numbers[:1])).label == "no"


def test_posts_like_a_clock_are_more_regular_than_bursts() -> None:
    ida = account()
    clock = score("regularity", case(ida, posts=[post(ida, 7 * n) for n in range(12)])).value or 0
    burst = (
        score("regularity", case(ida, posts=[post(ida, d) for d in (0, 1, 2, 3, 200, 201, 202, 400, 401)])).value or 0
    )
    assert clock > 90
    assert burst < 50
