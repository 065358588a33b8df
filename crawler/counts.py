"""Counts as people write them ("1.2K", "12 万", Turkish "22 B"), in any language, as numbers or not at all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import prod

from babel import Locale

from crawler.tables import table

_NUMBER = re.compile(r"\d+(?:[.,'’٬٫·]\d+|[ _]\d{3}(?!\d))*")
_MARKS = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NO_COUNT_AFTER, _NO_COUNT_BEFORE = frozenset("%:/°$€£¥-"), frozenset("/#°$€£¥-")
_WORD = re.compile(r"[^\W\d_]+\.?")


@dataclass(frozen=True, slots=True)
class Count:
    """A count as shown: ``value`` as read, and the inclusive interval that its rounding leaves open.

    ``high`` is None where the text leaves it open ("500+").
    """

    value: int
    low: int
    high: int | None
    text: str


@dataclass(frozen=True, slots=True)
class _Units:
    decimal: str
    group: str
    after: dict[str, int]
    """Unit -> factor, for units behind the number; 0 where a unit has several meanings."""
    before: dict[str, int]
    """The same for units that stand before it, spelt backwards."""


def parse_count(text: str, language: str | None = None, *, rounded: str | None = None) -> Count | None:
    """The count in a text such as "1.2K views", or None where there is none, several, or one that is not sure.

    ``language``: BCP 47 tag of the page; None or unknown means that only what is the same in all languages is read.
    ``rounded``: "down" (YouTube: 1.2K is 1,200 to 1,299), "nearest", or None for not known, which leaves both open.
    """
    clean = clean_text(text)
    numbers = list(_NUMBER.finditer(clean))
    if len(numbers) != 1:
        return None
    shown = numbers[0]
    left, right = clean[: shown.start()].rstrip(), clean[shown.end() :]
    if left[-1:] in _NO_COUNT_BEFORE or right.lstrip()[:1] in _NO_COUNT_AFTER:
        return None
    known = language_of(language) or _guess(clean)
    units = _units(known) if known else _anybody()
    factor = _factor(left, right, units, known is not None)
    number = None if factor is None else _number(shown[0], units, factor > 1)
    if factor is None or number is None:
        return None
    step = int(factor * Decimal(1).scaleb(min(0, _exponent(number))))
    value = int(number * factor)
    low = value if rounded == "down" or factor == 1 else value - step // 2
    high = value + (step // 2 if rounded == "nearest" else step - 1)
    return Count(value, low, None if right.lstrip(". ").startswith("+") or right.rstrip().endswith("+") else high, text)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def clean_text(text: str) -> str:
    """The text in NFKC with ASCII digits and plain spaces, without marks of direction or width."""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", text))
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else " " if c.isspace() else c for c in text).strip()


def _number(shown: str, units: _Units, with_unit: bool) -> Decimal | None:
    """The number itself; without a unit a count is whole, so its separators can only group."""
    marks, parts = re.sub(r"\d", "", shown), re.split(r"\D", shown)
    if len(set(marks)) > 1:  # the last one is the decimal point: "1.135,4 M"
        grouped = len(set(marks[:-1])) == 1 and all(len(part) == 3 for part in parts[1:-1])
        return Decimal("".join(parts[:-1]) + "." + parts[-1]) if grouped and with_unit else None
    whole, mark = Decimal("".join(parts)), marks[:1]
    by_three = len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])
    by_two = len(parts) > 2 and len(parts[0]) <= 2 and len(parts[-1]) == 3 and all(len(p) == 2 for p in parts[1:-1])
    if len(parts) != 2 or mark in " '’٬_":
        return whole if len(parts) == 1 or by_three or by_two else None
    if not with_unit:
        return whole if by_three and mark != units.decimal else None
    if by_three and parts[0] != "0" and mark != units.decimal:
        return whole if mark == units.group else None
    return Decimal(".".join(parts))


def _factor(left: str, right: str, units: _Units, known: bool) -> int | None:
    """What the number is to be multiplied with; None where a word beside it may be a unit that is not known."""
    glued, right = right[:1] not in ("", " "), right.lstrip()
    factors = []
    while (unit := _unit(right, units.after)) is not None:
        factors.append(units.after[unit[0]])
        right = right[unit[1] :].lstrip(". ")
    unit = _unit(left[::-1], units.before)
    if unit is not None:
        factors.append(units.before[unit[0]])
    if factors:
        return prod(factors) or None
    word = _WORD.match(right)
    if word is None or word[0] in table("counts")["plain"]:
        return 1
    cased = word[0].lower() != word[0].upper()
    dotted = word[0].endswith(".") and right != word[0]
    abbreviated = cased and (glued or dotted or len(word[0].rstrip(".")) == 1)
    elsewhere = known and word[0].rstrip(".").casefold() in _anybody().after
    return None if abbreviated or elsewhere else 1


def _unit(text: str, units: dict[str, int]) -> tuple[str, int] | None:
    """The longest unit that the text begins with, in its own case before any case, and its length there."""
    for length in range(min(len(text), 20), 0, -1):
        for token in (text[:length], text[:length].casefold()):
            if token in units and not _continues(text[:length], text[length:]):
                return token, length
    return None


def _continues(token: str, rest: str) -> bool:
    """Does the word go on behind the token, so that it was no unit? Scripts without case or spaces never tell."""
    return bool(rest) and rest[0].isalpha() and token[-1].lower() != token[-1].upper()


@cache
def language_of(tag: str | None) -> str | None:
    """The name in the table of the language that a BCP 47 tag means, or None."""
    if not tag:
        return None
    tag = tag.replace("_", "-").lower()
    names = {name.lower(): name for name in table("counts")["languages"]["names"].split()}
    same = table("counts")["languages"]["same"]
    while tag:
        if tag in names or tag in same:
            return str(names.get(tag) or same[tag])
        tag = tag.rpartition("-")[0]
    return None


@cache
def _words() -> dict[str, str]:
    return {word.casefold(): language for language, words in table("counts")["words"].items() for word in words.split()}


def _guess(text: str) -> str | None:
    """The language that a word of the text gives away."""
    found = {language for word in text.casefold().split() if (language := _words().get(word))}
    return found.pop() if len(found) == 1 else None


@cache
def _units(name: str) -> _Units:
    locale = Locale.parse(name, sep="-")
    after: dict[str, set[int]] = {}
    before: dict[str, set[int]] = {}
    for style in ("short", "long"):
        for forms in dict(locale.compact_decimal_formats).get(style, {}).values():
            for size, pattern in forms.items():
                _learn(str(pattern.pattern), int(size), after, before)
    units = {
        kind: {unit: f.pop() if len(f) == 1 else 0 for unit, f in t.items()}
        for kind, t in (("a", after), ("b", before))
    }
    for unit, factor in table("counts")["units"]["all"].items():
        units["a"].setdefault(unit, int(factor))
    for unit, factor in table("counts")["units"].get(name, {}).items():
        units["b" if unit.startswith("<") else "a"][_key(unit.removeprefix("<"))] = int(factor)
    symbols = locale.number_symbols.get("latn", {})
    group = clean_text(symbols.get("group", "")) or " "
    return _Units(
        symbols.get("decimal", "."),
        group,
        _any_case(units["a"]),
        _any_case({u[::-1]: f for u, f in units["b"].items()}),
    )


def _key(unit: str) -> str:
    return clean_text(unit).rstrip(".")


def _learn(pattern: str, size: int, after: dict[str, set[int]], before: dict[str, set[int]]) -> None:
    positive = pattern.partition(";")[0].replace("'", "")
    zeros = positive.count("0")
    left, _, right = positive.partition("0" * zeros) if zeros else ("", "", "")
    for unit, other, units in ((right, left, after), (left, right, before)):
        if _key(unit) and not _key(other):
            units.setdefault(_key(unit), set()).add(size // 10 ** (zeros - 1))


def _any_case(units: dict[str, int]) -> dict[str, int]:
    """The units as they are, and in lower case where that leaves one meaning."""
    folded: dict[str, set[int]] = {}
    for unit, factor in units.items():
        folded.setdefault(unit.casefold(), set()).add(factor)
    return {unit: f.pop() if len(f) == 1 else 0 for unit, f in folded.items()} | units


@cache
def _anybody() -> _Units:
    """What the units of all languages have in common; 0 for those that languages disagree about."""
    after: dict[str, set[int]] = {}
    before: dict[str, set[int]] = {}
    for name in table("counts")["languages"]["names"].split():
        for units, merged in ((_units(name).after, after), (_units(name).before, before)):
            for unit, factor in units.items():
                merged.setdefault(unit, set()).add(factor)
                merged.setdefault(unit.casefold(), set()).add(factor)
    one = [{unit: f.pop() if len(f) == 1 else 0 for unit, f in merged.items()} for merged in (after, before)]
    return _Units("", "", one[0], one[1])
