"""Relative times as pages show them ("3 weeks ago", "vor 3 Wochen", "3週間前") as intervals of real time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from babel import Locale
from babel.dates import format_timedelta

from crawler.counts import clean_text, language_of

_SPANS = {
    "second": (timedelta(seconds=1), timedelta(seconds=1)),
    "minute": (timedelta(minutes=1), timedelta(minutes=1)),
    "hour": (timedelta(hours=1), timedelta(hours=1)),
    "day": (timedelta(days=1), timedelta(days=1)),
    "week": (timedelta(weeks=1), timedelta(weeks=1)),
    "month": (timedelta(days=28), timedelta(days=31)),
    "year": (timedelta(days=365), timedelta(days=366)),
}
"""The shortest and the longest that one of the unit lasts."""
_SAMPLES = (1, 2, 3, 5, 11, 21, 100)
_Unit = Literal["year", "month", "week", "day", "hour", "minute", "second"]
_SECONDS: dict[_Unit, int] = {
    "year": 31536000,
    "month": 2592000,
    "week": 604800,
    "day": 86400,
    "hour": 3600,
    "minute": 60,
    "second": 1,
}


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
    shortest, longest = _SPANS[unit]
    return Interval(at - longest * (number + 1), at - shortest * number)


@cache
def _patterns(language: str) -> list[tuple[str, int, re.Pattern[str]]]:
    """(unit, the number it stands for where the text holds none, expression) for every way to say so in a language."""
    forms: dict[str, tuple[str, int]] = {}
    shared = set()
    for unit in _SECONDS:
        for number in _SAMPLES:
            for said in _ways(language, unit, number):
                form = clean_text(said).casefold().replace(str(number), "\0")
                if forms.setdefault(form, (unit, number))[0] != unit:
                    shared.add(form)
    return [
        (
            unit,
            number,
            re.compile(r"(?<!\d)" + r"\s*(\d+)\s*".join(_lenient(part) for part in form.split("\0")) + r"(?!\w)"),
        )
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
