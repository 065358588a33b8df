"""What a creator is about and how focused they are: topic shares by EM, specialism; the index scores with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ROUNDS = 100


def shares(probabilities: Floats, smoothing: float = 1.0, rounds: int = ROUNDS) -> Floats:
    """Topic shares that make the posts' probabilities most likely: EM re-estimation of the prior.

    Saerens, Latinne & Decaestecker (2002), Neural Computation 14(1). ``probabilities`` is posts x topics from a
    classifier with an even prior; ``smoothing`` is the total of a Dirichlet prior. The plain mean of the
    probabilities would make everybody a generalist, the share of best guesses turns errors into topics.
    """
    posts, topics = probabilities.shape
    prior = np.full(topics, 1 / topics)
    for _ in range(rounds):
        joint = probabilities * prior
        responsibility = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
        fresh = (responsibility.sum(axis=0) + smoothing / topics) / (posts + smoothing)
        if np.abs(fresh - prior).max() < 1e-7:
            break
        prior = fresh
    return prior


def specialism(share: Floats) -> float:
    """1 - normalised entropy of the shares: 1 where all is one topic, 0 where all topics are equal."""
    entropy = -(share * np.log(np.maximum(share, 1e-300))).sum()
    return 1.0 - float(entropy / np.log(len(share)))
