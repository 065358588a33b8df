"""The detectors that are asked, each loaded compactly, and the evidence that they give for one text."""

from __future__ import annotations

import io
import lzma
import math
import re
import zipfile
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate, chain
from typing import Any

import eldc
import numpy as np
import numpy.typing as npt
import pycld2
from py3langid import langid

from pipelines.language.codes import label, tables
from pipelines.language.profiles import Profiles

Floats = npt.NDArray[np.float32]

WINDOW = 240
"""Characters that the slower detectors read; more of the same text changes no answer."""
_READ = bytes((*b"abcdefghijklmnopqrstuvwxyz'-.,!?:;", *range(0x80, 0xF5)))
"""Bytes of a normalised lower-case text; every other is read as a space, which spares half of a large table."""
_RANKS = 2_000
"""Words read of each list of common words."""
_WORD = re.compile(r"[^\W\d_][\w'’\u0300-\u036f\u0900-\u0903\u093a-\u094f]*")


@dataclass(slots=True)
class Evidence:
    """What each detector says of one text; languages are our labels."""

    letters: int
    script: str
    eldc: dict[str, float]
    """Scores between 0 and 1, best first, at most 20."""
    eldc_sure: bool
    cld2: list[tuple[str, float, float]]
    """(language, share of the text, score), best first, at most 3."""
    cld2_sure: bool
    langdetect: Floats | None = None
    """Tempered log-probabilities in the order of ``Detectors.langdetect_labels``."""
    py3langid: Floats | None = None
    words: Floats | None = None
    """How common the text's words are in each list of common words, summed; order of ``Detectors.word_labels``."""
    word_count: int = 0


class Folded:
    """Columns that stand for one language are added up: log-likelihoods in, log-probabilities of labels out."""

    def __init__(self, codes: list[str]) -> None:
        names = [label(code) for code in codes]
        self.labels = sorted(set(names) - {""})
        pairs = sorted((self.labels.index(name), column) for column, name in enumerate(names) if name)
        self._order = np.array([column for _, column in pairs], dtype=np.intp)
        marks = [mark for mark, _ in pairs]
        self._starts = np.array([marks.index(mark) for mark in range(len(self.labels))], dtype=np.intp)

    def __call__(self, scores: Floats, temper: float) -> Floats:
        """N-grams of one text are not independent: ``temper``, a root of their number, softens the likelihoods."""
        scores = scores.take(self._order)
        odds = np.add.reduceat(np.exp((scores - scores.max()) * (1 / temper)), self._starts)
        return np.asarray(np.log(odds / odds.sum() + 1e-6), np.float32)


class Py3Langid:
    """py3langid's naive-Bayes model in a byte a weight, read from the installed package without its copies."""

    def __init__(self) -> None:
        arrays = _npz(lzma.decompress((langid.MODEL_DIR / langid.MODEL_FILE).read_bytes()))
        self._fold = Folded(arrays["classes"].tolist())
        self.labels = self._fold.labels
        self._prior = arrays["pc"].copy()
        steps, self._step = _bytes_of_halves(arrays["ptc"].view(np.uint16))
        self._table = steps.take(arrays["ptc"].view(np.uint16))
        self._classes = bytes(_READ.find(byte) + 1 for byte in range(256))
        moves = arrays["nextmove"].reshape(-1, 256).take(np.frombuffer(b" " + _READ, np.uint8), 1)
        self._next = memoryview(moves.tobytes()).cast("I")
        self._row = memoryview((arrays["nextmove_row"].astype(np.uint32) * moves.shape[1]).tobytes()).cast("I")
        self._out = memoryview(arrays["out_feat"].tobytes()).cast("i")

    def __call__(self, text: str) -> Floats | None:
        """Log-probabilities of ``labels``; None where the model knows nothing of the text."""
        encoded = f" {text.lower()} ".encode()  # the model learnt words with a space on both sides
        visits = langid.visit_counts(self._next, self._row, self._out, encoded.translate(self._classes))
        if not visits:
            return None
        counts = np.log1p(np.array(list(visits.values()), np.float32))
        rows = self._table.take(list(visits), 0).astype(np.float32)
        return self._fold((counts @ rows) * self._step + self._prior, math.sqrt(len(encoded)))


def _bytes_of_halves(bits: npt.NDArray[np.uint16]) -> tuple[npt.NDArray[np.uint8], float]:
    """The nearest of 256 even steps for every half-precision number by its bits, and the step; all are negative.

    A constant is lost in every row; it is the same for all languages. Hardly an answer in 8,000 texts changed by it.
    """
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    low, high = halves[bits.max()], halves[bits.min()]  # of negative numbers, greater bits are less
    step = float(high - low) / 255
    return ((np.nan_to_num(halves, nan=low).clip(low, high) - low) / step).round().astype(np.uint8), step


def _npz(raw: bytes) -> dict[str, Any]:
    """The arrays of an uncompressed .npz, as views of its bytes (numpy.load would copy and sum 68 MB again)."""
    found = {}
    for member in zipfile.ZipFile(io.BytesIO(raw)).infolist():
        names = raw[member.header_offset + 26 : member.header_offset + 30]
        start = member.header_offset + 30 + int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
        head = io.BytesIO(raw[start : start + 256])
        np.lib.format.read_magic(head)
        shape, _, dtype = np.lib.format.read_array_header_1_0(head)
        array = np.frombuffer(raw, dtype, math.prod(shape), start + head.tell())
        found[member.filename.removesuffix(".npy")] = array.reshape(shape)
    return found


class CommonWords:
    """Common words of 60 languages by rank, from the stop lists that come with justext."""

    def __init__(self) -> None:
        folder = resources.files("justext") / "stoplists"
        lists = [(name, (folder / f"{title}.txt").read_text("utf-8")) for title, name in tables()["words"].items()]
        hindi = (resources.files(__package__) / "romanised_hindi.txt").read_text("utf-8")
        lists.append(("hi-Latn", "\n".join(line for line in hindi.splitlines() if not line.startswith("#"))))
        self.labels = sorted({name for name, _ in lists})
        ranks: dict[str, dict[int, int]] = {}
        for name, text in lists:
            number = self.labels.index(name)
            for rank, word in enumerate(text.lower().split()[:_RANKS]):
                ranks.setdefault(word.strip(".,;:()\"«»!?'"), {}).setdefault(number, rank)
        ranks.pop("", None)
        ends = list(accumulate(map(len, ranks.values())))
        self._spans = dict(zip(ranks, zip([0, *ends], ends, strict=False), strict=True))
        self._numbers = np.fromiter(chain.from_iterable(ranks.values()), np.uint8, ends[-1])
        places = np.fromiter(chain.from_iterable(found.values() for found in ranks.values()), np.float32, ends[-1])
        self._weights = np.log(20_000 / (places + 10))

    def __call__(self, text: str) -> tuple[Floats | None, int]:
        """Sum of log(20,000 / (rank + 10)) over the words that each list knows, and the number of words."""
        words = _WORD.findall(text.lower())
        known = [span for span in map(self._spans.get, words) if span]
        if len(known) < len(words):
            stems = (re.split("['’]", word, maxsplit=1)[0] for word in words if "'" in word or "’" in word)
            known += [span for span in map(self._spans.get, stems) if span]
        if not known:
            return None, len(words)
        numbers = np.concatenate([self._numbers[start:end] for start, end in known])
        weights = np.concatenate([self._weights[start:end] for start, end in known])
        return np.bincount(numbers, weights, len(self.labels)).astype(np.float32), len(words)


class Detectors:
    """Everything that has a say, loaded once."""

    def __init__(self) -> None:
        eldc.init()
        self._eldc = eldc.instance()
        self._eldc.set_scores(20)
        self._py3langid = Py3Langid()
        self._profiles = Profiles()
        self._langdetect = Folded(self._profiles.languages)
        self._words = CommonWords()
        self.py3langid_labels = self._py3langid.labels
        self.langdetect_labels = self._langdetect.labels
        self.word_labels = self._words.labels
        self.eldc_labels = sorted({label(code) for code in eldc.LANGUAGES})
        codes = {*eldc.LANGUAGES, *(code for _, code in pycld2.LANGUAGES)}
        self._labels = {code: label(code) for code in codes if label(code)}
        named = set(pycld2.DETECTED_LANGUAGES)
        self.cld2_labels = sorted({label(code) for name, code in pycld2.LANGUAGES if name in named} - {""})

    def fast(self, text: str, letters: int, script: str) -> Evidence:
        """What eldc and cld2 say, some 20 microseconds."""
        details = self._eldc.detect_details(text)
        scores = {self._labels[code]: score for code, score in (details.scores or {}).items()}
        sure, _, found = pycld2.detect(text, isPlainText=True, bestEffort=True)
        pairs = [(self._labels[code], share / 100, score) for _, code, share, score in found if code in self._labels]
        return Evidence(letters, script, scores, details.reliable, pairs, sure)

    def second(self, text: str, evidence: Evidence) -> Evidence:
        """The same with py3langid, some 40 microseconds."""
        evidence.py3langid = self._py3langid(text[:WINDOW])
        return evidence

    def full(self, text: str, evidence: Evidence) -> Evidence:
        """The same with langdetect's profiles and common words, some 60 microseconds."""
        text = text[:WINDOW]
        scores, grams = self._profiles.scores(text)
        if scores is not None:
            evidence.langdetect = self._langdetect(scores, math.sqrt(grams))
        evidence.words, evidence.word_count = self._words(text)
        return evidence

    def hans_or_hant(self, text: str) -> str:
        """Hans or Hant, by langdetect's profiles of both; empty where they do not tell."""
        scores, _ = self._profiles.scores(text[:WINDOW])
        if scores is None:
            return ""
        ahead = scores[self._profiles.languages.index("zh-cn")] - scores[self._profiles.languages.index("zh-tw")]
        return "" if abs(ahead) < 1 else "Hans" if ahead > 0 else "Hant"
