"""The stage that names a post's niche; the thinking is in classifier.py."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.topics.classifier import Topic, classify
from pipelines.topics.strong import pack, strong
from storage.records import Post

TITLE, TAGS, TEXT = 160, 120, 300
"""Characters read of each: a title and the first words say what a post is about, the rest costs time."""


def post_text(post: Post) -> str:
    """What the classifier reads of a post: title, tags, then the first characters of its summary or text."""
    tags = ", ".join(tag.lstrip("#") for tag in post.tags)[:TAGS]
    body = (post.summary or post.text or "").strip()
    parts = [(post.title or "").strip()[:TITLE], tags, body[: TEXT if not post.title else TEXT // 2]]
    return ". ".join(part for part in parts if part)


def name_topic(post: Post, topic: Topic) -> None:
    """Writes a topic into the post's fields and findings."""
    post.niche, post.niche_probability = topic.niche, topic.probability if topic.niche else None
    post.findings["topic"] = {
        "domain": topic.domain,
        "probability": topic.probability,
        "runners_up": [list(pair) for pair in topic.runners_up],
        "words": topic.evidence,
        "path": topic.path,
    }


class NameTopic:
    """Fills niche, niche_probability and findings["topic"] of posts; other records pass untouched.

    GRAPEVINE_TOPIC_PATH is ``auto`` (default), ``cheap`` or ``strong``; GRAPEVINE_KEEP_EMBEDDINGS keeps a packed
    embedding in findings["topic"] where the strong path is installed.
    """

    def __init__(self, stats: StatsCollector | None, path: str = "auto", keep_embeddings: bool = False) -> None:
        self.stats, self.path, self.keep_embeddings = stats, path, keep_embeddings

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        path = settings.get("GRAPEVINE_TOPIC_PATH") or "auto"
        return cls(crawler.stats, path, settings.getbool("GRAPEVINE_KEEP_EMBEDDINGS"))

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Post):
            return item
        text = post_text(item)
        if not text:
            self._count("no_text")
            return item
        topic = classify([text], [item.language], path=self.path)[0]
        name_topic(item, topic)
        if self.keep_embeddings and (found := strong()) is not None:
            item.findings["topic"]["embedding"] = pack(found.vectors([text])[0])
        self._count("niche" if topic.niche else "domain_only" if topic.domain else "unknown")
        self._count(f"path/{topic.path}")
        return item

    def _count(self, fact: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(f"grapevine/topic/{fact}")
