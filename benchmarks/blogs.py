"""How right the blog reader is on recorded pages: ``python -m benchmarks.blogs --data DIR [--gold FILE] --json``."""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import FILES, arguments, show
from crawler.page import Page
from crawler.platforms.blog.extract import extract
from storage.records import Extract

FIELDS = {"title": "title", "date": "date", "publishedTime": "date", "author": "author", "byline": "author"}
"""Gold field -> the figure it counts for."""
NOWHERE = "https://blog.example/2"


def gold_of(data: Path, gold: Path | None) -> dict[str, dict[str, Any]]:
    """{file: {field: expected}} of a gold file, else of DIR's gold_dev.jsonl, else of its manifest."""
    path = gold or data / "gold_dev.jsonl"
    if not path.exists():
        path = next(iter(sorted(data.glob("MANIFEST*.tsv"))), data / "MANIFEST.tsv")
    found: dict[str, dict[str, Any]] = {}
    if path.suffix == ".tsv":
        head, *rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
        for row in rows:
            facts = dict(zip(head, row, strict=False))
            if facts.get("expected", "").startswith("{"):
                found[facts["path"]] = json.loads(facts["expected"])
        return found
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            found.setdefault(row["file"], {})[row["field"]] = row["expected"]
    return found


def fields_of(found: Extract) -> dict[str, str | None]:
    """Title, date and author in the words of the gold rows: of the newest post, else of the account."""
    post, account = next(iter(found.posts), None), found.account
    when = post.published_at if post else None
    return {
        "title": post.title if post else account.name if account else None,
        "date": when.date().isoformat() if when else None,
        "author": post.author if post else account.owner if account else None,
    }


def same(field: str, got: str | None, expected: Any) -> bool:
    """Text after NFC and folded blanks, dates by day, null for None."""
    if expected is None or got is None:
        return expected is None and got is None
    if field == "date":
        return got == str(expected)[:10]
    return fold(got) == fold(str(expected))


def fold(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def files_of(data: Path) -> Iterable[Path]:
    """Every page and feed below DIR; what only tells of other files (metadata, expected values) is no page."""
    for path in sorted(p for folder in ("blogs", "feeds") for p in (data / folder).rglob("*")):
        beside = path.suffix == ".json" and (path.with_suffix(".html").exists() or path.parent.name != "feeds")
        told = beside and path.parts[-2] != "rss-bridge"
        if path.is_file() and not told:
            yield path


def measure(data: Path, gold: dict[str, dict[str, Any]], wrong: list[str]) -> dict[str, Any]:
    """The issue's figures; ``wrong`` gathers every miss in words."""
    figures: dict[str, Any] = {"files": 0, "exceptions": 0}
    figures |= {f"{name}_{what}": 0 for name in ("title", "date", "author") for what in ("right", "total")}
    started = time.process_time()
    for path in files_of(data):
        name = path.relative_to(data).as_posix()
        expected = gold.get(name, {})
        figures["files"] += 1
        try:
            found = extract(Page(url=expected.get("url") or f"{NOWHERE}/{path.name}", body=path.read_bytes()))
        except Exception:
            figures["exceptions"] += 1
            wrong.append(f"{name}: {traceback.format_exc(limit=-2)}")
            continue
        got = fields_of(found)
        for field, value in expected.items():
            if field in FIELDS and (figure := FIELDS[field]):
                right = same(figure, got[figure], value)
                figures[f"{figure}_total"] += 1
                figures[f"{figure}_right"] += right
                wrong += [] if right else [f"{name}: {field}: expected {value!r}, got {got[figure]!r}"]
    return figures | {"cpu_seconds": round(time.process_time() - started, 1)}


if __name__ == "__main__":
    given = arguments(
        __doc__,
        data=FILES | {"help": "a directory with blogs/ and feeds/"},
        gold={"type": Path, "help": "rows {file, field, expected}; default: gold_dev.jsonl or the manifest"},
    )
    wrong: list[str] = []
    figures = measure(given.data, gold_of(given.data, given.gold), wrong)
    if not given.json:
        print("\n".join(wrong), file=sys.stderr)
    show(figures, given)
