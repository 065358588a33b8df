"""YouTube channels as recorded over the years: what the scores say of who left a tier, came back, or is gone."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from crawler.page import Page
from crawler.platforms.youtube.extract import extract
from index.scores.run import run
from index.scores.verify import verify
from storage import tables as t
from storage.database import reading
from storage.write import Writer

DATA = Path(os.environ.get("GRAPEVINE_DATA", "/nowhere"), "web/youtube")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="GRAPEVINE_DATA names no recorded web/youtube")
BOUNDS = {"macro": (500_000, 1_000_000), "mega": (1_000_000, 10**12)}


@pytest.fixture
def channels(engine: Engine) -> dict[str, dict[str, Any]]:
    """Channel -> score -> row, once every recording was written in the order of its day."""
    writer = Writer(engine, 1)
    files = [*DATA.glob("innertube/*.json"), *DATA.glob("unavailable/*.json")]
    days = [(re.findall(r"\d{4}-\d\d-\d\d", file.name)[0], file) for file in files]
    for day, file in sorted(days):
        when = datetime.fromisoformat(day).replace(tzinfo=UTC)
        body = file.read_bytes()
        asked = re.search(rb'"browse_id","value":"(UC[\w-]{22})"', body)
        url = f"https://www.youtube.com/channel/{asked[1].decode()}" if asked else "https://www.youtube.com/"
        found = extract(Page(url=url, body=body, fetched_at=when))
        for one in [found, *found.more]:
            if one.account is not None and not one.refused:
                for record in (one.account, *one.posts, *one.links, *one.observations):
                    writer.add(record)
    writer.close()
    run(engine)
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    with reading(engine) as connection:
        joined = t.score.join(t.account, t.account.c.key == t.score.c.creator)
        for row in connection.execute(select(t.score, t.account.c.native_id.label("who")).select_from(joined)):
            told[row.who][row.name] = row
        assert [wrong for _, wrong in verify(connection) if wrong] == []
    return told


def test_each_channel_s_tier_is_that_of_its_last_count_and_no_move_is_invented(channels: dict[str, Any]) -> None:
    tiers = [scores["tier"] for scores in channels.values() if "tier" in scores]
    assert len(tiers) >= 6
    for row in tiers:
        low, high = BOUNDS[row.label]
        assert low <= row.low <= row.value <= row.high < high
        assert row.evidence["told"]["moves"] == []


def test_channels_that_grew_at_every_sighting_are_told_so(channels: dict[str, Any]) -> None:
    grown = [
        row["rising"]
        for row in channels.values()
        if "rising" in row and row["rising"].evidence["told"]["by"] == "followers"
    ]
    assert len(grown) >= 3
    assert all(0 < row.value < 1 for row in grown)


def test_channels_that_are_gone_are_told_so_and_the_others_are_not(channels: dict[str, Any]) -> None:
    words = [row["freshness"].label for row in channels.values()]
    assert words.count("gone") >= 2
    assert all("tier" not in row for row in channels.values() if row["freshness"].label == "gone")
