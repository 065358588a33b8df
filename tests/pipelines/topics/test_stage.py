"""The topic stage fills posts and leaves other records alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from pipelines.topics.stage import NameTopic, post_text
from storage.records import Account, Post

WHEN = datetime(2026, 1, 2, tzinfo=UTC)


COMMON: dict[str, Any] = {
    "platform": "blog",
    "source_url": "https://hill.example/feed",
    "fetched_at": WHEN,
    "extractor": "blog/1",
}


def post(**fields: Any) -> Post:
    return Post(**COMMON, account_id="https://hill.example/", native_id="1", url="https://hill.example/1", **fields)


@pytest.fixture
def stage() -> NameTopic:
    crawler = get_crawler()
    return NameTopic(MemoryStatsCollector(crawler), "cheap")


async def test_a_post_gets_its_niche_with_probability_and_words(stage: NameTopic) -> None:
    item = await stage.process_item(post(title="Sourdough bread for beginners", tags=["baking"]))
    assert item.niche == "food.baking"
    assert 0.5 <= item.niche_probability <= 1
    assert "sourdough" in item.findings["topic"]["words"]
    assert item.findings["topic"]["domain"] == "food"
    assert stage.stats is not None
    assert stage.stats.get_value("grapevine/topic/niche") == 1


async def test_a_post_about_nothing_known_stays_without_a_niche(stage: NameTopic) -> None:
    item = await stage.process_item(post(title="Qwx zzv"))
    assert item.niche is None
    assert item.niche_probability is None
    assert stage.stats is not None
    assert stage.stats.get_value("grapevine/topic/unknown") == 1


async def test_a_post_without_text_is_counted_and_left_alone(stage: NameTopic) -> None:
    item = await stage.process_item(post())
    assert item.findings == {}
    assert stage.stats is not None
    assert stage.stats.get_value("grapevine/topic/no_text") == 1


async def test_an_account_passes_untouched(stage: NameTopic) -> None:
    account = Account(**COMMON, native_id="x", url="https://hill.example/")
    assert await stage.process_item(account) is account


def test_the_text_of_a_post_is_title_tags_and_first_words() -> None:
    text = post_text(post(title="Title", tags=["#one", "two"], text="x" * 5000))
    assert text.startswith("Title. one, two. xxx")
    assert len(text) < 400
