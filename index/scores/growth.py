"""Scores over time: rising, activity, regularity, starification, freshness."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from math import exp, log, sqrt
from statistics import fmean
from typing import Any

from index.scores.audience import gone, newest
from index.scores.content import specialist
from index.scores.model import API, Case, Score, Series, formula, rests_on
from index.scores.stats import Point, Z, count_interval, rate_trend, share, student, theil_sen

YEAR = timedelta(days=365.25)
MOST_POINTS = 40
LEAST_HIT = log(1.2)
"""A rise by less than a fifth is no hit."""
LEAST_SPAN = timedelta(days=180)
"""A trend of the posting rate needs so long."""


def years(since: datetime, when: datetime) -> float:
    return (when - since) / YEAR


def points(case: Case, one: Series) -> list[Point]:
    """The sightings of a series as (years, value, low, high): the first and last of each stretch, thinned evenly."""
    start = one.seen[0].first
    found: dict[datetime, Point] = {}
    for seen in one.seen:
        for when in (seen.first, min(seen.last, case.as_of)):
            if when >= seen.first:
                found[when] = (years(start, when), seen.value, seen.low, seen.high)
    ordered = [found[when] for when in sorted(found)]
    if len(ordered) <= MOST_POINTS:
        return ordered
    return [ordered[round(i * (len(ordered) - 1) / (MOST_POINTS - 1))] for i in range(MOST_POINTS)]


@formula(
    "rising", unit="doublings a year", least=3, of="sightings, else posts",
    source="Theil 1950 and Sen 1968 on logarithms of counts that are intervals (YouTube shows 3 figures); fallback: "
    "Cox & Lewis 1966, trend of a rate of events",
)  # fmt: skip
def rising(case: Case) -> Score | None:
    """Median slope of log2(followers) over all pairs of sightings a week apart, of the account seen most often.

    rising / fading: the interval lies above / below 0; one-hit: they grew by a fifth or more, half of it in one step,
    and without that step there is no certain rise (the posts published then are named); else steady. Without three
    sightings over four weeks: the slope of log2 of the posting rate from the first dated post to the last visit
    (``told.by`` = posts; five posts over half a year at least; the words ask for one-sided 90 %): who writes more each
    year, or less.
    """
    series = max(newest(case, "followers"), key=lambda s: (len(s.seen), s.seen[-1].value), default=None)
    told = points(case, series) if series else []
    if series is not None and len(told) >= 3 and told[-1][0] * 365.25 >= 28:
        trend = theil_sen(told, 7 / 365.25)
        if trend is not None:
            word, hit = _word(trend), []
            if word != "fading" and (step := _one_step(told)) is not None:
                word, hit = "one-hit", _posts_between(case, series, step)
            evidence = rests_on(accounts=case.accounts, posts=hit, series=[series], told={"by": "followers"})
            return _doublings(trend, len(told), word, evidence)
    return _by_posts(case)


def _word(trend: tuple[float, float, float]) -> str:
    return "rising" if trend[1] > 0 else "fading" if trend[2] < 0 else "steady"


def _one_step(told: list[Point]) -> tuple[float, float] | None:
    """(from, to) of the largest step, where nothing is left of the rise without it."""
    if len(told) < 4:
        return None
    steps = [log(max(b[1], 1)) - log(max(a[1], 1)) for a, b in itertools.pairwise(told)]
    at = max(range(len(steps)), key=lambda i: steps[i])
    growth = log(max(told[-1][1], 1)) - log(max(told[0][1], 1))
    if growth < LEAST_HIT or steps[at] < growth / 2:
        return None
    ratio = max(told[at][1], 1) / max(told[at + 1][1], 1)
    flat = [*told[: at + 1], *((t, v * ratio, low * ratio, high * ratio) for t, v, low, high in told[at + 1 :])]
    without = theil_sen(flat, 7 / 365.25)
    return (told[at][0], told[at + 1][0]) if without is not None and without[1] <= 0 else None


def _posts_between(case: Case, one: Series, step: tuple[float, float]) -> list[Any]:
    start = one.seen[0].first
    return [p for p in case.dated if step[0] <= years(start, p.published_at) <= step[1]][:5]


def _by_posts(case: Case) -> Score | None:
    posts = sorted(case.dated, key=lambda p: (p.published_at, p.key))
    if len(posts) < 5 or case.as_of - posts[0].published_at < LEAST_SPAN:
        return None
    times = [years(posts[0].published_at, p.published_at) for p in posts]
    end = max(years(posts[0].published_at, case.as_of), times[-1])
    word = _word(rate_trend(times, end, 1.2816))
    trend = rate_trend(times, end)
    return _doublings(trend, len(posts), word, rests_on(posts=posts, told={"by": "posts"}))


def _doublings(trend: tuple[float, float, float], n: int, word: str, evidence: dict[str, Any]) -> Score:
    value, low, high = (slope / log(2) for slope in trend)
    return Score(value, low, high, n, word, evidence)


@formula(
    "activity", unit="posts a month", least=1, of="dated posts",
    source="posts of the year before the last visit; active as Kagi's Small Web list asks: a post within 12 months; "
    "interval: Garwood 1936",
)  # fmt: skip
def activity(case: Case) -> Score | None:
    """Dated posts of the last 365 days per month (less where the 100 newest posts span less).

    active: a post within 90 days; slow: within 12 months; dormant: none since; else the accounts' status (gone ...).
    """
    dated = case.dated
    if not dated:
        return None
    recent = [p for p in dated if case.as_of - p.published_at <= timedelta(days=365)]
    cut = len(recent) == len(case.posts) >= 100
    span = max(1.0, (case.as_of - recent[-1].published_at).days) if cut else 365.0
    months = span / 30.44
    quiet = (case.as_of - max(p.published_at for p in dated)).days
    word = gone(case) or ("active" if quiet <= 90 else "slow" if quiet <= 365 else "dormant")
    low, high = count_interval(len(recent))
    posts = recent or dated[:1]
    evidence = rests_on(accounts=case.accounts, posts=posts)
    return Score(len(recent) / months, low / months, high / months, len(posts), word, evidence)


@formula(
    "regularity", unit="0-100", least=5, of="dated posts",
    source="burstiness (r - 1) / (r + 1), r the gaps' coefficient of variation: Goh & Barabasi 2008 (EPL 81)",
)  # fmt: skip
def regularity(case: Case) -> Score | None:
    """50 x (1 - burstiness) of the gaps between posts: 100 like a clock, 50 at random, 0 in one burst.

    Limits: jackknife of the logarithm of the gaps' coefficient of variation.
    """
    times = sorted(p.published_at for p in case.dated)
    gaps = [(b - a) / timedelta(days=1) for a, b in itertools.pairwise(times)]
    if len(gaps) < 4 or not sum(gaps):
        return None
    n, ratio = len(gaps), _unevenness(gaps)
    drops = [log(_unevenness(gaps[:i] + gaps[i + 1 :])) for i in range(n)]
    free = n // 4  # gaps have heavy tails: the error itself is known no better than from so many
    error = student(Z, free) * sqrt((n - 1) * fmean((drop - fmean(drops)) ** 2 for drop in drops))
    value, high, low = (_regular(ratio * exp(side)) for side in (0.0, -error, error))
    return Score(value, low, high, len(times), None, rests_on(posts=case.dated))


def _unevenness(gaps: list[float]) -> float:
    """The gaps' coefficient of variation, a little above 0 so that it has a logarithm."""
    mean = sum(gaps) / len(gaps) or 1.0
    return max(0.01, sqrt(sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1)) / mean)


def _regular(r: float) -> float:
    return 50 * (1 - (r - 1) / (r + 1))


@formula(
    "starification", unit="0-100", least=10, of="posts with a topic",
    source="more followers cue weaker ties: Wies, Bleier & Edeling 2023; closeness and specialism before and after",
    data=("weights.toml", "words.tsv"),
)  # fmt: skip
def starification(case: Case) -> Score | None:
    """Points by which specialist (older against newer half of the posts) and closeness (first against last visit) fell.

    The mean of those that are known, where followers rise; 0 where they do not. starring: the interval lies above 0.
    """
    series = max(newest(case, "followers"), key=lambda s: len(s.seen), default=None)
    told = points(case, series) if series else []
    growth = theil_sen(told, 7 / 365.25) if len(told) >= 3 else None
    if series is None or growth is None:
        return None
    if growth[1] <= 0:  # who does not rise is no star
        evidence = rests_on(accounts=case.accounts, posts=case.dated, series=[series])
        return Score(0.0, 0.0, 0.0, len(case.dated), "no", evidence)
    halves = _halves(case)
    if halves is None:
        return None
    falls = [halves]
    threads = _answers(case)
    if threads is not None:
        falls.append(threads[0])
    used = [*(threads[1] if threads else []), series]
    value = fmean(fall for fall, _ in falls)
    error = Z * sqrt(sum(var for _, var in falls)) / len(falls)
    limits = max(0.0, value - error), min(100.0, max(0.0, value) + error)
    word = "starring" if value > error else "no"
    evidence = rests_on(accounts=case.accounts, posts=case.dated, series=used)
    return Score(max(0.0, value), *limits, len(case.dated), word, evidence)


def _halves(case: Case) -> tuple[float, float] | None:
    """(fall, variance) of the specialist score from the older to the newer half of the dated posts."""
    dated = sorted(case.dated, key=lambda p: (p.published_at, p.key))
    old, new = (specialist(Case(case.creator, case.as_of, posts=half)) for half in _split(dated))
    return None if old is None or new is None else _fall(_triple(old), _triple(new))


def _split(items: list[Any]) -> tuple[list[Any], list[Any]]:
    return items[: len(items) // 2], items[len(items) // 2 :]


def _triple(score: Score) -> tuple[float, float, float]:
    return float(score.value or 0), float(score.low or 0), float(score.high or 0)


def _fall(old: tuple[float, float, float], new: tuple[float, float, float]) -> tuple[float, float]:
    return old[0] - new[0], sum(((high - low) / (2 * Z)) ** 2 for _, low, high in (old, new))


def _answers(case: Case) -> tuple[tuple[float, float], list[Series]] | None:
    """(fall, variance, series) of the share of answered threads from the first to the last visit that counted it."""
    for whole in newest(case, "threads"):
        for part in newest(case, "threads_answered", whole.account):
            ends = [(part.seen[i].value, whole.seen[i].value) for i in (0, -1)]
            if len(part.seen) > 1 and part.definition == whole.definition and all(0 < n >= k for k, n in ends):
                return _fall(share(*ends[0]), share(*ends[1])), [part, whole]
    return None


@formula(
    "freshness", unit="0-100", least=1, of="accounts", policies=API,
    source="age of the last visit, halved every 30 days; ages in whole weeks",
)  # fmt: skip
def freshness(case: Case) -> Score | None:
    """100 x 0.5^(age / 30 days), age from the creator's last visit to the newest visit of the whole index.

    fresh: within 30 days; aging: within 90; stale; or the accounts' status (gone ...). It says nothing of the creator,
    only of what is known of them, so rows of every source policy count. No interval: it is known exactly.
    """
    asked = case.given.get("asked")
    if asked is None or not case.accounts:
        return None
    age = max(0, (asked - week_of(max(row.last_seen for row in case.accounts))).days)
    value = 100 * 0.5 ** (age / 30)
    word = "fresh" if age <= 30 else "aging" if age <= 90 else "stale"
    evidence = rests_on(accounts=case.accounts, given={"asked": asked.isoformat()})
    return Score(value, value, value, len(case.accounts), gone(case) or word, evidence)


def week_of(when: datetime) -> datetime:
    """The Monday of a time: what happens again within a week makes no new score."""
    return (when - timedelta(days=when.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
