"""Trains the cheap path's matrix on the texts under texts/ and the lexicon: `python -m pipelines.topics.build.train`.

Multinomial logistic regression whose weights are pulled towards the lexicon's instead of towards zero, so that a
term which no text shows keeps what the lexicon says of it. Deterministic: full batches, no random numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax

from pipelines.topics.build.texts import texts
from pipelines.topics.taxonomy import HERE, niches, rows
from pipelines.topics.words import terms


class _Everything:
    """Stands for a vocabulary that knows every term."""

    def __contains__(self, term: object) -> bool:
        return True


def lexicon_rows() -> dict[str, dict[str, float]]:
    parsed = {}
    for row in rows("lexicon.tsv"):
        parsed[row["term"]] = {k: float(w) for k, w in (pair.split("=") for pair in row["niches"].split(" "))}
    return parsed


def vocabulary(documents: list[str], lexicon: dict[str, dict[str, float]], least: int) -> list[str]:
    """The lexicon's terms and the terms of at least ``least`` documents, sorted."""
    counts: dict[str, int] = {}
    for document in documents:
        for term in terms(document, _Everything()):
            counts[term] = counts.get(term, 0) + 1
    return sorted(set(lexicon) | {term for term, n in counts.items() if n >= least})


def matrix(documents: list[str], index: dict[str, int]) -> sparse.csr_matrix:
    """Documents x terms, each row scaled as ``Cheap.scores`` scales it."""
    pointers, columns, values = [0], [], []
    for document in documents:
        found = sorted(index[term] for term in terms(document, index))
        columns += found
        values += [1 / np.sqrt(max(len(found), 1))] * len(found)
        pointers.append(len(columns))
    return sparse.csr_matrix((values, columns, pointers), shape=(len(documents), len(index)), dtype=np.float32)


def fit(
    x: sparse.csr_matrix, y: np.ndarray, prior: np.ndarray, penalty: float, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (terms x niches) and bias that minimise cross-entropy plus ``penalty`` x squared distance to the prior.

    Terms that no text shows keep the prior and stay out of the search.
    """
    seen = np.unique(x.indices)
    shown, base, target = x[:, seen], x @ prior, np.eye(prior.shape[1], dtype=np.float32)[y]
    n, k = len(seen), prior.shape[1]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        delta, bias = flat[: n * k].reshape(n, k).astype(np.float32), flat[n * k :].astype(np.float32)
        logp = log_softmax(base + shown @ delta + bias, axis=1)
        residual = np.exp(logp) - target
        value = -(logp * target).sum() + penalty * ((delta**2).sum() + (bias**2).sum())
        parts = (shown.T @ residual + 2 * penalty * delta).ravel(), residual.sum(0) + 2 * penalty * bias
        return float(value), np.concatenate(parts).astype(np.float64)

    start = np.zeros(n * k + k)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds, "maxcor": 5}).x
    weights = prior.copy()
    weights[seen] += best[: n * k].reshape(n, k).astype(np.float32)
    return weights, best[n * k :]


def train(weight: float, penalty: float, least: int, rounds: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    names = [niche.id for niche in niches()]
    column = {name: place for place, name in enumerate(names)}
    # Articles' function words say little of titles: with them natural11 and the feeds lose half a point and three.
    lexicon, corpus = lexicon_rows(), texts(articles=False)
    vocab = vocabulary([row.text for row in corpus], lexicon, least)
    index = {term: row for row, term in enumerate(vocab)}
    prior = np.zeros((len(vocab), len(names)), np.float32)
    for term, of in lexicon.items():
        for niche, strength in of.items():
            prior[index[term], column[niche]] = weight * strength
    if not corpus:
        return vocab, prior, np.zeros(len(names))
    labels = np.array([column[row.niche] for row in corpus])
    weights, bias = fit(matrix([row.text for row in corpus], index), labels, prior, penalty, rounds)
    return vocab, weights, bias


def save(path: Path, vocab: list[str], weights: np.ndarray, bias: np.ndarray, floor: float) -> None:
    """Writes the int8 matrix; weights under ``floor`` x the largest of their row are dropped."""
    scale = np.maximum(np.abs(weights).max(1), 1e-6) / 127
    small = np.rint(weights / scale[:, None]).astype(np.int8)
    small[np.abs(small) < floor * 127] = 0
    np.savez_compressed(
        path,
        terms=np.frombuffer("\n".join(vocab).encode(), np.uint8),
        weights=small,
        scale=scale.astype(np.float32),
        bias=bias.astype(np.float32),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weight", type=float, default=3.0, help="of the lexicon against the texts")
    parser.add_argument("--penalty", type=float, default=0.2)
    parser.add_argument("--least", type=int, default=2, help="documents that must show a term")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--floor", type=float, default=0.06)
    parser.add_argument("--out", type=Path, default=HERE / "model.npz")
    args = parser.parse_args()
    save(args.out, *train(args.weight, args.penalty, args.least, args.rounds), args.floor)


if __name__ == "__main__":
    main()
