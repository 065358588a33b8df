"""The script a text is written in, and the languages that a script settles by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from pipelines.language.codes import tables

# Where a script's letters stand in Unicode (Blocks.txt), as ISO 15924 codes; gaps belong to "Zyyy" (common).
_BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x41, 0x5A, "Latn"), (0x61, 0x7A, "Latn"), (0xAA, 0xAA, "Latn"), (0xBA, 0xBA, "Latn"), (0xC0, 0xD6, "Latn"),
    (0xD8, 0xF6, "Latn"), (0xF8, 0x24F, "Latn"), (0x250, 0x2AF, "Latn"), (0x370, 0x3FF, "Grek"), (0x400, 0x52F, "Cyrl"),
    (0x530, 0x58F, "Armn"), (0x590, 0x5FF, "Hebr"), (0x600, 0x6FF, "Arab"), (0x700, 0x74F, "Syrc"),
    (0x750, 0x77F, "Arab"), (0x780, 0x7BF, "Thaa"), (0x8A0, 0x8FF, "Arab"), (0x900, 0x97F, "Deva"),
    (0x980, 0x9FF, "Beng"), (0xA00, 0xA7F, "Guru"), (0xA80, 0xAFF, "Gujr"), (0xB00, 0xB7F, "Orya"),
    (0xB80, 0xBFF, "Taml"), (0xC00, 0xC7F, "Telu"), (0xC80, 0xCFF, "Knda"), (0xD00, 0xD7F, "Mlym"),
    (0xD80, 0xDFF, "Sinh"), (0xE00, 0xE7F, "Thai"), (0xE80, 0xEFF, "Laoo"), (0xF00, 0xFFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"), (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"), (0x1E00, 0x1EFF, "Latn"), (0x1F00, 0x1FFF, "Grek"), (0x3040, 0x30FF, "Kana"),
    (0x3130, 0x318F, "Hang"), (0x31F0, 0x31FF, "Kana"), (0x3400, 0x4DBF, "Hani"), (0x4E00, 0x9FFF, "Hani"),
    (0xAC00, 0xD7AF, "Hang"), (0xF900, 0xFAFF, "Hani"), (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFC, "Arab"),
    (0xFF21, 0xFF3A, "Latn"), (0xFF41, 0xFF5A, "Latn"), (0xFF66, 0xFF9F, "Kana"), (0x20000, 0x3134F, "Hani"),
)  # fmt: skip
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
