"""The cheap path: a lexicon and a linear model over its terms, in one int8 matrix; numpy only, always there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.topics.taxonomy import HERE
from pipelines.topics.words import terms

Scores = npt.NDArray[np.float32]


class Cheap:
    """Scores texts with the shipped matrix: one row per term, one column per niche."""

    name = "cheap"

    def __init__(self, path: Path = HERE / "model.npz") -> None:
        with np.load(path, allow_pickle=False) as model:
            self.index = {term: row for row, term in enumerate(bytes(model["terms"]).decode().split("\n"))}
            self.weights: npt.NDArray[np.int8] = model["weights"]
            self.scale: Scores = model["scale"]
            self.bias: Scores = model["bias"]

    def scores(self, texts: list[str]) -> Scores:
        """Unnormalised log-probabilities, one row a text, one column a niche; a text without known terms gets zeros.

        The sum over a text's terms is divided by the root of their number: terms of one text are not independent.
        """
        out = np.zeros((len(texts), len(self.bias)), np.float32)
        for row, text in enumerate(texts):
            found = [self.index[term] for term in terms(text, self.index)]
            if found:
                rows = np.sort(found)
                out[row] = self.scale[rows] @ self.weights[rows] / np.sqrt(len(found)) + self.bias
        return out

    def evidence(self, text: str, niche: int, most: int = 5) -> list[str]:
        """The terms of the text that spoke for the niche (a column), strongest first."""
        weights = {term: float(self.weights[row, niche] * self.scale[row]) for term, row in self._rows(text)}
        return sorted((term for term, weight in weights.items() if weight > 0), key=lambda t: (-weights[t], t))[:most]

    def _rows(self, text: str) -> list[tuple[str, int]]:
        return [(term, self.index[term]) for term in terms(text, self.index)]


@cache
def cheap() -> Cheap:
    """The shipped model, read once."""
    return Cheap()
