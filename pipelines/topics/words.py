"""How a short text becomes terms: words, pairs of words, stems, pieces of unspaced scripts, emoji."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator

UNSPACED = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
# Written out because ``\w`` leaves out the vowel signs of Indian scripts and would cut their words to pieces.
LETTER = (
    r"0-9a-z\u00aa-\u00d6\u00d8-\u00f6\u00f8-\u060b\u060d-\u061a\u0620-\u06d3\u06d5-\u0963\u0966-\u0dff\u0e80-\u1fff"
    r"\uac00-\ud7af"
)
WORD = re.compile(rf"[{UNSPACED}]+|[{LETTER}]+(?:['’.+-][{LETTER}]+)*\+{{0,2}}|[\u2190-\u2bff\U0001f000-\U0001faff]")
KOREAN = re.compile(r"[\uac00-\ud7af]")
ARABIC = re.compile(r"[\u0621-\u064a]")
ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+")
LONGEST_PIECE = 8
STEM = 5
MAX_CHARACTERS = 600


def normal(text: str) -> str:
    """NFKC, case folded, no addresses, no variation selectors, at most 600 characters."""
    folded = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold().replace("\ufe0f", "")
    return ADDRESS.sub(" ", folded) if "://" in folded or "@" in folded or "www." in folded else folded


def terms(text: str, known: Container[str]) -> set[str]:
    """The distinct terms of a text that are in ``known``: single words and stems, pairs and triples, pieces."""
    found: set[str] = set()
    words = WORD.findall(normal(text))
    before = earlier = ""
    for word in words:
        if word.isascii() or word[0] < "\u0600":
            found.add(word)
            if len(word) > STEM:
                found.add(word[:STEM] + "~")
        elif word[0] >= "\u3005" and not KOREAN.match(word):
            found.update(_pieces(word, known))
        else:
            found.update(_beginnings(word))
        if before:
            pair = before + " " + word
            if pair in known:
                found.add(pair)
            if earlier and (triple := earlier + " " + pair) in known:
                found.add(triple)
        earlier, before = before, word
    return {term for term in found if term in known}


def key(entry: str) -> str | None:
    """The one term under which a lexicon entry is kept; None where a text could never show it as one."""
    words = WORD.findall(normal(entry))
    if not 1 <= len(words) <= 3 or (len(words) == 1 and len(words[0]) > 1 and words[0].isdigit()):
        return None
    return " ".join(words)


def _beginnings(word: str) -> Iterator[str]:
    """Korean joins nouns and particles, Arabic puts the article before: offer the shorter forms too."""
    yield word
    if KOREAN.match(word):
        yield from (word[:end] for end in range(2, len(word)))
        yield from (word[start:] for start in range(1, len(word) - 1))
    elif ARABIC.match(word):
        bare = word[3:] if word.startswith(("وال", "بال", "كال")) else word[2:] if word.startswith("ال") else word
        yield bare
        if bare.endswith(("ات", "ية", "ين")) and len(bare) > 4:
            yield bare[:-2]
    elif len(word) > STEM:
        yield word[:STEM] + "~"


def _pieces(run: str, known: Container[str]) -> Iterator[str]:
    """Substrings of 2 to 8 characters that are known, and pairs; a single character only where it stands alone."""
    if len(run) == 1:
        yield run
        return
    last = len(run)
    for start in range(last - 1):
        for end in range(start + 2, min(last, start + LONGEST_PIECE) + 1):
            if (piece := run[start:end]) in known:
                yield piece
