"""Times as pages show them: "3 weeks ago" or "3週間前" as intervals of real time, "Joined Apr 4, 2009" as a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

from babel import Locale
from babel.dates import format_timedelta

from crawler.counts import clean_text, language_of

_SAMPLES = (1, 2, 3, 5, 11, 21, 100)
_Unit = Literal["year", "month", "week", "day", "hour", "minute", "second"]
_DAY = 86_400
_SECONDS: dict[_Unit, int] = {"year": 365 * _DAY, "month": 30 * _DAY, "week": 7 * _DAY, "day": _DAY}
_SECONDS |= {"hour": 3600, "minute": 60, "second": 1}
_SPANS = {unit: (seconds, seconds) for unit, seconds in _SECONDS.items()}
_SPANS |= {"month": (28 * _DAY, 31 * _DAY), "year": (365 * _DAY, 366 * _DAY)}
"""The shortest and the longest that one of the unit lasts, in seconds."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A moment between two others, both included; aware where ``at`` was."""

    earliest: datetime
    latest: datetime


def parse_age(text: str, language: str | None, at: datetime) -> Interval | None:
    """When "3 weeks ago" was, said at ``at``: whole units have passed, the next has not. None where it can't be told.

    ``language``: BCP 47 tag of the page; None or unknown is read as English. Words around it ("Streamed") are ignored.
    """
    clean = clean_text(text).casefold()
    found = {
        (int(match[1]) if match.re.groups else number, unit)
        for unit, number, pattern in _patterns(language_of(language) or "en")
        if (match := pattern.search(clean))
    }
    if len(found) != 1:
        return None
    number, unit = found.pop()
    shortest, longest = (timedelta(seconds=seconds) for seconds in _SPANS[unit])
    return Interval(at - longest * (number + 1), at - shortest * number)


@cache
def _patterns(language: str) -> list[tuple[_Unit, int, re.Pattern[str]]]:
    """(unit, the number it stands for where the text holds none, expression) for every way to say so in a language."""
    forms: dict[str, tuple[_Unit, int]] = {}
    shared = set()
    for unit in _SECONDS:
        for number in _SAMPLES:
            for said in _ways(language, unit, number):
                form = clean_text(said).casefold().replace(str(number), "\0")
                if forms.setdefault(form, (unit, number))[0] != unit:
                    shared.add(form)
    number_in = r"\s*(\d+)\s*"
    return [
        (unit, number, re.compile(rf"(?<!\d){number_in.join(map(_lenient, form.split(chr(0))))}(?!\w)"))
        for form, (unit, number) in forms.items()
        if form not in shared and form.strip("\0 ")
    ]


def _ways(language: str, unit: _Unit, number: int) -> Iterator[str]:
    """How the language says that it was so long ago, as far as CLDR knows."""
    styles: tuple[Literal["long", "short", "narrow"], ...] = ("long", "short", "narrow")
    locale, ago = Locale.parse(language, sep="-"), timedelta(seconds=-_SECONDS[unit] * number)
    for style in styles:
        with suppress(KeyError):  # babel: a language without this style
            yield format_timedelta(ago, unit, threshold=1e12, add_direction=True, format=style, locale=locale)


def _lenient(part: str) -> str:
    """An expression for a part of the form, in which spaces beside the number may be missing and a dot too."""
    escaped = re.escape(part).replace(r"\ ", " ")
    return escaped.replace(" ", r"\s*").replace(r"\.", r"\.?")


def parse_day(text: str, language: str | None) -> datetime | None:
    """The one day that a text names in its language ("Joined Apr 4, 2009", "2009/04/04"), as its midnight in UTC.

    Numbers alone are read in the order that the language writes them in. None where it can't be told.
    """
    clean = clean_text(text).casefold()
    numbers = re.findall(r"\d+", clean)
    years = [number for number in numbers if len(number) == 4]
    if len(years) != 1 or not 2 <= len(numbers) <= 3:
        return None
    rest = [int(number) for number in numbers if number != years[0]]
    if len(rest) == 1:
        named = {month for name, month in _months(language_of(language) or "en") if name in clean}
        month, day = (named.pop() if len(named) == 1 else 0), rest[0]
    elif numbers[0] == years[0] or _month_first(language_of(language) or "en"):
        month, day = rest
    else:
        day, month = rest
    try:
        return datetime(int(years[0]), month, day, tzinfo=UTC)
    except ValueError:
        return None


@cache
def _months(language: str) -> list[tuple[str, int]]:
    """Names of the months in a language, without those that another month's name contains."""
    months = Locale.parse(language, sep="-").months
    names = {
        clean_text(name).casefold().rstrip("."): number
        for context in ("format", "stand-alone")
        for width in ("abbreviated", "wide")
        for number, name in months[context][width].items()
    }
    return [(name, number) for name, number in names.items() if not name.isdigit()]


@cache
def _month_first(language: str) -> bool:
    pattern = str(Locale.parse(language, sep="-").date_formats["short"].pattern).casefold()
    return pattern.find("m") < pattern.find("d")
