"""Counts in any language: the right number, or none."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale
from babel.numbers import format_compact_decimal

from benchmarks.counts import measure
from crawler.ages import parse_age
from crawler.counts import Count, parse_count

AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("1.2K subscribers", "en", 1_200),
        ("1,2 k abonnés", "fr", 1_200),
        ("2.52m", "en", 2_520_000),
        ("103m visualitzacions", "ca", 103_000),
        ("1,1 mM de visualitzacions", "ca", 1_100_000_000),
        ("12 万", "ja", 120_000),
        ("１２３万", "ja", 1_230_000),
        ("觀看次數：2.2萬次", "zh-TW", 22_000),
        ("조회수 2.2만회", "ko", 22_000),
        ("22 B görüntüleme", "tr", 22_000),
        ("1,1 M x ditonton", "id", 1_100_000_000),
        ("23 x ditonton", "id", 23),
        ("1.5 lakh followers", "en-IN", 150_000),
        ("13 करोड़ बार देखा गया", "hi", 130_000_000),
        ("٢٫٤ ألف مشاهدة", "ar", 2_400),
        ("২.৪ হাজার", "bn", 2_400),
        ("elfu 2.4", "sw", 2_400),
        ("බැලීම් මි1.4", "si", 1_400_000),
        ("11.358 M reproducións", "gl", 11_358_000_000),
        ("11 mil M de visualizaciones", "es", 11_000_000_000),
        ("1.1 พันล้าน", "th", 1_100_000_000),
        ("22.795 Aufrufe", "de", 22_795),
        ("1 109 852 просмотра", "ru", 1_109_852),
        ("1,03,450 views", "en-IN", 103_450),
        ("1’234", "de-CH", 1_234),
        ("Followers: 0", "en", 0),
        ("1.2K", None, 1_200),
        ("22 тыс.", None, 22_000),
        ("1.1M subscribers", None, 1_100_000),
    ],
)
def test_a_count_is_read_in_its_language(text: str, language: str | None, value: int) -> None:
    count = parse_count(text, language)
    assert count is not None
    assert count.value == value
    assert count.text == text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("1,1 M", None),
        ("2.52m", None),
        ("1.4 mil", None),
        ("22 B", None),
        ("5Q", "en"),
        ("5 Q followers", "en"),
        ("23 min", "en"),
        ("2.4", "en"),
        ("1.234", "en"),
        ("1.2.3", "en"),
        ("12%", "en"),
        ("12:34", "en"),
        ("$12", "en"),
        ("1 of 3", "en"),
        ("1.23M subscribers 45 videos", "en"),
        ("No views", "en"),
        ("", "en"),
        ("2.345 M", None),
    ],
)
def test_what_cannot_be_told_for_sure_is_none(text: str, language: str | None) -> None:
    assert parse_count(text, language) is None


def test_a_rounded_count_opens_an_interval() -> None:
    assert parse_count("1.23M", "en", rounded="down") == Count(1_230_000, 1_230_000, 1_239_999, "1.23M")
    assert parse_count("12K", "en", rounded="nearest") == Count(12_000, 11_500, 12_500, "12K")
    assert parse_count("12K", "en") == Count(12_000, 11_500, 12_999, "12K")
    assert parse_count("1,234", "en", rounded="down") == Count(1_234, 1_234, 1_234, "1,234")
    assert parse_count("500+", "en") == Count(500, 500, None, "500+")


@pytest.mark.parametrize(
    "language", ["af", "bg", "da", "el", "fi", "he", "hu", "ka", "lo", "mn", "my", "nb", "sr", "uz", "vi"]
)
@pytest.mark.parametrize("number", [23, 447, 2_400, 22_000, 103_000, 1_400_000, 135_000_000, 1_100_000_000])
def test_what_unicode_writes_is_read_back(language: str, number: int) -> None:
    text = format_compact_decimal(number, locale=Locale.parse(language), fraction_digits=1, numbering_system="default")
    count = parse_count(text, language)
    assert count is not None
    assert abs(count.value - number) <= number * 0.1


@pytest.mark.skipif("GRAPEVINE_DATA" not in os.environ, reason="GRAPEVINE_DATA names no recorded data")
def test_recorded_counts_are_never_wrong() -> None:
    file = Path(os.environ["GRAPEVINE_DATA"]) / "web" / "counts" / "localized_counts.dev.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    result = measure(rows)
    assert result["wrong"] == 0
    assert result["exact"] >= 0.98 * result["total"]
    assert measure(rows, known=False)["wrong"] == 0


@pytest.mark.parametrize(
    ("text", "language", "low", "high"),
    [
        ("3 weeks ago", "en", timedelta(weeks=3), timedelta(weeks=4)),
        ("Streamed 1 day ago", "en", timedelta(days=1), timedelta(days=2)),
        ("vor 2 Stunden", "de", timedelta(hours=2), timedelta(hours=3)),
        ("3週間前", "ja", timedelta(weeks=3), timedelta(weeks=4)),
        ("2天前", "zh-CN", timedelta(days=2), timedelta(days=3)),
        ("לפני שבועיים", "he", timedelta(weeks=2), timedelta(weeks=3)),
        ("1mo ago", "en", timedelta(days=28), timedelta(days=62)),
        ("2 года назад", "ru", timedelta(days=730), timedelta(days=1098)),
    ],
)
def test_a_relative_time_is_an_interval(text: str, language: str, low: timedelta, high: timedelta) -> None:
    age = parse_age(text, language, AT)
    assert age is not None
    assert (AT - age.latest, AT - age.earliest) == (low, high)


@pytest.mark.parametrize("text", ["", "weeks ago", "3 weeks", "in 3 weeks", "3 weeks ago and 2 days ago"])
def test_what_is_no_relative_time_is_none(text: str) -> None:
    assert parse_age(text, "en", AT) is None
