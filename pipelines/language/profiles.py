"""langdetect's own profiles, n-grams and smoothing as one exact sum: the same evidence without the random walk."""

from __future__ import annotations

import json
import re
from importlib import resources
from itertools import chain
from operator import add

import numpy as np
import numpy.typing as npt
from langdetect.utils.ngram import NGram

Scores = npt.NDArray[np.float32]

_BASE_FREQ = 10_000  # langdetect.detector.Detector.BASE_FREQ and ALPHA_DEFAULT
_ALPHA = 0.5
_LATIN = re.compile("[A-z]")
_OTHER = re.compile("[\u0300-\u1dff\u1f00-\uffff]")
_NOT_ASCII_LETTERS = re.compile("[^A-Za-z]+")


class _Fold(dict[int, str]):
    """langdetect's NGram.normalize for ``str.translate``, each character worked out once."""

    def __missing__(self, point: int) -> str:
        folded = self[point] = str(NGram.normalize(chr(point)))
        return folded


class Profiles:
    """The naive-Bayes model that ``langdetect.detect`` samples at random, summed in full.

    langdetect multiplies P(n-gram | language) + alpha/10000 over n-grams drawn at random until it feels sure
    (Nakatani Shuyo, Language Detection Library for Java, 2010). Here every n-gram of the text counts once.
    """

    def __init__(self) -> None:
        """Read the profiles that the installed package ships; about 0.2 CPU-seconds and 30 MB."""
        folder = resources.files("langdetect") / "profiles"
        self.languages = sorted(file.name for file in folder.iterdir() if file.is_file())
        self._rows: dict[str, int] = {}  # counted from 1, so that a missing n-gram and nothing else is false
        columns = []
        for name in self.languages:
            profile = json.loads((folder / name).read_text("utf-8"))
            totals = [1, *profile["n_words"]]
            # NGram.normalize folds every Hangul syllable into the first, so n-grams of the others never match.
            counts = {
                gram: count
                for gram, count in profile["freq"].items()
                if gram != " " and not "\uac00" < max(gram) <= "\ud7a3"
            }
            rows = [self._rows.setdefault(gram, len(self._rows) + 1) for gram in counts]
            shares = [count / totals[len(gram)] for gram, count in counts.items()]
            columns.append((np.array(rows, np.intp), np.array(shares, np.float32)))
        table = np.zeros((len(self._rows) + 1, len(columns)), dtype=np.float32)
        for number, (rows_, shares_) in enumerate(columns):
            table[rows_, number] = shares_
        table += _ALPHA / _BASE_FREQ
        self._table = np.log(table, out=table)
        self._fold = _Fold()

    def scores(self, text: str) -> tuple[Scores | None, int]:
        """Log-likelihood of the text's n-grams per language (order of ``languages``) and their number; None if none."""
        rows = self._known(text)
        if not rows:
            return None, 0
        return np.add.reduce(self._table.take(rows, 0), 0), len(rows)

    def _known(self, text: str) -> list[int]:
        if text.isascii():
            text = _NOT_ASCII_LETTERS.sub(" ", text)
        else:
            text = NGram.normalize_vi(text).translate(self._fold)
            if "A" <= min(text.replace(" ", "~")) <= "z":
                text = self._without_foreign_latin(text)
        text = " " + " ".join(text.split()) + " "
        pairs = list(map(add, text, text[1:]))
        grams = chain(text, pairs, map(add, pairs, text[2:]))  # none spans two words: no profile has such a one
        return list(filter(None, map(self._rows.get, grams)))

    @staticmethod
    def _without_foreign_latin(text: str) -> str:
        """langdetect's own rule: Latin letters go where others are more than twice as many."""
        return _LATIN.sub(" ", text) if 2 * len(_LATIN.findall(text)) < len(_OTHER.findall(text)) else text
