"""The detectors that are asked, each loaded compactly, and the evidence that they give for one text."""

from __future__ import annotations

import io
import lzma
import math
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from itertools import chain

import eldc
import numpy as np
import numpy.typing as npt
import pycld2
from py3langid import langid

from pipelines.language.codes import label, tables
from pipelines.language.profiles import Profiles

Floats = npt.NDArray[np.float32]

WINDOW = 400
"""Characters that the slower detectors read; more of the same text changes no answer."""
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
    words: dict[str, float] | None = None
    """How common the text's words are in each language's list of common words, summed."""
    word_count: int = 0


class Folded:
    """Columns that stand for one language are added up: log-likelihoods in, log-probabilities of labels out."""

    def __init__(self, codes: list[str]) -> None:
        names = [label(code) for code in codes]
        self.labels = sorted(set(names) - {""})
        pairs = sorted((self.labels.index(name), column) for column, name in enumerate(names) if name)
        self.order = np.array([column for _, column in pairs], dtype=np.intp)
        marks = [mark for mark, _ in pairs]
        self._starts = np.array([marks.index(mark) for mark in range(len(self.labels))], dtype=np.intp)

    def __call__(self, scores: Floats, temper: float) -> Floats:
        """``scores`` are in ``order``; n-grams of one text are not independent, so a root of their number tempers."""
        odds = np.add.reduceat(np.exp((scores - scores.max()) / temper), self._starts)
        return np.log(odds / odds.sum() + 1e-6).astype(np.float32)


class Py3Langid:
    """py3langid's naive-Bayes model with the columns in use, read from the installed package without its copies."""

    def __init__(self) -> None:
        raw = lzma.decompress((langid.MODEL_DIR / langid.MODEL_FILE).read_bytes())
        arrays = _npz(raw)
        self.fold = Folded(arrays["classes"].tolist())
        self._table = arrays["ptc"][:, self.fold.order]
        self._prior = arrays["pc"][self.fold.order]
        self._next = arrays["nextmove"].astype(np.uint32).data
        self._row = [row << 8 for row in arrays["nextmove_row"].tolist()]
        self._out = arrays["out_feat"].tolist()

    def __call__(self, text: str) -> Floats | None:
        """Log-probabilities of ``fold.labels``; None where the model knows nothing of the text."""
        encoded = f" {text.lower()} ".encode()  # the model learnt words with a space on both sides
        visits = langid.visit_counts(self._next, self._row, self._out, encoded)
        if not visits:
            return None
        rows = np.fromiter(visits.keys(), np.intp, len(visits))
        counts = np.log1p(np.fromiter(visits.values(), np.float32, len(visits)))
        return self.fold(counts @ self._table[rows].astype(np.float32) + self._prior, math.sqrt(len(encoded)))


def _npz(raw: bytes) -> dict[str, npt.NDArray[np.generic]]:
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
            for rank, word in enumerate(text.lower().split()):
                ranks.setdefault(word.strip(".,;:()\"«»!?'"), {}).setdefault(number, rank)
        ranks.pop("", None)
        self._start = {word: start for word, start in zip(ranks, _starts(ranks), strict=True)}
        self._numbers = bytes(chain.from_iterable((len(found), *found) for found in ranks.values()))
        weights = ((0.0, *(math.log(20_000 / (rank + 10)) for rank in found.values())) for found in ranks.values())
        self._weights = np.fromiter(chain.from_iterable(weights), np.float32, len(self._numbers))

    def __call__(self, text: str) -> tuple[dict[str, float], int]:
        """Sum of log(20,000 / (rank + 10)) over the words each language's list knows, and the number of words."""
        words = _WORD.findall(text.lower())
        sums: Counter[int] = Counter()
        for word in words:
            start = self._start.get(word)
            if start is None and ("'" in word or "’" in word):
                start = self._start.get(re.split("['’]", word, maxsplit=1)[0])
            if start is not None:
                for place in range(start + 1, start + 1 + self._numbers[start]):
                    sums[self._numbers[place]] += float(self._weights[place])  # type: ignore[assignment]
        return {self.labels[number]: total for number, total in sums.items()}, len(words)


def _starts(ranks: dict[str, dict[int, int]]) -> list[int]:
    starts, place = [], 0
    for found in ranks.values():
        starts.append(place)
        place += len(found) + 1
    return starts


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
        self.py3langid_labels = self._py3langid.fold.labels
        self.langdetect_labels = self._langdetect.labels
        self.word_labels = self._words.labels
        self.eldc_labels = sorted({label(code) for code in eldc.LANGUAGES})
        named = set(pycld2.DETECTED_LANGUAGES)
        self.cld2_labels = sorted({label(code) for name, code in pycld2.LANGUAGES if name in named} - {""})

    def fast(self, text: str, letters: int, script: str) -> Evidence:
        """What eldc and cld2 say, some 20 microseconds."""
        details = self._eldc.detect_details(text)
        scores: dict[str, float] = {}
        for code, score in (details.scores or {}).items():
            scores.setdefault(label(code), score)
        sure, _, found = pycld2.detect(text, isPlainText=True, bestEffort=True)
        pairs = [(label(code), share / 100, score) for _, code, share, score in found]
        return Evidence(letters, script, scores, details.reliable, [pair for pair in pairs if pair[0]], sure)

    def full(self, text: str, evidence: Evidence) -> Evidence:
        """The same with langdetect's profiles, py3langid and common words."""
        text = text[:WINDOW]
        scores, grams = self._profiles.scores(text)
        if scores is not None:
            evidence.langdetect = self._langdetect(scores[self._langdetect.order], math.sqrt(grams))
        evidence.py3langid = self._py3langid(text)
        evidence.words, evidence.word_count = self._words(text)
        return evidence

    def hans_or_hant(self, text: str) -> str:
        """Hans or Hant, by langdetect's profiles of both; empty where they do not tell."""
        scores, _ = self._profiles.scores(text[:WINDOW])
        if scores is None:
            return ""
        ahead = scores[self._profiles.languages.index("zh-cn")] - scores[self._profiles.languages.index("zh-tw")]
        return "" if abs(ahead) < 1 else "Hans" if ahead > 0 else "Hant"
