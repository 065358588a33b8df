"""The script a text is written in, and the languages that a script settles by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from pipelines.language.codes import tables

_BLOCKS = sorted((first, last, script) for script, some in tables()["letters"].items() for first, last in some)
_STARTS = [block[0] for block in _BLOCKS]


class _Scripts(dict[str, str]):
    """Script of a character, looked up once a character."""

    def __missing__(self, char: str) -> str:
        point = ord(char)
        place = bisect_right(_STARTS, point) - 1
        inside = place >= 0 and point <= _BLOCKS[place][1]
        self[char] = script = _BLOCKS[place][2] if inside else "Zyyy"
        return script


_SCRIPTS = _Scripts()


def letters_by_script(text: str) -> dict[str, int]:
    """How many characters of each script (ISO 15924) the text has; punctuation and spaces are not counted."""
    if text.isascii():
        letters = sum(map(str.isalpha, text))
        return {"Latn": letters} if letters else {}
    counts = Counter(map(_SCRIPTS.__getitem__, text))
    del counts["Zyyy"]
    return counts


def only(text: str, scripts: frozenset[str]) -> str:
    """The text without the letters of other scripts, spaces squeezed."""
    keep = scripts | {"Zyyy"}
    return " ".join("".join(char if _SCRIPTS[char] in keep else " " for char in text).split())


@dataclass(slots=True)
class Writing:
    """A text reduced to the letters of its main script."""

    text: str
    script: str
    """ISO 15924, with Kana for Japanese and Hani for Han letters only; empty where there are no letters."""
    letters: int
    counts: dict[str, int]
    """Letters of each script in the whole text."""


_SHARED = frozenset({"Latn", "Cyrl", "Arab", "Deva"})


def writing(text: str) -> Writing:
    """The main script: the commonest, where two Latin letters count as one (brands and tags are Latin everywhere)."""
    counts = letters_by_script(text)
    if not counts:
        return Writing("", "", 0, counts)
    if len(counts) == 1:
        return Writing(text, *next(iter(counts.items())), counts)
    weights = {script: count / 2 if script == "Latn" else float(count) for script, count in counts.items()}
    han = weights.pop("Hani", 0.0)
    for script in ("Kana", "Hang"):  # Japanese and Korean write Han letters too
        if script in weights:
            weights[script] += han
            han = 0.0
    if han:
        weights["Hani"] = han * 1.5  # a Han letter is a word's worth
    script = max(sorted(weights), key=weights.__getitem__)
    kept = {script, "Hani"} if script in {"Kana", "Hang"} else {script}
    return Writing(only(text, frozenset(kept)), script, sum(counts[name] for name in kept), counts)


def settled(written: Writing) -> str:
    """The language when the script alone says so, else the empty string."""
    if written.script in _SHARED:
        return ""
    if written.script == "Kana":
        return "ja"
    if written.script == "Hani":
        return "zh"
    if written.script == "Beng" and ("ৰ" in written.text or "ৱ" in written.text):
        return "as"
    if written.script == "Hebr" and any(mark in written.text for mark in ("ײ", "װ", "ױ")):
        return "yi"
    return str(tables()["script_settles"].get(written.script, ""))
