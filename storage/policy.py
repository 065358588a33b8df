"""What a visit is worth and when the next is due: pure functions, run alike by the frontier and benchmarks.refresh.

Visits are spread so that posts are found early: priority = weight x rate x (days since the last visit)^2, the delay
that a visit ends; crawling what is highest keeps the mean delay of discovery near its least.
Binary freshness is not what is optimised: it gives up on those who post most (Cho & Garcia-Molina 2003, 4.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, expm1, log, log2, sqrt
from typing import Any, TypeVar
from urllib.parse import urlsplit

MEAN_DAYS = 7.0
"""Days between visits, in the mean over all sources, where the budget allows."""
LEAST_DAYS, MOST_DAYS = 0.25, 24.5
"""No source is due sooner or later than this after a good visit."""
OVERDUE = 3.5
"""Mean intervals after which a source goes before all others, so that none waits for four."""
EAGER = 0.75
"""Sources are due a little before the mean interval, so that there is always a choice for priority to make."""
PRIOR_RATE, PRIOR_DAYS = 0.06, 12.0
"""Posts a day of a source of which nothing is known, and how many days of watching that guess is worth."""
DECAY = 60.0
"""Days in which what a post counts for the rate falls to 1/e, by half in 42: who falls silent sinks."""
DATES = 15
"""The newest posts whose dates are looked at: what a feed commonly shows."""
CUT = 8
"""A list of so many posts may have been cut: it tells of the time since its oldest only."""
VISITS = 16
"""Visits that are remembered of a source whose posts have no dates."""
VISITED = ("seed", "channel", "profile")
"""Kinds of source that a visit starts from; the others (a feed of a blog) are read on the way."""
NEW = 100
"""The band of sources that were never visited."""
BANDS = range(-8, 5)
WELL = frozenset({"ok", "unchanged"})
OURS = {"resting": 0.1, "database": 0.1, "budget": 1.0, "no_contact": 1.0, "not_archived": 1.0}
"""Outcomes that say nothing against the source: days until it is tried again."""
LASTING = frozenset(
    {"gone", "moved", "robots", "noindex", "opted_out", "server_rules", "no_unauthenticated", "suspended", "bot"}
    | {"not_a_creator", "not_a_feed", "no_posts", "http_404", "http_410", "http_401", "http_403", "scheme"}
)
"""Failures that rarely mend within days; any other may be over tomorrow."""
LONGEST_DAYS = 56.0
"""The longest wait after failures: some come back."""
PATIENCE = 5
"""Failures in a row that put a source into quarantine."""
DEADLY = 20
"""Visits begun and never ended (the crawl died) that do the same."""

Number = TypeVar("Number", float, Any)
"""A number, an array of them, or an SQL expression."""


def priority(weight: Number, rate: Number, days: Number) -> Number:
    """What a visit is worth now. ``rate``: posts a day; ``days``: since the last visit."""
    return weight * rate * days * days


def hope(rate: float, attempts: int) -> float:
    """Posts a day to count on where the last ``attempts`` visits gave nothing (rule of succession)."""
    return rate / (1 + attempts)


def overdue(days: Number, mean_days: float) -> Any:
    """Whether a source goes before all others (the starvation guard)."""
    return days >= OVERDUE * mean_days


def interval(weight: float, rate: float, root: float) -> float:
    """Days from a visit to when the next is due, before ``bounded``: all sources then have equal priority.

    ``root``: the mean of sqrt(weight x rate) over all sources; so the mean of visits a day comes out at 1 / MEAN_DAYS.
    """
    return EAGER * MEAN_DAYS * root / sqrt(weight * rate)


def bounded(days: float) -> float:
    return min(max(days, LEAST_DAYS), MOST_DAYS)


def band(weight: float, rate: float) -> int:
    """Sources of like worth share a band, an octave of weight x rate, so that an index can order each by time."""
    return min(max(round(log2(max(weight * rate, 1e-9))), BANDS[0]), BANDS[-1])


def root_of(bands: Mapping[int, int]) -> float:
    """The mean of sqrt(weight x rate), from how many sources each band holds."""
    counted = {number: count for number, count in bands.items() if number in BANDS}
    total = sum(counted.values())
    return sum(2 ** (number / 2) * count for number, count in counted.items()) / total if total else sqrt(PRIOR_RATE)


def rate_from_dates(ages: Iterable[float]) -> float:
    """Posts a day, from the ages in days of the newest posts (of them at most DATES are looked at).

    Counts decay with DECAY; fewer than CUT posts are taken for all there are in the last year.
    """
    known = sorted(age for age in ages if age >= 0)[:DATES]
    if not known:
        return PRIOR_RATE * PRIOR_DAYS / (PRIOR_DAYS + 120)
    span = known[-1] if len(known) >= CUT else max(known[-1], 365.0)
    seen = sum(exp(-age / DECAY) for age in known)
    return (seen + PRIOR_RATE * PRIOR_DAYS) / (DECAY * -expm1(-span / DECAY) + PRIOR_DAYS)


_GRID = [exp(log(1 / 720) + step * (log(8) - log(1 / 720)) / 35) for step in range(36)]
_PRIOR = [-0.5 * ((log(rate) - log(PRIOR_RATE)) / 1.5) ** 2 for rate in _GRID]


def rate_from_visits(visits: Sequence[tuple[float, bool]]) -> float:
    """Posts a day where posts have no dates: the mean of the posterior, over a grid of rates, of a Poisson process.

    ``visits``: (days since the visit before, was there anything new), oldest first; exact for irregular intervals.
    Older ones count less (half after half a year); the prior is lognormal around PRIOR_RATE.
    """
    found, age = list(_PRIOR), 0.0
    for days, new in reversed(visits):
        trust = 0.5 ** (age / (3 * DECAY))
        age += days
        for place, rate in enumerate(_GRID):
            expected = max(rate * days, 1e-9)
            found[place] += trust * (log(-expm1(-expected)) if new else -expected)
    best = max(found)
    odds = [exp(value - best) for value in found]
    return sum(rate * odd for rate, odd in zip(_GRID, odds, strict=True)) / sum(odds)


def retry(outcome: str, attempts: int) -> float:
    """Days until a source that failed is tried again; twice as long each time in a row. ``attempts``: 1 or more."""
    if outcome in OURS:
        return OURS[outcome]
    first = MEAN_DAYS if outcome in LASTING else 1.0
    quarantined = attempts >= PATIENCE
    return min(max(first * 2.0 ** min(attempts - 1, 8), LONGEST_DAYS / 2 if quarantined else 0), LONGEST_DAYS)


def host_of(url: str) -> str:
    """Host and port of an address: what one worker at a time may visit."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
