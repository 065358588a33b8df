"""The vote: a conditional logit that knows what each detector is worth at each length, and what it can name."""

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

LANES = (16, 30, 60)
"""Letters from which the agreement of the fast detectors is trusted, and trusted more."""
KNOTS = (6, 14, 28, 60, 130, 300)
"""Numbers of letters between which a weight is interpolated on a logarithmic scale."""
VOTERS = ("langdetect", "py3langid", "eldc", "cld2")
FEATURES = (
    "langdetect", "py3langid", "eldc", "cld2 sure", "langdetect near", "py3langid near", "eldc near",
    "cld2 unsure", "cld2 first and sure", "cld2 score",
    "langdetect first", "py3langid first", "eldc first", "eldc first and sure",
    "two agree", "three agree", "four agree",
    "eldc+py3langid", "eldc+cld2", "py3langid+langdetect", "py3langid+cld2", "eldc+langdetect", "langdetect+cld2",
    "words", "words long", "langdetect confusion", "py3langid confusion", "eldc confusion", "cld2 confusion",
    "langdetect cannot", "py3langid cannot", "eldc cannot", "cld2 cannot", "words cannot",
)  # fmt: skip
OWN = slice(0, 4)
"""Features whose weight each language may correct for itself."""
_PAIRS = ((2, 1), (2, 3), (1, 0), (1, 3), (2, 0), (0, 3))
_AT = {name: place for place, name in enumerate(FEATURES)}
_FIRST, _AGREE, _WORDS = _AT["langdetect first"], _AT["two agree"], _AT["words"]
_PAIR, _CONFUSION = _AT["eldc+py3langid"], _AT["langdetect confusion"]
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
        shared, bias, own = (np.array(data[key], dtype=np.float32) for key in ("shared", "bias", "own"))
        return cls(data["labels"], shared, bias, own, data["confusions"], data["fast"])


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
        self._eldc = frozenset(detectors.eldc_labels)
        self._places = [self._columns(labels) for labels in (*able[:2], detectors.word_labels)]
        self._paces: dict[int, Floats] = {}
        self._bars: dict[str, Floats] = {}
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

    def _firsts(self, evidence: Evidence, table: Floats) -> list[int]:
        """Place of the language that each voter puts first among those of the script; -1 where it names none."""
        mask = self.mask(evidence.script)
        if evidence.script not in self._bars:
            self._bars[evidence.script] = np.where(np.stack(self._able[:2]) & mask, 0, -np.inf).astype(np.float32)
        best = (table[0:2] + self._bars[evidence.script]).argmax(1).tolist()
        tops = [best[0] if evidence.langdetect is not None else -1, best[1] if evidence.py3langid is not None else -1]
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

    def features(self, evidence: Evidence) -> Floats:
        """The matrix FEATURES x labels of one text."""
        table = self._static.copy()
        for row, scores in enumerate((evidence.langdetect, evidence.py3langid)):
            if scores is not None:
                here, there = self._places[row]
                table[row, here] = scores[there]
        self._eldc_and_cld2(evidence, table)
        np.maximum(table[0:2], -1, out=table[4:6])
        table[6] = np.maximum(table[2], -0.1) * 5
        self._agreements(evidence, self._firsts(evidence, table), table)
        count = max(1, evidence.word_count)
        if evidence.words is not None:
            here, there = self._places[2]
            table[_WORDS, here] = evidence.words[there] * (0.2 / count)
            table[_WORDS + 1, here] = evidence.words[there] * (0.2 / math.sqrt(count))
        for row, (name, ratios) in enumerate(zip(self.named(evidence), self.log_ratios, strict=True)):
            if name in ratios:
                table[_CONFUSION + row] = ratios[name]
        return table

    def _eldc_and_cld2(self, evidence: Evidence, table: Floats) -> None:
        if evidence.eldc:
            best = next(iter(evidence.eldc.values()))
            table[2, self._able[2]] = min(min(evidence.eldc.values()) - best, -0.2)
            for name, score in evidence.eldc.items():
                if name in self._at:
                    table[2, self._at[name]] = score - best
        for rank, (name, share, score) in enumerate(evidence.cld2):
            place = self._at.get(name)
            if place is not None:
                table[3 if evidence.cld2_sure else 7, place] = share
                table[8, place] = evidence.cld2_sure and rank == 0
                table[9, place] = math.log1p(score) / 8

    def _agreements(self, evidence: Evidence, tops: list[int], table: Floats) -> None:
        for row, place in enumerate(tops[:3]):
            if place >= 0:
                table[_FIRST + row, place] = 1
        if tops[2] >= 0:
            table[_FIRST + 3, tops[2]] = evidence.eldc_sure
        for place in {top for top in tops if top >= 0}:
            votes = tops.count(place)
            if votes > 1:
                table[_AGREE + votes - 2, place] = 1
        for row, (one, other) in enumerate(_PAIRS):
            if tops[one] == tops[other] >= 0:
                table[_PAIR + row, tops[one]] = 1

    def confirmed(self, evidence: Evidence) -> str:
        """The language where cld2 is sure, py3langid agrees and eldc agrees or has no name for it; else empty."""
        if evidence.letters < LANES[1] or not (evidence.cld2_sure and evidence.cld2) or evidence.py3langid is None:
            return ""
        name = evidence.cld2[0][0]
        if self.detectors.py3langid_labels[int(evidence.py3langid.argmax())] != name:
            return ""
        return name if name not in self._eldc or name == next(iter(evidence.eldc), "") else ""

    def quick(self, text: str, letters: int, script: str) -> tuple[Evidence, str, float]:
        """Evidence as far as it was needed, and a clear answer with the share of such that were right; else empty."""
        evidence = self.detectors.fast(text, letters, script)
        for way, ask in (("agreed", agreed), ("confirmed", self.confirmed)):
            if way == "confirmed":
                self.detectors.second(text, evidence)
            name, record = ask(evidence), self.weights.fast.get(way)
            if name and record and f"{name}-{script}" not in record["closed"]:
                return evidence, name, record["right"].get(lane(evidence), 0.99)
        return evidence, "", 0.0

    def probabilities(self, evidence: Evidence, prior: dict[str, float] | None = None) -> Floats:
        """Probability of each label; ``prior`` adds log-odds to some of them."""
        mask = self.mask(evidence.script)
        table = self.features(evidence)
        letters = min(evidence.letters, KNOTS[-1])
        pace = self._paces.get(letters)
        if pace is None:
            pace = self._paces[letters] = self.weights.shared @ spread(letters)
        odds = pace @ table + self.weights.bias + np.einsum("ql,ql->l", self.weights.own, table[OWN])
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
    """The language where eldc and cld2 are both sure, of one mind and clear of the second, on a fair length."""
    if evidence.letters < LANES[0] or not (evidence.eldc_sure and evidence.cld2_sure and evidence.cld2):
        return ""
    (name, score), *others = evidence.eldc.items()
    clear = not others or score - others[0][1] >= 0.05
    return name if clear and evidence.cld2[0][0] == name else ""


def lane(evidence: Evidence) -> str:
    """The key of a fast answer's record: texts of one length are trusted alike."""
    return f"{sum(evidence.letters >= least for least in LANES)}"


@cache
def load() -> tuple[Detectors, Vote]:
    """The detectors and the vote over them; see ``detect`` for the lock around the first call."""
    detectors = Detectors()
    return detectors, Vote(detectors, Weights.read())
