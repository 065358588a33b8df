"""Languages of a creator, and the stage over posts and bios."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scrapy.utils.test import get_crawler

from pipelines.language import languages_of
from pipelines.language.stage import DetectLanguage
from storage.records import Account, Link, Post

SEEN: dict[str, Any] = {
    "platform": "blog",
    "source_url": "https://rails.example/feed",
    "fetched_at": datetime(2026, 1, 2, tzinfo=UTC),
    "extractor": "t/1",
}


def test_one_stray_post_does_not_make_a_creator_bilingual() -> None:
    found = languages_of([("de", 0.99, 400)] * 5 + [("en", 0.9, 300)])
    assert [(share.language, share.own) for share in found] == [("de", True), ("en", False)]


def test_a_creator_of_two_languages_shows_both_with_shares() -> None:
    found = languages_of([("de", 0.99, 400)] * 4 + [("en", 0.99, 400)] * 3 + [("und", 0.0, 10), (None, None, 0)])
    assert [(share.language, share.posts, share.own) for share in found] == [("de", 4, True), ("en", 3, True)]
    assert abs(sum(share.share for share in found) - 1) < 0.001


def test_a_long_sure_post_outweighs_short_doubtful_ones() -> None:
    assert languages_of([("nl", 0.99, 900), ("af", 0.55, 20), ("af", 0.6, 25)])[0].language == "nl"


def test_a_creator_without_words_has_no_language() -> None:
    assert languages_of([("und", 0.0, 0)]) == []


async def test_a_post_gets_language_confidence_and_findings() -> None:
    crawler = get_crawler()
    stage = DetectLanguage.from_crawler(crawler)
    post = Post(
        **SEEN,
        account_id="rails",
        native_id="1",
        url="https://rails.example/1",
        title="Neue Weichen",
        summary="Heute haben wir den kleinen Bahnhof beleuchtet",
    )
    assert await stage.process_item(post) is post
    assert post.language == "de"
    assert post.language_confidence is not None
    assert post.language_confidence > 0.9
    assert post.findings["language"]["script"] == "Latn"
    assert crawler.stats is not None
    assert crawler.stats.get_value("grapevine/language/posts") == 1
    assert crawler.stats.get_value("grapevine/language/named/de") == 1


async def test_a_post_without_words_is_und() -> None:
    post = Post(**SEEN, account_id="rails", native_id="2", url="https://rails.example/2", title="🎉")
    await DetectLanguage.from_crawler(get_crawler()).process_item(post)
    assert (post.language, post.language_confidence) == ("und", 0.0)


async def test_a_bio_is_told_in_the_accounts_details_and_other_records_pass_untouched() -> None:
    stage = DetectLanguage.from_crawler(get_crawler())
    account = Account(**SEEN, native_id="rails", url="https://rails.example/", bio="Ik bouw kleine treinen en stations")
    await stage.process_item(account)
    assert account.details["language"]["language"] == "nl"
    link = Link(**SEEN, account_id="rails", url="https://example.org/", kind="me")
    assert await stage.process_item(link) is link
