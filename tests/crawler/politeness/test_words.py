"""What headers and pages ask for: directives, Retry-After, freshness; and addresses as we know them again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.politeness.directives import from_headers, from_html
from crawler.politeness.freshness import after_skipped, feed_rests, kept_fresh, next_visit
from crawler.politeness.guard import Exemptions, is_public, literal, plain
from crawler.politeness.hosts import Host
from crawler.politeness.judge import harm, is_feed
from crawler.politeness.patience import back_off, judge, retry_after
from crawler.politeness.urls import canonical_url, host_of, maze, origin_of, shape

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)  # a Wednesday
AT = NOW.timestamp()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Wed, 04 Mar 2026 12:31:30 GMT", 90.0),
        ("Wednesday, 04-Mar-26 12:31:30 GMT", 90.0),
        ("Wed, 04 Mar 2026 12:00:00 GMT", 0.0),
        ("9" * 30, 86_400.0),
        ("Wed, 04 Mar 2099 12:00:00 GMT", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
        ("\u0663", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, AT) == seconds


def test_back_off_doubles_and_ends_at_an_hour() -> None:
    assert [back_off(n, 5, 1.0) for n in (1, 2, 3)] == [5, 10, 20]
    assert back_off(3, 5, 0.0) == 10
    assert back_off(500, 5, 1.0) == 3600


def test_a_good_answer_ends_the_row_of_failures() -> None:
    host = Host("moss.example")
    judge(host, 503, None, AT, 5)
    judge(host, 0, None, AT, 5)
    assert (host.failures, host.counts["errors"]) == (2, 2)
    assert host.not_before > AT
    judge(host, 200, None, AT, 5)
    assert host.failures == 0


def test_retry_after_is_heeded_on_any_failure_and_never_shortens_a_rest() -> None:
    host = Host("moss.example")
    judge(host, 429, 1000.0, AT, 5)
    judge(host, 503, 10.0, AT, 5)
    assert host.not_before == AT + 1000


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["noindex, nofollow"], {"noindex", "nofollow"}),
        (["nofollow", "noarchive"], {"nofollow", "noarchive"}),
        (["otherbot: noindex"], set()),
        (["otherbot: noindex, nofollow", "noai"], {"noai"}),
        (["grapevine: none"], {"none", "noindex", "nofollow"}),
        (["otherbot: noindex, grapevine: noarchive"], {"noarchive"}),
        (["max-snippet: 20, noindex"], {"noindex"}),
        (["unavailable_after: 25 Jun 2025 15:00:00 GMT"], {"noindex"}),
        (["unavailable_after: 2126-06-25"], set()),
        (["unavailable_after: whenever"], set()),
        (["noindex;nofollow"], {"noindex", "nofollow"}),
        (["all"], set()),
    ],
)
def test_x_robots_tag(values: list[str], words: set[str]) -> None:
    assert from_headers(values, "grapevine", NOW) == words


@pytest.mark.parametrize(
    ("html", "noindex"),
    [
        ('<meta name="robots" content="noindex">', True),
        ("<meta name='ROBOTS' content='NOINDEX, FOLLOW' />", True),
        ("<meta content=none name=robots>", True),
        ('<META\n  HTTP-EQUIV="x"\n  NAME="robots"\n  CONTENT="nosnippet , noindex">', True),
        ('<meta name="grapevine" content="noindex">', True),
        ('<meta name="otherbot" content="noindex">', False),
        ('<meta name="description" content="how robots read noindex">', False),
        ('<meta property="og:title" content="robots"><meta name="keywords" content="noindex">', False),
        ('<!-- <meta name="robots" content="noindex"> -->', False),
        ('<script>"<meta name=robots content=noindex>"</script>', False),
        ('<textarea><meta name="robots" content="noindex"></textarea>', False),
        ('<meta name="robots" content="index, follow"><meta name="robots" content="noindex">', True),
        ('<meta name="robots" content="unavailable_after: 2025-01-01T00:00:00Z">', True),
        ('<meta name="robots" content="a > b, noindex">', True),
        ("<meta name=robots content=", False),
    ],
)
def test_meta_robots(html: str, noindex: bool) -> None:
    page = f"<html><head><title>Moss</title>{html}</head><body>text</body>"
    assert ("noindex" in from_html(page.encode(), "grapevine", NOW)) is noindex


@pytest.mark.parametrize("half", [b'<meta name="', b"<!--", b"<script ", b"<title", b"<meta content='"])
def test_a_page_of_nothing_but_half_tags_is_read_in_one_pass(half: bytes) -> None:
    page = b"<meta name=robots content=noarchive>" + half * 20_000
    assert from_html(page, "grapevine", NOW) <= {"noarchive"}


def test_what_a_browser_does_not_see_says_nothing() -> None:
    page = b"<!-- <meta name=robots content=noindex> --><SCRIPT>'<meta name=robots content=noindex>'</SCRIPT >"
    assert from_html(page, "grapevine", NOW) == set()
    assert from_html(page + b"<meta name=robots content=noindex>", "grapevine", NOW) == {"noindex"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=600"}, 600.0),
        ({"cache-control": "max-age=600", "age": "100"}, 500.0),
        ({"cache-control": "max-age=600", "age": "²"}, 600.0),
        ({"cache-control": "max-age=600, no-cache"}, 0.0),
        ({"cache-control": "s-maxage=900"}, 0.0),
        ({"cache-control": "max-age=31536000"}, 86_400.0),
        ({"expires": "Wed, 04 Mar 2026 13:30:00 GMT"}, 3600.0),
        ({"expires": "0"}, 0.0),
        ({}, 0.0),
    ],
)
def test_how_long_an_answer_stays_good(headers: dict[str, str], seconds: float) -> None:
    assert kept_fresh(headers, AT) == seconds


@pytest.mark.parametrize(
    ("inside", "seconds"),
    [
        ("<ttl>60</ttl>", 3600.0),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600.0),
        ("<sy:updatePeriod> hourly </sy:updatePeriod>", 3600.0),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", 604_800.0),
        ("<ttl>often</ttl>", 0.0),
        ("", 0.0),
    ],
)
def test_how_often_a_feed_wants_to_be_read(inside: str, seconds: float) -> None:
    assert feed_rests(f"<?xml version='1.0'?><rss><channel>{inside}</channel></rss>".encode()) == seconds


def test_hours_and_days_that_a_feed_leaves_out_are_passed_over() -> None:
    hours = b"<rss><skipHours><hour>12</hour><hour>13</hour></skipHours></rss>"
    assert after_skipped(hours, AT) == datetime(2026, 3, 4, 14, tzinfo=UTC).timestamp()
    days = b"<rss><skipDays><day>Wednesday</day><day>Thursday</day></skipDays></rss>"
    assert after_skipped(days, AT) == datetime(2026, 3, 6, tzinfo=UTC).timestamp()
    everything = b"<rss><skipHours>" + b"".join(b"<hour>%d</hour>" % n for n in range(24)) + b"</skipHours></rss>"
    assert after_skipped(everything, AT) == AT


def test_the_next_visit_heeds_the_longest_of_the_publishers_wishes() -> None:
    feed = b"<?xml version='1.0'?><rss><ttl>30</ttl></rss>"
    assert next_visit({"cache-control": "max-age=600"}, feed, AT) == AT + 1800
    assert next_visit({"cache-control": "max-age=6000"}, feed, AT) == AT + 6000
    assert next_visit({}, b"<html></html>", AT) == 0.0


PRIVATE = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 255.255.255.255
192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1
::127.0.0.1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 fec0::1 ff02::1 2001:db8::1 2002:7f00:1:: 2001::1 64:ff9b::7f00:1
64:ff9b:1::1 ::ffff:0:127.0.0.1 100::1 3fff::1 5f00::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_addresses_that_are_nobodys_public_server(address: str) -> None:
    assert not is_public(plain(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(plain(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]"])
def test_every_spelling_of_an_address_is_the_address(host: str) -> None:
    assert str(literal(host)) == "127.0.0.1"


def test_a_name_is_no_literal() -> None:
    assert [literal(host) for host in ("moss.example", "", "1.2.3.4.5", "\u00e9")] == [None] * 4


def test_an_exemption_is_for_one_address_and_one_port() -> None:
    allowed = Exemptions(["127.0.0.1:8000", "localhost:9000", "[::1]:8080"])
    assert allowed.permits("127.0.0.1", 8000)
    assert allowed.permits("::ffff:127.0.0.1", 9000)
    assert allowed.permits("::1", 8080)
    assert not allowed.permits("127.0.0.1", 8001)
    assert not allowed.permits("127.0.0.2", 8000)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://Moss.Example:80", "http://moss.example/"),
        ("https://moss.example:443/a?b=1&a=2#top", "https://moss.example/a?a=2&b=1"),
        ("https://moss.example/a?utm_source=x&id=3&fbclid=9", "https://moss.example/a?id=3"),
        ("https://moss.example/a;jsessionid=77?PHPSESSID=1", "https://moss.example/a"),
        ("https://moss.example./a", "https://moss.example/a"),
        ("https://moss.example/caf%c3%a9", "https://moss.example/caf\u00e9"),
        ("https://moss.example/post?replytocom=12", "https://moss.example/post"),
    ],
)
def test_addresses_of_the_same_page(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)


def test_addresses_of_different_pages_stay_different() -> None:
    urls = ["https://moss.example/a", "https://moss.example/A", "http://moss.example/a", "https://moss.example:81/a",
            "https://moss.example/a?id=1", "https://moss.example/a?id=2", "https://moss.example/a/"]  # fmt: skip
    assert len({canonical_url(url) for url in urls}) == len(urls)


def test_host_and_origin_of_an_address() -> None:
    assert host_of("https://User@Moss.Example.:8443/a") == "moss.example"
    assert host_of("http://[::1]:80/") == "::1"
    assert host_of("http://[broken/") == ""
    assert origin_of("https://Moss.Example:443/a") == "https://moss.example"
    assert origin_of("http://[::1]:81/a") == "http://[::1]:81"


def test_ordinary_addresses_are_no_maze() -> None:
    for url in (
        "https://moss.example/2026/03/04/on-moss/",
        "https://moss.example/a/b/a/b/a",
        "https://moss.example/?p=7",
    ):
        assert maze(url) is None


def test_addresses_that_differ_in_numbers_only_have_one_shape() -> None:
    assert shape("https://a.example/cal?m=2026-03") == shape("https://a.example/cal?m=1999-12")
    assert shape("https://a.example/on-moss") is None


def test_feeds_are_told_from_web_pages() -> None:
    assert is_feed(b"\xef\xbb\xbf <?xml version='1.0'?><rss>")
    assert is_feed(b"<feed xmlns='http://www.w3.org/2005/Atom'>")
    assert not is_feed(b"<?xml version='1.0'?><!DOCTYPE html><html>")
    assert not is_feed(b"<!doctype html><p>rss")


def test_an_honest_feed_is_harmless_even_where_its_html_is_not_closed() -> None:
    item = b"<item><description><![CDATA[" + b"<p>moss<br>" * 400 + b"]]></description></item>"
    assert harm(b"<?xml version='1.0'?><rss>" + item * 20 + b"</rss>", 2 << 20) is None
