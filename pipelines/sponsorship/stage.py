"""The stage that says who pays for a post; the thinking is in judge.py."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.sponsorship.judge import Verdict, judge
from storage.records import Post

MAX_CHARACTERS = 20_000
FLAGS = ("paid_promotion", "paid_partnership", "sponsored")
"""Keys of a post's details under which extractors keep the platform's own mark."""


def verdict(post: Post) -> Verdict:
    """The verdict on a post, from its text, title, tags, the platform's mark, and where it leads.

    ``details["links"]``, ``details["paid_links"]`` (rel=sponsored; the table of links keeps both) and
    ``details["notes"]`` (lines beside the main text) are used up.
    """
    body = post.text or post.summary or ""
    half = MAX_CHARACTERS // 2
    cut = body if len(body) <= MAX_CHARACTERS else f"{body[:half]}\n{body[-half:]}"
    links, paid = post.details.pop("links", []), post.details.pop("paid_links", [])
    notes = post.details.pop("notes", [])
    flagged = any(post.details.get(flag) is True for flag in FLAGS)
    return judge(cut, title=post.title or "", tags=post.tags, links=links, paid=paid, notes=notes, flagged=flagged)


class JudgeSponsorship:
    """Fills sponsorship and findings["sponsorship"] of posts; other records pass untouched."""

    def __init__(self, stats: StatsCollector | None) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.stats)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Post):
            return item
        found = verdict(item)
        item.sponsorship = found.kind
        if found.kind != "none":
            item.findings["sponsorship"] = {"words": found.words, "reasons": found.reasons}
        if self.stats is not None:
            self.stats.inc_value(f"grapevine/sponsorship/{found.kind}")
        return item
