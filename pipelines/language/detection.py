"""``detect``: the language of one text as a BCP-47 code, with a confidence that means what it says."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.language.codes import label
from pipelines.language.detectors import Evidence
from pipelines.language.text import normalise
from pipelines.language.vote import Vote, agreed, load
from pipelines.language.writing import Writing, settled, writing

ANSWER_FROM = 0.5
"""Least probability of an answer; below it the language is "und" and the guesses stand in ``candidates``."""
CONFIDENT_FROM = 0.98
"""From here on an answer may be called sure."""
LONG = 1_200
"""Characters from which a text is read in windows rather than whole."""
_WINDOW = 450
_PRIOR = {"en": 0.7}
"""Log-odds for a declared language; English less, since templates say it without anybody's choice."""
_DECLARED = 2.0
_BOUNDARY = re.compile(r"[\r\n|•·]+|(?<=[.!?…。！？])\s+|\s[/–—-]+\s")
_SETTLED, _FEW_HAN = 0.998, 0.85
_LOCK = threading.Lock()
_SPLIT = {"sh": {"hr", "bs", "sr"}, "no": {"nb", "nn"}}


@dataclass(slots=True, frozen=True)
class Detection:
    """What is known of a text's language."""

    language: str
    """BCP-47: ``en``, ``zh-Hant``, ``hi-Latn``, ``sh`` for Serbo-Croatian in Latin letters; else ``und``."""
    confidence: float
    """Probability that ``language`` is right; 0.0 for ``und``."""
    script: str | None = None
    """ISO 15924 code of the main script: Latn, Cyrl, Jpan, Hans ..."""
    candidates: tuple[tuple[str, float], ...] = ()
    """Best guesses with their probabilities, best first, five at most, even where the answer is ``und``."""
    shares: tuple[tuple[str, float], ...] = ()
    """Languages with their part of the letters, most first; several for a mixed text, none for ``und``."""
    letters: int = 0
    """Letters that were left to judge by."""


NOTHING = Detection("und", 0.0)
Guesses = dict[str, float]


def detect(text: str, declared: str | None = None) -> Detection:
    """The language of a text; never raises, the same answer every time, safe to call from any thread.

    ``declared`` is the tag that the page or feed gives (``de-AT``): it tips close calls and names what the letters
    leave open (hr or sr, nb or nn), and never outvotes a clear text. Detectors load at the first call (a second).
    """
    with _LOCK:  # only the first call takes its time
        _, vote = load()
    prior = label(declared) if declared else ""
    parts = [writing(normalise(piece)) for piece in _pieces(text)]
    parts = [part for part in parts if part.letters]
    if not parts:
        return NOTHING
    judged = [(part, *judge(part, vote, prior)) for part in parts]
    guesses = _together((part, found) for part, found, _ in judged)
    if len(parts) > 1:
        shares = _shares((part, found) for part, found, _ in judged)
    else:
        shares = _mixed(text, parts[0], guesses, judged[0][2], vote)
    main = max(parts, key=lambda part: part.letters)
    return _answer(main, guesses, shares, declared, sum(part.letters for part in parts))


def _pieces(text: str) -> list[str]:
    """The whole of a short text; beginning, middle and end of a long one."""
    if len(text) < LONG:
        return [text]
    starts = (0, (len(text) - _WINDOW) // 2, len(text) - _WINDOW)
    return [_whole_words(text[start : start + _WINDOW]) for start in starts]


def _whole_words(piece: str) -> str:
    head, _, rest = piece.partition(" ")
    inner = rest.rpartition(" ")[0] if len(head) < 40 else ""
    return inner or piece


def judge(part: Writing, vote: Vote, prior: str = "") -> tuple[Guesses, Evidence | None]:
    """Probabilities of languages for one piece in one script, and the evidence unless the script settled it."""
    alone = settled(part)
    if alone:
        few = part.script == "Hani" and part.letters < 4
        return {alone: _FEW_HAN if few else _SETTLED}, None
    evidence = vote.detectors.fast(part.text, part.letters, part.script)
    name = agreed(evidence)
    if name and name not in vote.weights.fast["closed"]:
        return {name: vote.weights.fast["right"]}, evidence
    chances = vote.probabilities(vote.detectors.full(part.text, evidence), _prior(prior))
    best = chances.argsort()[:-6:-1]
    return {vote.labels[place]: float(chances[place]) for place in best.tolist()}, evidence


def _prior(declared: str) -> dict[str, float]:
    return {declared: _PRIOR.get(declared, _DECLARED)} if declared else {}


def _together(judged: Iterable[tuple[Writing, Guesses]]) -> Guesses:
    """Probabilities averaged over pieces by their letters."""
    sums: defaultdict[str, float] = defaultdict(float)
    letters = 0
    for part, guesses in judged:
        letters += part.letters
        for name, chance in guesses.items():
            sums[name] += chance * part.letters
    best = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    return {name: total / letters for name, total in best}


def _shares(judged: Iterable[tuple[Writing, Guesses]]) -> dict[str, float]:
    """Part of the letters in each language, from pieces that are clear; a piece that is not joins the others."""
    letters: defaultdict[str, int] = defaultdict(int)
    for part, guesses in judged:
        name, chance = max(guesses.items(), key=lambda pair: pair[1])
        if chance >= 0.9 and part.letters >= 12:
            letters[name] += part.letters
    return {name: count / sum(letters.values()) for name, count in letters.items()}


def _mixed(text: str, part: Writing, guesses: Guesses, evidence: Evidence | None, vote: Vote) -> dict[str, float]:
    """Shares of a short text, looked for where a second script or cld2 or a low confidence hints at two languages."""
    others = sum(part.counts.values()) - part.letters
    hinted = evidence is not None and (len(evidence.cld2) > 1 or max(guesses.values()) < 0.98)
    if others < 12 and not (hinted and part.letters >= 40):
        return {}
    pieces = [writing(normalise(piece)) for piece in _BOUNDARY.split(text) if len(piece) >= 12]
    return _shares((piece, judge(piece, vote)[0]) for piece in pieces[:12] if piece.letters)


def _answer(main: Writing, guesses: Guesses, shares: dict[str, float], declared: str | None, letters: int) -> Detection:
    name, chance = next(iter(guesses.items()))
    script = _script(main)

    def tag(label_: str) -> str:
        if label_ == "zh":
            return f"zh-{script}" if script in {"Hans", "Hant"} else "zh"
        if declared and declared.lower().split("-")[0] in _SPLIT.get(label_, ()):
            return declared.lower().split("-")[0]
        return "sr" if label_ == "sh" and main.script == "Cyrl" else label_

    candidates = tuple((tag(other), round(odds, 4)) for other, odds in guesses.items())
    if chance < ANSWER_FROM:
        return Detection("und", 0.0, script, candidates, (), letters)
    parts = shares if len(shares) > 1 else {name: 1.0}
    order = sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))
    ranked = tuple((tag(other), round(share, 3)) for other, share in order)
    return Detection(tag(name), round(chance, 4), script, candidates, ranked, letters)


def _script(main: Writing) -> str:
    if main.script == "Hani":
        detectors, _ = load()
        return detectors.hans_or_hant(main.text) or "Hani"
    return {"Kana": "Jpan", "Hang": "Kore"}.get(main.script, main.script)
