"""``detect``: the language of one text as a BCP-47 code, with a confidence that means what it says."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from dataclasses import dataclass

from pipelines.language.codes import label
from pipelines.language.text import normalise
from pipelines.language.vote import Vote, load
from pipelines.language.writing import Writing, only, settled, writing

ANSWER_FROM = 0.5
"""Least probability of an answer; below it the language is "und" and the guesses stand in ``candidates``."""
CONFIDENT_FROM = 0.99
"""From here on an answer may be called sure."""
LONG = 500
"""Characters from which a text is read in windows rather than whole."""
_WINDOW = 150
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
    part = writing(normalise(text if len(text) < LONG else _sample(text)))
    if not part.letters:
        return NOTHING
    guesses, hinted = judge(part, vote, label(declared) if declared else "")
    shares = _mixed(text, part, vote) if hinted else {}
    return _answer(part, guesses, shares, declared)


def _sample(text: str) -> str:
    """Beginning, middle and end of a long text, a line each."""
    starts = (0, (len(text) - _WINDOW) // 2, len(text) - _WINDOW)
    return "\n".join(_whole_words(text[start : start + _WINDOW]) for start in starts)


def _whole_words(piece: str) -> str:
    head, _, rest = piece.partition(" ")
    inner = rest.rpartition(" ")[0] if len(head) < 40 else ""
    return inner or piece


def judge(part: Writing, vote: Vote, prior: str = "") -> tuple[Guesses, bool]:
    """Probabilities of languages for one piece, best first, and whether something hints at a second language."""
    others = len(part.counts) > 1 and sum(part.counts.values()) - part.letters >= 12
    alone = settled(part)
    if alone:
        few = part.script == "Hani" and part.letters < 4
        return {alone: _FEW_HAN if few else _SETTLED}, others
    evidence, name, chance = vote.quick(part.text, part.letters, part.script)
    others = others or (part.letters >= 40 and len(evidence.cld2) > 1)
    if name:
        return {name: chance}, others
    chances = vote.probabilities(vote.detectors.full(part.text, evidence), _prior(prior))
    best = chances.argsort()[:-6:-1]
    guesses = {vote.labels[place]: float(chances[place]) for place in best.tolist()}
    return guesses, others or (part.letters >= 40 and max(guesses.values()) < 0.9)


def _prior(declared: str) -> dict[str, float]:
    return {declared: _PRIOR.get(declared, _DECLARED)} if declared else {}


def _mixed(text: str, part: Writing, vote: Vote) -> dict[str, float]:
    """Part of the letters in each language: by script where there are two, else by the sentences that are clear."""
    scripts = [script for script, letters in part.counts.items() if letters >= 12]
    text = text if len(text) < LONG else _sample(text)
    if len(scripts) > 1:
        clean = normalise(text)
        pieces = [only(clean, frozenset({script})) for script in scripts]
    else:
        pieces = [normalise(piece) for piece in _BOUNDARY.split(text)[:8] if len(piece) >= 12]
    letters: defaultdict[str, int] = defaultdict(int)
    for piece in map(writing, pieces) if len(pieces) > 1 else ():
        letters[_quick(piece, vote)] += piece.letters
    letters.pop("", None)
    return {name: count / sum(letters.values()) for name, count in letters.items()}


def _quick(part: Writing, vote: Vote) -> str:
    return settled(part) or (vote.quick(part.text, part.letters, part.script)[1] if part.letters else "")


def _answer(main: Writing, guesses: Guesses, shares: dict[str, float], declared: str | None) -> Detection:
    name, chance = next(iter(guesses.items()))
    script = _script(main)

    def tag(label_: str) -> str:
        if label_ == "zh":
            return f"zh-{script}" if script in {"Hans", "Hant"} else "zh"
        if declared and declared.lower().split("-")[0] in _SPLIT.get(label_, ()):
            return declared.lower().split("-")[0]
        return "sr" if label_ == "sh" and main.script == "Cyrl" else label_

    named = tag(name)
    if len(guesses) == 1 and not shares:
        return Detection(named, chance, script, ((named, chance),), ((named, 1.0),), main.letters)
    candidates = tuple((tag(other), round(odds, 4)) for other, odds in guesses.items())
    if chance < ANSWER_FROM:
        return Detection("und", 0.0, script, candidates, (), main.letters)
    parts = shares if len(shares) > 1 else {name: 1.0}
    order = sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))
    ranked = tuple((tag(other), round(share, 3)) for other, share in order)
    return Detection(named, round(chance, 4), script, candidates, ranked, main.letters)


def _script(main: Writing) -> str:
    if main.script == "Hani":
        detectors, _ = load()
        return detectors.hans_or_hant(main.text) or "Hani"
    return {"Kana": "Jpan", "Hang": "Kore"}.get(main.script, main.script)
