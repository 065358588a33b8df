"""Every platform's own written samples: samples/<case>/response.* must yield what expected.json says."""

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

SAMPLES = sorted(p.parent / "expected.json" for p in Path(platforms.__path__[0]).glob("*/samples/*/response.*"))


def extracted(case: Path, expected: dict[str, Any]) -> Extract:
    body = next(case.glob("response.*"))
    page = Page(
        url=expected["url"],
        body=body.read_bytes(),
        headers={"content-type": "application/json" if body.suffix == ".json" else "text/html; charset=utf-8"},
        fetched_at=datetime.fromisoformat(expected.get("at", "2026-01-01T00:00:00+00:00")).astimezone(UTC),
    )
    found: Extract = import_module(f"crawler.platforms.{case.parent.parent.name}.extract").extract(page)
    return found


def post_value(found: Extract, post: Post, field: str) -> Any:
    """A post's own field, a number observed on it, or a detail."""
    number = next((o.value for o in found.observations if (o.post_id, o.metric) == (post.native_id, field)), None)
    return number if number is not None else getattr(post, field, None) or post.details.get(field)


@pytest.mark.parametrize("file", SAMPLES, ids=[f"{path.parents[2].name}-{path.parent.name}" for path in SAMPLES])
def test_a_sample_yields_what_is_expected(file: Path) -> None:
    expected = json.loads(file.read_text("utf-8"))
    found = extracted(file.parent, expected)
    assert found.refused == expected.get("refused")
    assert found.unparsed == expected["unparsed"]
    for field, value in expected["fields"].items():
        got = getattr(found.account, field) if field == "aliases" else value_of(found, field)
        assert same(value, got, field), (field, value, got)
    posts = {post.native_id: post for post in found.posts}
    assert sorted(posts) == sorted(expected["posts"])
    for key, fields in expected["posts"].items():
        for field, value in fields.items():
            got = post_value(found, posts[key], field)
            assert same(value, got, field), (key, field, value, got)
    assert len(found.more) == len(expected.get("more", []))
    for fields, one in zip(expected.get("more", []), found.more, strict=True):
        for field, value in fields.items():
            assert same(value, value_of(one, field), field), (field, value, value_of(one, field))
