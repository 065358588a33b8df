"""What a creator is about and how focused they are: topic shares by EM, specialism; the index scores with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ROUNDS = 100
HALF_LIFE = 180.0
"""Days after which a post counts half for what its author is about."""


def recency(published: Sequence[datetime | None]) -> Floats:
    """A weight a post, 1 in the mean: halved every HALF_LIFE days before the newest; undated ones count as the mean."""
    dated = [at for at in published if at is not None]
    ages = [(max(dated) - at).total_seconds() / 86_400 if at else np.nan for at in published] if dated else []
    weights = 0.5 ** (np.array(ages) / HALF_LIFE) if dated else np.ones(len(published))
    return np.nan_to_num(weights / np.nanmean(weights), nan=1.0)


def shares(
    probabilities: Floats, weights: Floats | None = None, *, smoothing: float = 1.0, rounds: int = ROUNDS
) -> Floats:
    """Topic shares that make the posts' probabilities most likely: EM re-estimation of the prior.

    Saerens, Latinne & Decaestecker (2002), Neural Computation 14(1). ``probabilities`` is posts x topics from a
    classifier with an even prior; ``smoothing`` is the total of a Dirichlet prior. The plain mean of the
    probabilities would make everybody a generalist, the share of best guesses turns errors into topics. ``weights``:
    one a post, such as ``recency``.
    """
    posts, topics = probabilities.shape
    weights = np.ones(posts) if weights is None else weights
    prior = np.full(topics, 1 / topics)
    for _ in range(rounds):
        joint = probabilities * prior
        responsibility = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
        fresh = (weights @ responsibility + smoothing / topics) / (weights.sum() + smoothing)
        if np.abs(fresh - prior).max() < 1e-7:
            break
        prior = fresh
    return prior


def effective(share: Floats) -> float:
    """The effective number of topics: of equal shares so many would be as mixed (exp of the entropy; Hill 1973)."""
    return float(np.exp(-(share * np.log(np.maximum(share, 1e-300))).sum()))


def specialism(share: Floats) -> float:
    """1 - normalised entropy of the shares: 1 where all is one topic, 0 where all topics are equal."""
    return 1.0 - float(np.log(effective(share)) / np.log(len(share)))
