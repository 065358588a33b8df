"""The search of every crawl's output for people finds them, and nothing else."""

from __future__ import annotations

import pytest

from tests.crawler.private import of_a_crawl, told


@pytest.mark.parametrize(
    "line",
    [
        "stored ida@sourdough.example",
        "dropped @ida.bakes: noindex",
        "bio: Rye and patience, and salt",
        "by Ida Example",
    ],
)
def test_a_log_that_tells_of_somebody_is_found(line: str) -> None:
    assert told(f"2026-11-01 INFO: {line}\n", {"Rye and patience, and salt", "Ida Example"})


@pytest.mark.parametrize(
    "line",
    [
        "timeout: https://social.example/@ida (check the address)",
        "social.example/@ida: http_404",
        "2026-11-01 08:00:00 [scrapy.core.engine] INFO: Closing spider (finished)",
        "grapevine (+mailto:bot@index.example)",
    ],
)
def test_addresses_of_sources_and_the_operators_own_may_stand_in_a_log(line: str) -> None:
    assert not told(line, {"Ida Example"}, allowed="bot@index.example")


def test_what_a_command_tells_on_purpose_is_not_searched() -> None:
    assert of_a_crawl(("crawl", "blog"), "ida@sourdough.example", {}) == ["ida@sourdough.example"]
    assert of_a_crawl(("show", "ida"), "ida@sourdough.example", {}) == []
