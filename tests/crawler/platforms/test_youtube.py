"""YouTube's parts on their own: seeds, the Data API's refusals and quota, health, and answers with anything in them."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.profiles import measure
from crawler.health import alarms
from crawler.page import Page
from crawler.platforms import youtube
from crawler.platforms.youtube.client import ApiRefusedError, Quota, QuotaSpentError, check
from crawler.platforms.youtube.extract import extract
from crawler.platforms.youtube.reading import exact, picture
from crawler.platforms.youtube.urls import channel_address, videos_address

MOSS = "UCmossmossmossmossmossmo"
SAMPLES = Path(youtube.__path__[0]) / "samples"


def test_the_quota_outlives_a_restart_and_starts_anew_at_midnight_in_california(tmp_path: Path) -> None:
    path, noon = tmp_path / "var" / "quota.json", datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert Quota(path, 3, lambda: noon).take(2) == 1
    assert Quota(path, 3, lambda: noon).take() == 0
    with pytest.raises(QuotaSpentError, match="3 used"):
        Quota(path, 3, lambda: noon).take()
    assert Quota(path, 3, lambda: datetime(2026, 6, 2, 6, 59, tzinfo=UTC)).units == 3
    with pytest.raises(QuotaSpentError):  # 23:59 in California
        Quota(path, 3, lambda: datetime(2026, 6, 2, 6, 59, tzinfo=UTC)).take()
    assert Quota(path, 3, lambda: datetime(2026, 6, 2, 7, 1, tzinfo=UTC)).take() == 2


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [(403, "quotaExceeded", "quota"), (429, "rateLimitExceeded", "quota"), (400, "badRequest", "key")],
)
def test_an_api_that_refuses_says_what_to_do(status: int, reason: str, kind: str) -> None:
    body = json.dumps({"error": {"code": status, "message": "No.", "errors": [{"domain": "x", "reason": reason}]}})
    with pytest.raises(ApiRefusedError) as refused:
        check(Page(url="https://www.googleapis.com/", body=body.encode(), status=status))
    assert refused.value.reason == kind


@pytest.mark.parametrize(
    ("given", "visited"),
    [
        ("@MossByMoss", None),
        ("https://www.youtube.com/@MossByMoss", "https://www.youtube.com/@MossByMoss"),
        ("https://m.youtube.com/@MossByMoss/videos?si=x", "https://www.youtube.com/@MossByMoss/videos"),
        ("youtube.com/c/MossByMoss/about", "https://www.youtube.com/c/MossByMoss/about"),
        (MOSS, f"https://www.youtube.com/channel/{MOSS}"),
        (
            f"https://www.youtube.com/feeds/videos.xml?channel_id={MOSS}",
            f"https://www.youtube.com/channel/{MOSS}",
        ),
    ],
)
def test_a_seed_becomes_a_channels_page(given: str, visited: str | None) -> None:
    assert channel_address(given) == (visited or "https://www.youtube.com/@mossbymoss")


@pytest.mark.parametrize(
    "given", ["https://www.youtube.com/results?q=x", "https://youtu.be/x", "https://moss.example/"]
)
def test_what_names_no_channel_is_refused_with_the_way_out(given: str) -> None:
    with pytest.raises(ValueError, match="names no YouTube channel"):
        channel_address(given)


def test_the_list_of_videos_stands_beside_the_channel() -> None:
    assert videos_address("https://www.youtube.com/@moss") == "https://www.youtube.com/@moss/videos"
    assert videos_address(f"https://www.youtube.com/channel/{MOSS}/about") == (
        f"https://www.youtube.com/channel/{MOSS}/videos"
    )


def test_chance_and_few_cases_raise_no_alarm() -> None:
    stats = {"page/seen": 4, "account/seen": 4, "account.followers/none": 4}
    assert not list(alarms("youtube", {f"grapevine/health/{name}": value for name, value in stats.items()}))
    stats = {"page/seen": 100, "account/seen": 100, "account.followers/none": 14}
    assert not list(alarms("youtube", {f"grapevine/health/{name}": value for name, value in stats.items()}))


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", '{"header": 5}', '{"header": {"c4TabbedHeaderRenderer": []}}']
)
def test_an_empty_or_odd_answer_breaks_nothing(body: str) -> None:
    found = extract(Page(url="https://www.youtube.com/@moss", body=body.encode()))
    assert not found.posts


@pytest.mark.skipif("GRAPEVINE_DATA" not in os.environ, reason="GRAPEVINE_DATA names no recorded data")
def test_recorded_channels_are_read_rightly() -> None:
    root = Path(os.environ["GRAPEVINE_DATA"]) / "web"
    gold = [json.loads(line) for line in (root / "gold_dev.jsonl").read_text("utf-8").splitlines()]
    assert not measure(root, [row for row in gold if row["file"].startswith("youtube/")])["wrong"]


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*/response.json")), ids=lambda file: file.parent.name)
def test_anything_may_stand_anywhere_in_an_answer(file: Path) -> None:
    odd: tuple[Any, ...] = (None, 5, "x", [], {}, [None], {"runs": [None]}, {"simpleText": 7}, True)
    for number in range(60):
        data, chance = json.loads(file.read_text("utf-8")), random.Random(number)
        node, place = chance.choice(list(nodes(data)))
        node[place] = chance.choice(odd)
        extract(Page(url="https://www.youtube.com/@moss", body=json.dumps(data).encode()))


def nodes(data: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key or place) of every value."""
    for place in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield data, place
        yield from nodes(data[place])


def test_a_superscript_is_no_number() -> None:
    assert exact("²") is None
    assert picture({"thumbnails": [{"width": "²", "url": "https://img.example/a.png"}]}) == "https://img.example/a.png"
