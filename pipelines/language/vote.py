"""The vote: a conditional logit over languages that knows what each detector is worth, by length, and what it can name."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.language.codes import labels_of_script, not_latin
from pipelines.language.detectors import Detectors, Evidence

Floats = npt.NDArray[np.float32]

KNOTS = (6, 14, 28, 60, 130, 300)
"""Numbers of letters between which a weight is interpolated on a logarithmic scale."""
VOTERS = ("langdetect", "py3langid", "eldc", "cld2")
FEATURES = (
    "langdetect", "py3langid", "eldc", "langdetect near", "py3langid near", "eldc near",
    "cld2 sure", "cld2 unsure", "cld2 first and sure", "cld2 score",
    "langdetect first", "py3langid first", "eldc first", "eldc first and sure",
    "two agree", "three agree", "four agree",
    "eldc+py3langid", "eldc+cld2", "py3langid+langdetect", "py3langid+cld2", "eldc+langdetect", "langdetect+cld2",
    "words", "words long", "langdetect confusion", "py3langid confusion", "eldc confusion", "cld2 confusion",
    "langdetect cannot", "py3langid cannot", "eldc cannot", "cld2 cannot", "words cannot",
)  # fmt: skip
OWN = tuple(map(FEATURES.index, ("langdetect", "py3langid", "eldc", "cld2 sure")))
"""Features whose weight each language may correct for itself."""
_PAIRS = ((2, 1), (2, 3), (1, 0), (1, 3), (2, 0), (0, 3))
_AT = {name: place for place, name in enumerate(FEATURES)}
BACKING = 10.0
"""Pseudo-counts that hold a confusion to 'names its own languages right three times of four' until told otherwise."""


def spread(letters: int) -> Floats:
    """How much of each knot's weight a text of so many letters gets; sums to 1."""
    shares = np.zeros(len(KNOTS), dtype=np.float32)
    place = math.log(min(max(letters, KNOTS[0]), KNOTS[-1]))
    upper = next(number for number in range(1, len(KNOTS)) if place <= math.log(KNOTS[number]) + 1e-9)
    low, high = math.log(KNOTS[upper - 1]), math.log(KNOTS[upper])
    shares[upper] = (place - low) / (high - low)
    shares[upper - 1] = 1 - shares[upper]
    return shares


@dataclass(slots=True)
class Weights:
    """What fit.py learnt; ``confusions`` are counts by (voter, named language, true language)."""

    labels: list[str]
    shared: Floats
    """FEATURES x KNOTS."""
    bias: Floats
    own: Floats
    """Corrections, OWN x labels."""
    confusions: dict[str, dict[str, dict[str, float]]]
    fast: dict[str, Any]

    @classmethod
    def read(cls) -> Weights:
        """The weights that come with the package (weights.json, whose head says where they come from)."""
        data = json.loads((resources.files(__package__) / "weights.json").read_text("utf-8"))
        arrays = (np.array(data[key], dtype=np.float32) for key in ("shared", "bias", "own"))
        return cls(data["labels"], *arrays, confusions=data["confusions"], fast=data["fast"])


class Vote:
    """Turns evidence into probabilities of languages."""

    def __init__(self, detectors: Detectors, weights: Weights) -> None:
        self.detectors = detectors
        self.weights = weights
        self.labels = weights.labels
        self._at = {name: place for place, name in enumerate(self.labels)}
        size = len(self.labels)
        able = (detectors.langdetect_labels, detectors.py3langid_labels, detectors.eldc_labels, detectors.cld2_labels)
        self._able = [np.array([name in labels for name in self.labels]) for labels in able]
        words = np.array([name in detectors.word_labels for name in self.labels])
        self._static = np.zeros((len(FEATURES), size), dtype=np.float32)
        for name, can in zip((*VOTERS, "words"), (*self._able, words), strict=True):
            self._static[_AT[f"{name} cannot"]] = ~can
        self._places = [self._columns(labels) for labels in able[:2]]
        self.log_ratios = [self._confusion(voter, can) for voter, can in zip(VOTERS, self._able, strict=True)]
        self._masks: dict[str, npt.NDArray[np.bool_]] = {}

    def _columns(self, labels: list[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        pairs = [(self._at[name], column) for column, name in enumerate(labels) if name in self._at]
        return np.array([at for at, _ in pairs], np.intp), np.array([column for _, column in pairs], np.intp)

    def mask(self, script: str) -> npt.NDArray[np.bool_]:
        """Which labels are written in the script."""
        if script not in self._masks:
            some, never = labels_of_script(script), not_latin()
            fits = [(name in some) if some else name not in never for name in self.labels]
            self._masks[script] = np.array(fits)
        return self._masks[script]

    def _confusion(self, voter: str, can: npt.NDArray[np.bool_]) -> dict[str, Floats]:
        counts = self.weights.confusions.get(voter, {})
        totals = np.zeros(len(self.labels), dtype=np.float32)
        for found in counts.values():
            for name, count in found.items():
                totals[self._at[name]] += count
        named = {name: sum(found.values()) for name, found in counts.items()}
        everything = sum(named.values())
        table = {}
        for name in {*self.labels, *named}:
            row = np.zeros(len(self.labels), dtype=np.float32)
            for true, count in counts.get(name, {}).items():
                row[self._at[true]] = count
            table[name] = confusion_row(row, totals, can, self._at.get(name), named.get(name, 0.0), everything)
        return table

    def firsts(self, evidence: Evidence, mask: npt.NDArray[np.bool_]) -> list[int]:
        """Place of the language that each voter puts first among those of the script; -1 where it names none."""
        tops = []
        for scores, (here, there) in zip((evidence.langdetect, evidence.py3langid), self._places, strict=True):
            if scores is None:
                tops.append(-1)
                continue
            row = np.full(len(self.labels), -np.inf, dtype=np.float32)
            row[here] = scores[there]
            row[~mask] = -np.inf
            tops.append(int(row.argmax()))
        for names in (evidence.eldc, [name for name, _, _ in evidence.cld2]):
            places = (self._at.get(name, -1) for name in names)
            tops.append(next((place for place in places if place >= 0 and mask[place]), -1))
        return tops

    def named(self, evidence: Evidence) -> tuple[str, str, str, str]:
        """What each voter names first, whatever the script: the key of its confusions."""
        names = []
        for scores, labels in ((evidence.langdetect, 0), (evidence.py3langid, 1)):
            here, there = self._places[labels]
            names.append("" if scores is None else self.labels[int(here[scores[there].argmax()])])
        names.append(next(iter(evidence.eldc), ""))
        names.append(evidence.cld2[0][0] if evidence.cld2 else "")
        return tuple(names)  # type: ignore[return-value]

    def features(self, evidence: Evidence, mask: npt.NDArray[np.bool_]) -> Floats:
        """The matrix FEATURES x labels of one text."""
        table = self._static.copy()
        for row, scores in enumerate((evidence.langdetect, evidence.py3langid)):
            if scores is not None:
                here, there = self._places[row]
                table[row, here] = scores[there]
        self._eldc_and_cld2(evidence, table)
        table[3:5] = np.maximum(table[0:2], -1)
        table[5] = np.maximum(table[2], -0.1) * 5
        self._agreements(evidence, self.firsts(evidence, mask), table)
        count = max(1, evidence.word_count)
        for name, total in (evidence.words or {}).items():
            place = self._at.get(name)
            if place is not None:
                table[_AT["words"], place] = total / count / 5
                table[_AT["words long"], place] = total / math.sqrt(count) / 5
        for row, (name, ratios) in enumerate(zip(self.named(evidence), self.log_ratios, strict=True)):
            if name in ratios:
                table[_AT["langdetect confusion"] + row] = ratios[name]
        return table

    def _eldc_and_cld2(self, evidence: Evidence, table: Floats) -> None:
        if evidence.eldc:
            best = next(iter(evidence.eldc.values()))
            table[2, self._able[2]] = min(min(evidence.eldc.values()) - best, -0.2)
            for name, score in evidence.eldc.items():
                if name in self._at:
                    table[2, self._at[name]] = score - best
        first = _AT["cld2 sure"]
        for rank, (name, share, score) in enumerate(evidence.cld2):
            place = self._at.get(name)
            if place is not None:
                table[first + (not evidence.cld2_sure), place] = share
                table[first + 2, place] = evidence.cld2_sure and rank == 0
                table[first + 3, place] = math.log1p(score) / 8

    def _agreements(self, evidence: Evidence, tops: list[int], table: Floats) -> None:
        first = _AT["langdetect first"]
        for row, place in enumerate(tops[:3]):
            if place >= 0:
                table[first + row, place] = 1
        if tops[2] >= 0:
            table[first + 3, tops[2]] = evidence.eldc_sure
        for place in {top for top in tops if top >= 0}:
            votes = tops.count(place)
            if votes > 1:
                table[_AT["two agree"] + votes - 2, place] = 1
        for row, (one, other) in enumerate(_PAIRS):
            if tops[one] == tops[other] >= 0:
                table[_AT["eldc+py3langid"] + row, tops[one]] = 1

    def probabilities(self, evidence: Evidence, prior: dict[str, float] | None = None) -> Floats:
        """Probability of each label; ``prior`` adds log-odds to some of them."""
        mask = self.mask(evidence.script)
        table = self.features(evidence, mask)
        odds = (self.weights.shared @ spread(evidence.letters)) @ table + self.weights.bias
        odds += (self.weights.own * table[OWN, :]).sum(0)
        for name, more in (prior or {}).items():
            if name in self._at:
                odds[self._at[name]] += more
        odds[~mask] = -np.inf
        chances = np.exp(odds - odds.max())
        return np.asarray(chances / chances.sum(), dtype=np.float32)


def confusion_row(
    row: Floats, totals: Floats, can: npt.NDArray[np.bool_], own: int | None, named: float, everything: float
) -> Floats:
    """log P(voter names this | language) / P(voter names this), a quarter of it, from counts with backing."""
    share = (named + 0.5) / (everything + 30)
    trust = np.where(can, 0.75, 0.0)
    expected = (1 - trust) * share
    if own is not None:
        expected[own] += trust[own]
    return np.asarray(np.log((row + BACKING * expected) / (totals + BACKING) / share) / 4, dtype=np.float32)


def agreed(evidence: Evidence) -> str:
    """The language where eldc and cld2 are both sure, far ahead and of one mind on a fair length; else empty."""
    if evidence.letters < 30 or not (evidence.eldc_sure and evidence.cld2_sure and evidence.cld2):
        return ""
    name, share, _ = evidence.cld2[0]
    best = next(iter(evidence.eldc.items()), ("", 0.0))
    if best[0] != name or share < 0.9:
        return ""
    second = sorted(evidence.eldc.values(), reverse=True)[1:2]
    return name if best[1] - (second[0] if second else 0.0) >= 0.1 else ""


@cache
def load() -> tuple[Detectors, Vote]:
    """The detectors and the vote over them; see ``detect`` for the lock around the first call."""
    detectors = Detectors()
    return detectors, Vote(detectors, Weights.read())
