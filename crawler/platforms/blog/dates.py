"""Dates as blogs write them, machine-made or for people, as aware datetimes that keep the writer's day."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1993, 1, 1, tzinfo=UTC)
"""Nothing on the web is older; 1970 and 0001 are what software writes where a date is missing."""
_ISO = re.compile(
    r"^(\d{4})-?(\d{2})-?(\d{2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_YMD = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-./年년]\s*(\d{1,2})\s*[-./月월]\s*(\d{1,2})(?!\d)")
_DMY = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d{2})(?!\d)")
_WORDED = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th|er|re|º|ª|\.)?,?\s+(?:de\s+|of\s+|d['’])?[^\W\d_]{3,}\.?,?\s+(?:de\s+|del\s+|г\.?\s+)?\d{4})"
    r"|(?:[^\W\d_]{3,}\.?\s+\d{1,2}(?:st|nd|rd|th|\.)?,?\s+\d{4})|(?:\d{4}[.,]?\s+[^\W\d_]{3,}\s+\d{1,2})",
    re.IGNORECASE,
)
_IN_PATH = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?=[/_-]|$)")


def machine_date(text: str | None) -> datetime | None:
    """An ISO 8601, RFC 822 or epoch date; aware (UTC where no zone is written), None where it is none of these."""
    text = (text or "")[:100].strip()
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if found := _ISO.match(text):
        return _iso(found)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _iso(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, zone = found.groups()
    stamp = f"{year}-{month}-{day}T{int(hour or 0):02}:{minute or '00'}:{second or '00'}"
    offset = {None: "+00:00", "Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00"}.get(zone, zone)
    try:
        return datetime.fromisoformat(stamp + str(offset))
    except ValueError:
        try:
            return datetime(int(year), int(month), int(day), tzinfo=UTC)
        except ValueError:
            return None


def path_date(url: str) -> datetime | None:
    """The day that a permalink such as /2024/03/09/title names."""
    found = _IN_PATH.search(url)
    return _day(*found.groups()) if found else None


def _day(year: str, month: str, day: str) -> datetime | None:
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None


def human_date(text: str | None, language: str | None = None) -> datetime | None:
    """A date written for people in any language; None where day, month and year are not all there.

    ``language`` (a tag such as ``de-AT``) settles 3.4.2020: day first but for en-US.
    """
    text = " ".join((text or "").split())[:80]
    if found := _YMD.search(text):
        return _day(*found.groups())
    if found := _DMY.search(text):
        one, two, year = found.groups()
        month_first = (language or "").lower() in ("en", "en-us") and "." not in found[0]
        return _day(year, one, two) if (month_first and int(one) <= 12) or int(two) > 12 else _day(year, two, one)
    found = _WORDED.search(text)
    return _worded(found[0], (language or "").split("-")[0].lower()) if found else None


def _worded(text: str, language: str) -> datetime | None:
    import dateparser

    settings = {
        "STRICT_PARSING": True,
        "RETURN_AS_TIMEZONE_AWARE": True,
        "TIMEZONE": "UTC",
        "PARSERS": ["absolute-time"],
    }
    for languages in ([language], None) if language else (None,):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                when: datetime | None = dateparser.parse(text, languages=languages, settings=settings)
            if when:
                return when
        except Exception:  # noqa: S112 (an unknown language or a text that breaks the library is simply not a date)
            continue
    return None


def credible(when: datetime, seen: datetime) -> bool:
    """Not before the web and not after the day on which it was seen."""
    return EARLIEST <= when <= seen + timedelta(days=1)
