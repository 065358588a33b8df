"""What a creator is about and how focused they are: topic shares by EM, effective number of topics, specialism."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, domain_of, niches

Floats = npt.NDArray[np.float64]
LEAST_POSTS = 5
"""Fewer posts say too little: no estimate."""
HALF_LIFE_DAYS = 180.0
ROUNDS = 100
DRAWS = 200


@dataclass(slots=True, frozen=True)
class Focus:
    """A creator's topics. Shares sum to 1 over all niches; those never said of a person are left out of the lists."""

    posts: int
    shares: list[tuple[str, float]] = field(default_factory=list)
    """Niche and share, largest first, shares of at least 2 %."""
    domains: list[tuple[str, float]] = field(default_factory=list)
    effective_topics: float = 1.0
    """exp(entropy) of the niche shares: 1 for a pure specialist."""
    specialism: float = 0.0
    """1 - entropy / log(number of niches), 0 to 1."""
    low: float = 0.0
    high: float = 1.0
    """90 % bootstrap interval of the specialism."""


def recency_weights(dates: list[datetime | None], now: datetime, half_life_days: float = HALF_LIFE_DAYS) -> Floats:
    """A weight per post that halves every ``half_life_days``; an undated post counts as the oldest dated one."""
    ages = [max(0.0, (now - date).total_seconds() / 86400) if date else None for date in dates]
    oldest = max((age for age in ages if age is not None), default=0.0)
    return np.array([0.5 ** ((oldest if age is None else age) / half_life_days) for age in ages])


def shares(
    probabilities: Floats, weights: Floats | None = None, smoothing: float = 1.0, rounds: int = ROUNDS
) -> Floats:
    """Topic shares that make the posts' probabilities most likely: EM re-estimation of the prior.

    Saerens, Latinne & Decaestecker (2002), Neural Computation 14(1). ``probabilities`` is posts x topics from a
    classifier with an even prior; ``smoothing`` is the total of a Dirichlet prior. The plain mean of the
    probabilities would make everybody a generalist, the share of best guesses turns errors into topics.
    """
    posts, topics = probabilities.shape
    weight = np.ones(posts) if weights is None else weights * posts / weights.sum()
    prior = np.full(topics, 1 / topics)
    for _ in range(rounds):
        joint = probabilities * prior
        responsibility = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
        fresh = (weight @ responsibility + smoothing / topics) / (weight.sum() + smoothing)
        if np.abs(fresh - prior).max() < 1e-7:
            break
        prior = fresh
    return prior


def specialism(share: Floats) -> float:
    """1 - normalised entropy of the shares: 1 where all is one topic, 0 where all topics are equal."""
    return 1.0 - _entropy(share) / float(np.log(len(share)))


def focus(probabilities: Floats, weights: Floats | None = None, *, seed: int = 0) -> Focus | None:
    """What a creator is about, from posts x niches probabilities; None under five posts. Deterministic for a seed."""
    posts = len(probabilities)
    if posts < LEAST_POSTS:
        return None
    share = shares(probabilities, weights)
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(DRAWS):
        picked = random.integers(0, posts, posts)
        draws.append(specialism(shares(probabilities[picked], None if weights is None else weights[picked])))
    low, high = np.quantile(draws, [0.05, 0.95])
    value = specialism(share)
    return Focus(
        posts=posts,
        shares=_named(share),
        domains=_domains(share),
        effective_topics=round(float(np.exp(_entropy(share))), 3),
        specialism=round(value, 4),
        low=round(min(float(low), value), 4),
        high=round(max(float(high), value), 4),
    )


def _entropy(share: Floats) -> float:
    return float(-(share * np.log(np.maximum(share, 1e-300))).sum())


def _named(share: Floats, least: float = 0.02) -> list[tuple[str, float]]:
    pairs = [(niche.id, float(value)) for niche, value in zip(niches(), share, strict=True)]
    kept = [(name, round(value, 4)) for name, value in pairs if value >= least and name not in NEVER_OF_A_PERSON]
    return sorted(kept, key=lambda pair: (-pair[1], pair[0]))


def _domains(share: Floats, least: float = 0.02) -> list[tuple[str, float]]:
    sums: dict[str, float] = {}
    for niche, value in zip(niches(), share, strict=True):
        if niche.id not in NEVER_OF_A_PERSON:
            domain = domain_of()[niche.id]
            sums[domain] = sums.get(domain, 0.0) + float(value)
    return sorted(((name, round(v, 4)) for name, v in sums.items() if v >= least), key=lambda pair: (-pair[1], pair[0]))
