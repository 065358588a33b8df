"""The stage that names the language of posts and bios."""

from __future__ import annotations

from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.language.detection import Detection, detect
from storage.records import Account, Post


def findings(found: Detection) -> dict[str, Any]:
    """What is kept of a detection beside language and confidence, as JSON values."""
    kept: dict[str, Any] = {"script": found.script, "letters": found.letters}
    if found.candidates:
        kept["candidates"] = [list(pair) for pair in found.candidates[:3]]
    if len(found.shares) > 1:
        kept["shares"] = dict(found.shares)
    return kept


def words_of(post: Post) -> str:
    """Title and text of a post, a line each; the summary where there is no text."""
    return "\n".join(part for part in (post.title, post.text or post.summary) if part)


class DetectLanguage:
    """Tells the language of a post in its own fields, of an account's bio in ``details["language"]``.

    Other records pass untouched.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.stats)

    async def process_item(self, item: Any) -> Any:
        record = ItemAdapter(item).item
        if isinstance(record, Post):
            self._post(record)
        elif isinstance(record, Account) and record.bio:
            found = self._count("bios", detect(record.bio, record.declared_language))
            record.details["language"] = {"language": found.language, "confidence": found.confidence, **findings(found)}
        return item

    def _post(self, post: Post) -> None:
        found = self._count("posts", detect(words_of(post), post.declared_language))
        post.language, post.language_confidence = found.language, found.confidence
        post.findings["language"] = findings(found)

    def _count(self, kind: str, found: Detection) -> Detection:
        self._stats.inc_value(f"grapevine/language/{kind}")
        self._stats.inc_value(f"grapevine/language/named/{found.language}")
        if len(found.shares) > 1:
            self._stats.inc_value("grapevine/language/mixed")
        return found
