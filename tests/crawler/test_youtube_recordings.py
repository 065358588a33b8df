"""Recorded YouTube answers: every field of every file, and all channels through a whole crawl over their years."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.conftest import Rows, RunScrapy
from tests.crawler.test_youtube import archive, crawl, page_of
from tests.crawler.youtube_facts import facts, name_of
from tests.crawler.youtube_facts import page_of as recorded

__all__ = ["archive", "crawl"]

pytestmark = pytest.mark.skipif("GRAPEVINE_DATA" not in os.environ, reason="GRAPEVINE_DATA names no recorded data")
ROOT = Path(os.environ.get("GRAPEVINE_DATA", "")) / "web" / "youtube"
KNOWN = {
    name: json.loads(told)
    for name, _, told in (
        line.partition("\t")
        for line in Path(__file__).with_name("youtube_facts.tsv").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
}


def files() -> list[Path]:
    if "GRAPEVINE_DATA" not in os.environ:
        return []
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and path.parent.name != "rss")


@pytest.mark.parametrize("path", files(), ids=lambda path: name_of(path, ROOT))
def test_every_field_of_a_recording_is_right(path: Path) -> None:
    told = KNOWN.get(name_of(path, ROOT))
    if told is None:
        pytest.skip("a recording that nobody has read yet")
    assert json.loads(json.dumps(facts(recorded(path)))) == told


def test_recorded_channels_are_crawled_with_their_history(
    archive: Any, crawl: RunScrapy, rows: Rows, tmp_path: Path
) -> None:
    records, days = [], set()
    for path in sorted((ROOT / "innertube").glob("*.json")):
        data, day = path.read_text("utf-8"), path.stem.rpartition("__")[2]
        found = json.loads(data)
        parts = [part["response"] for part in found if "response" in part] if isinstance(found, list) else [found]
        native = parts[-1].get("metadata", {}).get("channelMetadataRenderer", {}).get("externalId")
        if native:
            days.add(day)
            url = f"https://www.youtube.com/channel/{native}/videos"
            records.append((url, day, page_of(json.dumps(parts[-1]))))
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join(sorted({url for url, _, _ in records})) + "\n", "utf-8")
    warc = archive(records)
    for day in sorted(days):
        done = crawl(seeds, warc, f"REPLAY_AT={day}")
        assert "Traceback" not in done.stderr
    channels, visits = rows("SELECT count(*), (SELECT count(*) FROM run) FROM account")[0]
    history = "SELECT count(*) FROM observation WHERE metric = 'followers' GROUP BY account ORDER BY 1 DESC"
    told = {
        "channels": channels,
        "runs": visits,
        "followers a channel": [count for (count,) in rows(history)],
        "observations": rows("SELECT count(*) FROM observation")[0][0],
        "posts": rows("SELECT count(*) FROM post")[0][0],
        "from": str(rows("SELECT min(first_seen) FROM observation")[0][0])[:10],
        "until": str(rows("SELECT max(last_seen) FROM observation")[0][0])[:10],
    }
    assert channels == 7, told
    assert told["followers a channel"] == [3, 3, 3, 3, 2, 2, 1], told
    assert (told["from"], told["until"]) == ("2021-03-05", "2026-05-21")
