"""Other people's classes: how our niches map to YouTube's 11 merged categories and to SIB-200's 7 topics."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from pipelines.topics.taxonomy import niches, rows

Floats = npt.NDArray[np.float64]


@cache
def mapping(scheme: str) -> tuple[tuple[str, ...], Floats]:
    """(class names, niches x classes matrix of shares) for ``youtube11`` or ``sib7``; a niche may have no class."""
    shares: dict[tuple[int, str], float] = {}
    of = {row["niche"]: row[scheme] for row in rows("classes.tsv")}
    for place, niche in enumerate(niches()):
        for part in filter(None, of[niche.id].split("; ")):
            name, _, share = part.partition("=")
            shares[place, name] = float(share or 1)
    names = tuple(sorted({name for _, name in shares}))
    table = np.zeros((len(niches()), len(names)))
    for (place, name), share in shares.items():
        table[place, names.index(name)] = share
    return names, table


def class_probabilities(probabilities: Floats, scheme: str, log_prior: Floats | None = None) -> Floats:
    """Texts x classes from texts x niches.

    Each class counts as the mean, not the sum, of its niches, so that a class with many niches has no head start;
    ``log_prior`` (one number a class) says how common the classes are where the texts come from.
    """
    _, table = mapping(scheme)
    scores = np.log(probabilities @ table / table.sum(0) + 1e-9)
    if log_prior is not None:
        scores = scores + log_prior
    exponent = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(exponent / exponent.sum(1, keepdims=True))
