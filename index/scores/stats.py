"""Intervals and trends in closed form: no resampling, so that a million posts are scored in minutes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import ceil, erf, exp, expm1, floor, log, sqrt
from statistics import median

Z = 1.96
"""Intervals are 95 % intervals."""
Point = tuple[float, float, float, float]
"""(time, value, low, high)."""


def phi(z: float) -> float:
    """The normal distribution's share below z."""
    return 0.5 * (1 + erf(z / sqrt(2)))


def student(z: float, free: int) -> float:
    """The quantile of Student's t with ``free`` degrees of freedom that stands where z stands.

    Cornish & Fisher, one term.
    """
    return z + (z**3 + z) / (4 * max(1, free))


def share(k: float, n: float, z: float = Z) -> tuple[float, float, float]:
    """(100 k / n, low, high) by Wilson (1927); good from a handful of cases on."""
    centre, spread = (k + z * z / 2) / (n + z * z), z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return 100 * k / n, 100 * max(0.0, centre - spread), 100 * min(1.0, centre + spread)


def count_interval(k: int, z: float = Z) -> tuple[float, float]:
    """Limits of a Poisson mean after k events: Garwood (1936) by the Wilson-Hilferty approximation."""
    low = k * (1 - 1 / (9 * k) - z / (3 * sqrt(k))) ** 3 if k else 0.0
    return max(0.0, low), (k + 1) * (1 - 1 / (9 * (k + 1)) + z / (3 * sqrt(k + 1))) ** 3


def pairs_mean(alike: Sequence[Sequence[float]], z: float = Z) -> tuple[float, float, float]:
    """(U, low, high): mean likeness of all pairs, with the jackknife's error of a U-statistic (Arvesen 1969).

    ``alike`` is a symmetric n x n matrix of values from 0 to 1, n >= 3. Two pseudo-posts, one like all and one like
    none, keep the interval open where every pair is the same (as Agresti & Coull 1998 do for shares).
    """
    n = len(alike)
    means = [(sum(row) - row[i]) / (n - 1) for i, row in enumerate(alike)]
    u = sum(means) / n
    padded = [*means, 1.0, 0.0]
    m = len(padded)
    centre = sum(padded) / m
    error = sqrt(4 * (m - 1) / (m * (m - 2) ** 2) * sum((g - centre) ** 2 for g in padded))
    return u, max(0.0, min(u, centre - z * error)), min(1.0, max(u, centre + z * error))


def theil_sen(points: Sequence[Point], least_gap: float, z: float = Z) -> tuple[float, float, float] | None:
    """(slope, low, high) of the logarithms: Sen (1968), where each count is only known to lie in an interval.

    The slope is the median over all pairs at least ``least_gap`` apart; its limits are order statistics of the
    pairs' least and greatest slopes that the counts' intervals leave open. None without a pair.
    """
    logs = [(t, log(max(v, 0.5)), log(max(low, 0.5)), log(max(high, 0.5))) for t, v, low, high in points]
    mids, lows, highs = [], [], []
    for a, b in combinations(logs, 2):
        gap = b[0] - a[0]
        if gap >= least_gap:
            mids.append((b[1] - a[1]) / gap)
            lows.append((b[2] - a[3]) / gap)
            highs.append((b[3] - a[2]) / gap)
    if not mids:
        return None
    n, k = len(points), len(mids)
    reach = z * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    first, last = max(0, floor((k - reach) / 2)), min(k - 1, ceil((k + reach) / 2))
    return median(mids), sorted(lows)[first], sorted(highs)[last]


def rate_trend(times: Sequence[float], end: float, z: float = Z) -> tuple[float, float, float]:
    """(slope, low, high) of the logarithm of a rate of events: Cox & Lewis (1966), from the events' mean place.

    The clock starts at the first event; ``times`` ascend, at least three; ``end`` is when watching ended. Who posts
    more evenly than chance (or in bursts) has a mean place that is surer (or less sure): the error is scaled by the
    variance of the gaps once the trend is taken out (time rescaling, Brown et al. 2002), drawn to 1 as if by PRIOR_GAPS
    random gaps.
    """
    start, length = times[0], end - times[0]
    places = [(t - start) / length for t in times[1:]]
    mean = sum(places) / len(places)
    tilt = _tilt(mean)
    reach = student(z, len(places) - 1) * sqrt(_unevenness(places, tilt) / len(places))
    limits = []
    for side in (-reach, reach):
        limit = tilt
        for _ in range(3):  # the error of the place is that under the limit, not under the estimate
            limit = _tilt(mean + side * sqrt(_spread(limit)))
        limits.append(limit / length)
    return tilt / length, limits[0], limits[1]


MOST_TILT = 30.0
PRIOR_GAPS = 4


def _unevenness(places: Sequence[float], tilt: float) -> float:
    """Squared coefficient of variation of the gaps after the trend is taken out; 1 for events at random."""
    flat = [0.0, *(expm1(tilt * p) / expm1(tilt) if abs(tilt) > 1e-6 else p for p in places)]
    gaps = [b - a for a, b in pairwise(flat)]
    mean = sum(gaps) / len(gaps)
    return (sum((gap / mean - 1) ** 2 for gap in gaps) + PRIOR_GAPS) / (len(gaps) - 1 + PRIOR_GAPS) if mean else 1.0


def _mean_place(tilt: float) -> float:
    """Mean of the density proportional to exp(tilt u) on 0..1."""
    if abs(tilt) < 1e-4:
        return 0.5 + tilt / 12
    return -1 / expm1(-tilt) - 1 / tilt


def _spread(tilt: float) -> float:
    if abs(tilt) < 1e-2:
        return 1 / 12
    return max(1e-4, 1 / tilt**2 - exp(-abs(tilt)) / expm1(-abs(tilt)) ** 2)


def _tilt(mean: float) -> float:
    """The tilt whose density has this mean, by bisection, at most MOST_TILT."""
    low, high = -MOST_TILT, MOST_TILT
    for _ in range(40):
        middle = (low + high) / 2
        if _mean_place(middle) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2
