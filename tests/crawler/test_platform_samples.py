"""Every sample of every platform: a saved response beside what must be read from it (crawler/platforms/*/samples/*).

``expected.json`` holds the response's ``url`` (and ``headers``, ``status`` where they matter) and what to check: of
``account`` and each of ``posts`` only the fields that it names; ``links`` as {kind: addresses}, all of them; where
``observations`` are given, {metric: value}; ``unparsed`` in full. ``at``: when it was fetched. ``fields`` and those of
``posts_by_id`` (all posts, by native_id) are in the measuring words of benchmarks.profiles; ``more``: the same of each
further extract; ``refused``: why nothing may be kept.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks.profiles import same, value_of
from crawler import platforms
from crawler.page import Page
from storage.records import Extract, Post

SEEN = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When samples that do not say so were fetched."""
SAMPLES = sorted(path.parent for root in platforms.__path__ for path in Path(root).glob("*/samples/*/expected.json"))


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def fields(record: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """The wanted fields of a record, as JSON writes them."""
    return {name: plain(getattr(record, name)) for name in wanted}


def read(sample: Path) -> tuple[Extract, dict[str, Any]]:
    expected = json.loads((sample / "expected.json").read_text("utf-8"))
    saved = next(path for path in sorted(sample.iterdir()) if path.name != "expected.json")
    extractor = import_module(f"crawler.platforms.{sample.parts[-3]}.extract")
    headers, status = expected.get("headers", {}), expected.get("status", 200)
    at = datetime.fromisoformat(expected["at"]) if "at" in expected else SEEN
    page = Page(url=expected["url"], body=saved.read_bytes(), headers=headers, status=status, fetched_at=at)
    return extractor.extract(page), expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parts[-3]}-{sample.name}")
def test_a_sample_is_read_as_expected(sample: Path) -> None:
    found, expected = read(sample)
    if "account" in expected:
        wanted = expected["account"]
        assert (wanted and found.account and fields(found.account, wanted)) == wanted or wanted is found.account is None
    if "posts" in expected:
        assert len(found.posts) == len(expected["posts"])
        for post, wanted in zip(found.posts, expected["posts"], strict=True):
            assert fields(post, wanted) == wanted
    if "links" in expected:
        kinds: dict[str, list[str]] = {}
        for link in found.links:
            kinds.setdefault(link.kind, []).append(link.url)
        assert kinds == expected["links"]
    if "observations" in expected:
        assert {o.metric: o.value for o in found.observations} == expected["observations"]
    if "unparsed" in expected:
        assert found.unparsed == expected["unparsed"]
    assert found.refused == expected.get("refused")
    check_words(found, expected.get("fields", {}))
    if "posts_by_id" in expected:
        assert {post.native_id for post in found.posts} == set(expected["posts_by_id"])
        for post in found.posts:
            for field, value in expected["posts_by_id"][post.native_id].items():
                assert same(value, post_value(found, post, field), field), (post.native_id, field)
    assert len(found.more) == len(expected.get("more", []))
    for one, wanted in zip(found.more, expected.get("more", []), strict=True):
        check_words(one, wanted)


def check_words(found: Extract, wanted: dict[str, Any]) -> None:
    for field, value in wanted.items():
        assert same(value, value_of(found, field), field), (field, value_of(found, field))


def post_value(found: Extract, post: Post, field: str) -> Any:
    """A number observed on the post, its own field, or a detail."""
    number = next((o.value for o in found.observations if (o.post_id, o.metric) == (post.native_id, field)), None)
    return number if number is not None else getattr(post, field, None) or post.details.get(field)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parts[-3]}-{sample.name}")
def test_a_sample_cut_anywhere_is_still_read_without_an_exception(sample: Path) -> None:
    expected = json.loads((sample / "expected.json").read_text("utf-8"))
    saved = next(path for path in sorted(sample.iterdir()) if path.name != "expected.json")
    extract = import_module(f"crawler.platforms.{sample.parts[-3]}.extract").extract
    body = saved.read_bytes()
    for tenth in range(1, 10):
        found = extract(Page(url=expected["url"], body=body[: len(body) * tenth // 10], fetched_at=SEEN))
        assert isinstance(found, Extract)
