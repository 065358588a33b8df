"""robots.txt as a text: groups, longest match, delays, and files that mean harm."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.robots import measure
from crawler.politeness.rules import Rule, Rules

DATA = Path(os.environ.get("GRAPEVINE_DATA", "absent"))


def allows(body: str, path: str, token: str = "grapevine") -> bool:
    return Rules.parse(body.encode()).allows(f"https://moss.example{path}", token)


def test_the_longest_rule_decides_and_allow_wins_a_tie() -> None:
    body = "User-agent: *\nDisallow: /moss\nAllow: /moss/fern\nDisallow: /lichen\nAllow: /lichen\n"
    assert not allows(body, "/moss/notes")
    assert allows(body, "/moss/fern/1")
    assert allows(body, "/lichen")


def test_our_own_group_replaces_that_of_everyone() -> None:
    body = "User-agent: *\nDisallow: /\n\nUser-agent: GrapeVine/2.0\nUser-agent: other\nDisallow: /private\n"
    assert allows(body, "/")
    assert not allows(body, "/private/x")
    assert not allows(body, "/", token="stranger")


def test_two_groups_of_one_token_count_as_one() -> None:
    body = "User-agent: grapevine\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: grapevine\nDisallow: /b\n"
    assert [allows(body, path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_an_empty_disallow_forbids_nothing() -> None:
    assert allows("User-agent: *\nDisallow:\n", "/x")


@pytest.mark.parametrize(
    ("pattern", "path", "forbidden"),
    [
        ("/*.pdf$", "/a/b.pdf", True),
        ("/*.pdf$", "/a/b.pdf?x=1", False),
        ("/a*b*c", "/axxbyyc/more", True),
        ("/a*b*c", "/axxcyyb", False),
        ("/fish$", "/fish", True),
        ("/fish$", "/fishing", False),
        ("/*ab*ab$", "/xab", False),
        ("*", "/", True),
        ("/$", "/", True),
        ("/$", "/x", False),
        ("/caf\u00e9", "/caf%C3%A9", True),
        ("/caf%c3%a9", "/caf%C3%A9", True),
        ("/?q=", "/?q=moss", True),
    ],
)
def test_stars_ends_and_escapes_in_patterns(pattern: str, path: str, forbidden: bool) -> None:
    assert allows(f"User-agent: *\nDisallow: {pattern}\n", path) is not forbidden


def test_line_ends_byte_order_mark_comments_and_forgotten_colons() -> None:
    body = "\ufeffUser-agent: *  # all\r\nDisallow: /a # note\rdisallow /b\n\n\nDISALLOW : /c\n"
    assert [allows(body, path) for path in ("/a", "/b", "/c", "/d")] == [False, False, False, True]


def test_rules_before_any_user_agent_are_nobodys() -> None:
    assert allows("Disallow: /\nUser-agent: *\nAllow: /\n", "/")


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Crawl-delay: 10", 10.0),
        ("Crawl-delay: 0.5", 0.5),
        ("crawl-delay: 2,5", 2.5),
        ("Crawl-delay: soon", None),
        ("Crawl-delay: -3", None),
        ("Crawl-delay: nan", None),
        ("Crawl-delay: inf", None),
        ("Request-rate: 1/5", 5.0),
        ("Request-rate: 2/1m", 30.0),
        ("Request-rate: 0/5", None),
    ],
)
def test_delays_in_seconds(line: str, seconds: float | None) -> None:
    assert Rules.parse(f"User-agent: *\n{line}\n".encode()).delay("grapevine") == seconds


def test_a_delay_belongs_to_its_group() -> None:
    rules = Rules.parse(
        b"User-agent: slow\nCrawl-delay: 30\nDisallow: /x\nUser-agent: *\nCrawl-delay: 2\nDisallow: /\n"
    )
    assert (rules.delay("slow"), rules.delay("grapevine")) == (30.0, 2.0)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_parser_fail(body: bytes) -> None:
    rules = Rules.parse(b"User-agent: *\n" + body)
    rules.allows("https://moss.example/a?b=c", "grapevine")
    rules.delay("grapevine")


@given(st.text("ab*", min_size=1, max_size=8), st.booleans(), st.text("ab", max_size=10))
def test_patterns_match_as_a_regular_expression_would(pattern: str, end: bool, path: str) -> None:
    import re

    text = "/" + pattern
    pieces = tuple(re.sub(r"\*+", "*", text).split("*"))
    expected = re.compile(".*".join(map(re.escape, re.sub(r"\*+", "*", text).split("*"))) + ("$" if end else ""))
    assert Rule(False, 1, pieces, end).matches("/" + path) == bool(expected.match("/" + path))


def test_a_pattern_of_ten_thousand_stars_ends() -> None:
    rules = Rules.parse(b"User-agent: *\nDisallow: /" + b"*a" * 5000 + b"b\n")
    began = time.process_time()
    assert rules.allows("https://moss.example/" + "a" * 2000, "grapevine")
    assert time.process_time() - began < 5  # a backtracking matcher would not end in a lifetime


@pytest.mark.skipif(not DATA.joinpath("security").is_dir(), reason="needs recorded cases: set GRAPEVINE_DATA")
def test_published_cases_are_decided_as_their_suite_says() -> None:
    cases = json.loads((DATA / "security" / "google_cases.json").read_text())
    assert measure(cases)["failed"] == []


@pytest.mark.skipif(not DATA.joinpath("web/robots").is_dir(), reason="needs recorded robots.txt: set GRAPEVINE_DATA")
def test_recorded_robots_files_parse() -> None:
    files = sorted((DATA / "web" / "robots").iterdir())
    assert len(files) >= 40
    parsed = [Rules.parse(path.read_bytes()) for path in files]
    assert sum(bool(rules.groups) for rules in parsed) >= len(files) * 0.9
