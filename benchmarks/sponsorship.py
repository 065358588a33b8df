"""How well sponsorship is seen: `python -m benchmarks.sponsorship --data DIR --json` (DIR as `web/disclosure`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import FILES, arguments, show
from crawler.page import Page
from crawler.platforms.blog.merge import Visit
from pipelines.sponsorship.judge import Verdict, judge
from pipelines.sponsorship.stage import verdict
from storage.records import Post


def judge_page(path: Path) -> Verdict:
    """The verdict on a saved page, read as the blog spider reads it."""
    visit = Visit()
    visit.add("post", Page(url=f"https://{path.stem}/post", body=path.read_bytes()))
    return next((verdict(record) for record in visit.records() if isinstance(record, Post)), Verdict("none"))


def pages(data: Path) -> list[tuple[str, str, Verdict]]:
    """(file, label, verdict) of the labelled pages."""
    found = []
    for line in sorted(data.glob("labels*.jsonl"))[0].read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        file = data / "html" / Path(row["file"]).name
        found.append((file.name, row["label"], judge_page(file)))
    return found


def descriptions(data: Path) -> list[tuple[str, str, Verdict]]:
    """(title, label, verdict) of the labelled video descriptions."""
    rows = [json.loads(line) for line in sorted(data.glob("yt_descriptions*.jsonl"))[0].read_text("utf-8").splitlines()]
    return [(row["title"], row["label"], judge(row["description"], title=row["title"])) for row in rows]


def measure(data: Path) -> dict[str, Any]:
    """The issue's keys; a page or description counts as found whenever the verdict is not ``none``."""
    of_pages, of_videos = pages(data), descriptions(data)
    negatives = [verdict for _, label, verdict in of_pages if label == "none"]
    positives = [(label, verdict) for _, label, verdict in of_pages if label != "none"]
    sponsored = [verdict for _, label, verdict in of_videos if label == "sponsored"]
    called = [label for _, label, verdict in of_videos if verdict.kind != "none" and label != "funded"]
    return {
        "page_false_alarms": sum(verdict.kind != "none" for verdict in negatives),
        "page_negatives": len(negatives),
        "page_recall": _share(sum(verdict.kind != "none" for _, verdict in positives), len(positives)),
        "page_kind_accuracy": _share(
            sum(verdict.kind == {"sponsored": "disclosed"}.get(label, label) for label, verdict in positives),
            len(positives),
        ),
        "description_recall": _share(sum(verdict.kind != "none" for verdict in sponsored), len(sponsored)),
        "description_precision": _share(called.count("sponsored"), len(called)),
        "descriptions": len(of_videos),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


if __name__ == "__main__":
    given = arguments(__doc__, data=FILES, cases={"action": "store_true", "help": "print the verdicts that are wrong"})
    if not given.cases:
        show(measure(given.data), given)
    for name, label, found in [*pages(given.data), *descriptions(given.data)] if given.cases else ():
        if (label == "none") != (found.kind == "none"):
            print(label, found, name)
