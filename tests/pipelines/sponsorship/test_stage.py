"""The sponsorship stage fills posts and leaves other records alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from pipelines.sponsorship.stage import JudgeSponsorship
from storage.records import Link, Post

COMMON: dict[str, Any] = {
    "platform": "blog",
    "source_url": "https://hill.example/feed",
    "fetched_at": datetime(2026, 1, 2, tzinfo=UTC),
    "extractor": "blog/1",
    "account_id": "https://hill.example/",
}


def post(**fields: Any) -> Post:
    return Post(**COMMON, native_id="1", url="https://hill.example/1", **fields)


@pytest.fixture
def stage() -> JudgeSponsorship:
    return JudgeSponsorship(MemoryStatsCollector(get_crawler()))


async def test_a_post_gets_a_verdict_with_its_words(stage: JudgeSponsorship) -> None:
    item = await stage.process_item(post(title="Tent test", text="This post is sponsored by Canvasso."))
    assert item.sponsorship == "disclosed"
    assert any("sponsored" in word for word in item.findings["sponsorship"]["words"])
    assert stage.stats is not None
    assert stage.stats.get_value("grapevine/sponsorship/disclosed") == 1


async def test_a_post_without_signs_is_none_and_keeps_no_findings(stage: JudgeSponsorship) -> None:
    item = await stage.process_item(post(text="We walked to the lake."))
    assert item.sponsorship == "none"
    assert "sponsorship" not in item.findings


async def test_outbound_addresses_and_the_platforms_mark_are_read_from_details(stage: JudgeSponsorship) -> None:
    linked = await stage.process_item(post(text="My pan", details={"links": ["https://amzn.to/1a2b"]}))
    marked = await stage.process_item(post(text="My pan", details={"paid_promotion": True}))
    assert linked.sponsorship == "affiliate"
    assert marked.sponsorship == "disclosed"
    assert "links" not in linked.details, "the table of links keeps them"


async def test_a_link_that_its_author_marked_as_paid_for_is_affiliate(stage: JudgeSponsorship) -> None:
    item = await stage.process_item(post(text="My pan", details={"paid_links": ["https://pans.example/iron"]}))
    assert item.sponsorship == "affiliate"
    assert item.findings["sponsorship"]["reasons"] == ["rel"]


async def test_a_footnote_on_affiliate_links_counts_and_a_banner_beside_the_text_does_not(
    stage: JudgeSponsorship,
) -> None:
    noted = await stage.process_item(post(text="My pan *", details={"notes": ["* These are affiliate links."]}))
    banner = await stage.process_item(
        post(text="My pan", details={"notes": ["Sponsored", "Paid partnership with Pans"]})
    )
    assert noted.sponsorship == "affiliate"
    assert banner.sponsorship == "none"
    assert "notes" not in noted.details


async def test_a_link_passes_untouched(stage: JudgeSponsorship) -> None:
    link = Link(**COMMON, url="https://amzn.to/1a2b", kind="body")
    assert await stage.process_item(link) is link
