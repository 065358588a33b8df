"""The blog reader's small parts: dates, names, titles, kinds of links, merging, hostile feeds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.page import Page
from crawler.platforms.blog.dates import human_date, machine_date
from crawler.platforms.blog.extract import extract, kind_of
from crawler.platforms.blog.feeds import read_feed
from crawler.platforms.blog.outcomes import outcome_of
from crawler.platforms.blog.people import person_name
from crawler.platforms.blog.urls import label_kind, limit, link_kind, page_kind, root_of

ITEM = """<item><title>Post {n}</title><link>https://long.example/{n}</link>
<pubDate>{day:02} Mar {year} 10:00:00 GMT</pubDate></item>"""


def page(body: str | bytes, url: str = "https://blog.example/feed/", **headers: str) -> Page:
    data = body if isinstance(body, bytes) else body.encode()
    return Page(url=url, body=data, headers=headers, fetched_at=datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T23:40:00+01:00", "2024-02-29T23:40:00+01:00"),
        ("2024-02-29 23:40", "2024-02-29T23:40:00+00:00"),
        ("20240229", "2024-02-29T00:00:00+00:00"),
        ("Thu, 29 Feb 2024 23:40:00 -0300", "2024-02-29T23:40:00-03:00"),
        ("1709246400", "2024-02-29T22:40:00+00:00"),
        ("2024-02-30", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_machine_dates_keep_the_writer_s_zone(text: str, expected: str | None) -> None:
    when = machine_date(text)
    assert (when.isoformat() if when else None) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Veröffentlicht am 23. Februar 2020 von Jorinde", "de", "2020-02-23"),
        ("le 5 août 2021 à 10 h", "fr-FR", "2021-08-05"),
        ("viernes, 12 de marzo de 2021", "es", "2021-03-12"),
        ("March 3rd, 2019", "en", "2019-03-03"),
        ("3 марта 2019 г.", "ru", "2019-03-03"),
        ("2019年4月13日", "ja", "2019-04-13"),
        ("2019년 4월 13일", "ko", "2019-04-13"),
        ("03.04.2020", "de", "2020-04-03"),
        ("03/04/2020", "en-US", "2020-03-04"),
        ("03/04/2020", "en-GB", "2020-04-03"),
        ("17 comments", "en", None),
        ("March 2019", "en", None),
    ],
)
def test_dates_for_people_are_read_in_the_page_s_language(text: str, language: str, expected: str | None) -> None:
    when = human_date(text, language)
    assert (when.date().isoformat() if when else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By Tilda Marwick", "Tilda Marwick"),
        ("Posted by: Tilda Marwick on March 3, 2019", "Tilda Marwick"),
        ("Veröffentlicht von Jorinde Amsel am 3. Mai 2019", "Jorinde Amsel"),
        ("View all posts by T. V. Marwick", "T. V. Marwick"),
        ("投稿者: 蒔田ふゆ", "蒔田ふゆ"),
        ("tilda@pens.example (Tilda Marwick)", "Tilda Marwick"),
        ("Bruno (B.) Falk", "Bruno (B.) Falk"),
        ("admin", None),
        ("https://pens.example/", None),
        ("2019", None),
    ],
)
def test_a_byline_is_freed_of_all_but_the_name(text: str, expected: str | None) -> None:
    assert person_name(text) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Ash glaze | Kiln Notes", "Ash glaze"),
        ("Kiln Notes: Ash glaze", "Ash glaze"),
        ("Ash glaze — a story - Kiln Notes", "Ash glaze — a story"),
        ("Kiln Notes » Archive » Ash glaze", "Ash glaze"),
        ("»Ash glaze« - Kiln Notes", "»Ash glaze«"),
        ("Ash: the glaze", "Ash: the glaze"),
    ],
)
def test_a_title_loses_the_site_s_name_and_nothing_else(title: str, expected: str) -> None:
    heading = f"<h2>{expected}</h2>" if "Archive" in title else ""
    found = extract(
        page(
            f"<meta property=og:site_name content='Kiln Notes'><title>{title}</title>{heading}<p>x",
            "https://k.example/a",
        )
    )
    assert found.posts[0].title == expected


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://www.instagram.com/tonkrume/", "profile"),
        ("https://mastodon.social/@tonkrume", "profile"),
        ("https://mastodon.social/@tonkrume/1101", None),
        ("https://twitter.com/tonkrume/status/5", None),
        ("https://www.facebook.com/sharer.php?u=x", None),
        ("https://linktr.ee/tonkrume", "hub"),
        ("https://nachbar.wordpress.com/", None),
        ("https://glasurbuch.example/", None),
    ],
)
def test_a_profile_is_told_from_a_post_a_button_and_a_neighbour_s_blog(url: str, kind: str | None) -> None:
    assert link_kind(url) == kind


def test_about_pages_are_known_by_path_or_label_in_many_languages() -> None:
    paths = ("/about/", "/über-mich", "/sobre-mi.html", "/%E5%85%B3%E4%BA%8E/", "/o-mnie/")
    assert {page_kind(f"https://b.example{path}") for path in paths} == {"about"}
    assert label_kind("Qui suis-je") == "about"
    assert label_kind("Freunde") is None


def test_the_home_of_a_post_is_its_host_or_its_user_s_folder() -> None:
    assert root_of("https://blog.example/2024/a/") == "https://blog.example/"
    assert root_of("https://www.uni.example/~agnes/bees.html") == "https://www.uni.example/~agnes/"
    assert root_of("https://medium.com/@ronan/title-1a2b") == "https://medium.com/@ronan"


def test_of_a_very_long_feed_the_newest_entries_are_kept() -> None:
    items = "".join(ITEM.format(n=n, day=n % 28 + 1, year=2000 + n % 25) for n in range(1000))
    feed = read_feed(page(f"<rss version='2.0'><channel><title>Long</title>{items}</channel></rss>"))
    assert len(feed.posts) == limit("feed_entries")
    assert {post["published_at"].year for post in feed.posts} <= {2022, 2023, 2024}


def test_a_feed_beyond_the_limit_is_cut_after_its_last_whole_entry() -> None:
    pad = f"<description>{'x' * 5000}</description>"
    items = "".join(ITEM.format(n=n, day=1, year=2024).replace("</item>", pad + "</item>") for n in range(600))
    feed = read_feed(page(f"<rss version='2.0'><channel><title>Long</title>{items}</channel></rss>"))
    assert feed.posts
    assert any("cut after its last whole entry" in text for text in feed.unparsed)


def test_nesting_bombs_are_refused_before_they_are_parsed() -> None:
    assert "nested deeper" in read_feed(page(b"<rss><channel>" + b"<a>" * 200_000)).unparsed[0]
    assert "never end" in read_feed(page(b"<rss><channel>" + b"<a " * 200_000)).unparsed[0]
    assert kind_of(page(b"<html>" + b"<p><a>" * 60_000)) == "too_large"


def test_a_hostile_feed_is_answered_with_a_word_and_a_way_out() -> None:
    bomb = page(
        "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><rss><channel><title>&a;</title></channel></rss>"
    )
    outcome, detail = outcome_of(bomb)
    assert outcome == "hostile_feed"
    assert "declares entities" in str(detail)
    assert "give the home page" in str(detail)


def test_a_body_that_is_a_file_s_name_opens_no_file() -> None:
    assert extract(page("<rss></rss>")).posts == []
    assert "root:" not in str(read_feed(page("/etc/passwd")))


def test_utf8_under_a_false_label_is_read_as_utf8() -> None:
    text = "<meta charset=gb2312><title>Łąka pełna żurawi o świcie, mgła i cisza nad łąką</title><p>x"
    found = extract(page(text, "https://k.example/a", **{"content-type": "text/html; charset=iso-8859-1"}))
    assert found.posts[0].title == "Łąka pełna żurawi o świcie, mgła i cisza nad łąką"
