"""YouTube whole: crawls replayed through the real command line, the Data API, its quota, and an alarm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.platforms import youtube
from crawler.platforms.youtube.client import CHANNEL_PARTS, VIDEO_PARTS, query
from storage.addresses import identify
from tests.crawler.conftest import Rows, RunScrapy

MOSS, FERN = "UCmossmossmossmossmossmo", "UCfernfernfernfernfernfe"
SAMPLES = Path(youtube.__path__[0]) / "samples"
Record = tuple[str, str, str]


def sample(case: str) -> str:
    return next((SAMPLES / case).glob("response.*")).read_text("utf-8")


def page_of(data: str) -> str:
    return f'<!DOCTYPE html><html lang="en"><body><script>var ytInitialData = {data};</script></body></html>'


def channel(native: str, handle: str, followers: str) -> str:
    """A channel's page of the newest layout."""
    data = json.loads(sample("page_header"))
    meta = data["metadata"]["channelMetadataRenderer"]
    meta |= {"externalId": native, "vanityChannelUrl": f"http://www.youtube.com/@{handle}", "ownerUrls": []}
    view = data["header"]["pageHeaderRenderer"]["content"]["pageHeaderViewModel"]
    rows = view["metadata"]["contentMetadataViewModel"]["metadataRows"]
    rows[0]["metadataParts"][0]["text"]["content"] = f"@{handle}"
    rows[1]["metadataParts"][0]["text"]["content"] = f"{followers} subscribers"
    return page_of(json.dumps(data))


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[list[Record]], Path]:
    """Writes (address, day, body) as a WARC file."""

    def write(records: list[Record]) -> Path:
        path = tmp_path / "recorded.warc"
        with path.open("wb") as file:
            for number, (url, day, body) in enumerate(records):
                kind = "application/json" if "googleapis" in url else "text/html; charset=utf-8"
                http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n{body}".encode()
                head = (
                    f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
                    f"WARC-Target-URI: {url}\r\nWARC-Date: {day}T12:00:00Z\r\n"
                    f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
                )
                file.write(head.encode() + http + b"\r\n\r\n")
        return path

    return write


@pytest.fixture
def crawl(run_scrapy: RunScrapy) -> RunScrapy:
    assert run_scrapy("migrate").returncode == 0

    def run(seeds: Any, warc: Path, *settings: str, **env: str) -> Any:
        options = [word for setting in settings for word in ("-s", setting)]
        return run_scrapy("crawl", "youtube", "-a", f"seeds={seeds}", "-s", f"REPLAY={warc}", *options, **env)

    return run


def test_a_channel_replayed_over_years_has_its_history(
    archive: Any, crawl: RunScrapy, run_scrapy: RunScrapy, rows: Rows
) -> None:
    url = "https://www.youtube.com/@mossbymoss/videos"
    warc = archive([(url, f"202{year}-03-01", channel(MOSS, "mossbymoss", f"{year}.5K")) for year in (3, 4, 5)])
    for year in (3, 4, 5, 5):
        done = crawl(url, warc, f"REPLAY_AT=202{year}-12-31")
        assert done.returncode == 0, done.stdout + done.stderr
    assert rows("SELECT native_id, handle, name FROM account") == [(MOSS, "mossbymoss", "Moss by Moss")]
    history = "SELECT value, low, high, text FROM observation WHERE metric = 'followers' ORDER BY first_seen"
    assert rows(history) == [(y * 1000 + 500, y * 1000 + 500, y * 1000 + 599, f"{y}.5K subscribers") for y in (3, 4, 5)]
    assert rows("SELECT count(*) FROM post") == [(2,)]
    again = run_scrapy("reparse", "youtube", str(warc))
    assert again.returncode == 0
    assert "1 of 1 sources of youtube" in again.stderr


def test_a_changed_handle_is_one_account_and_a_reassigned_one_another(
    archive: Any, crawl: RunScrapy, rows: Rows
) -> None:
    lasting, named = f"https://www.youtube.com/channel/{MOSS}", "https://www.youtube.com/@mossbymoss"
    warc = archive(
        [
            (lasting, "2024-01-01", channel(MOSS, "mossbymoss", "1K")),
            (lasting, "2025-01-01", channel(MOSS, "bryologist", "2K")),
            (named, "2025-01-01", channel(FERN, "mossbymoss", "3")),
        ]
    )
    crawl(lasting, warc, "REPLAY_AT=2024-12-31")
    crawl(lasting, warc)
    crawl(named, warc)
    assert rows("SELECT native_id, handle FROM account ORDER BY 1") == [(FERN, "mossbymoss"), (MOSS, "bryologist")]
    handles = (
        f"SELECT value FROM fact f JOIN account a ON a.key = f.subject WHERE field = 'handle' AND native_id = '{MOSS}'"
    )
    assert {json.loads(value) if value.startswith('"') else value for (value,) in rows(handles)} == {
        "mossbymoss",
        "bryologist",
    }


def test_a_handle_in_other_hands_is_no_evidence_for_who_had_it_before(
    archive: Any, crawl: RunScrapy, run_scrapy: RunScrapy, rows: Rows, tmp_path: Path
) -> None:
    lasting, named = f"https://www.youtube.com/channel/{MOSS}", "https://www.youtube.com/@mossbymoss"
    mine = tmp_path / "mine.jsonl"
    mine.write_text(json.dumps({"handle": "moss", "links": [named], "observed_at": "2024-01-01"}) + "\n", "utf-8")
    warc = archive(
        [
            (lasting, "2024-01-01", channel(MOSS, "mossbymoss", "1K")),
            (named, "2025-01-01", channel(FERN, "mossbymoss", "3")),
        ]
    )
    crawl(lasting, warc, "REPLAY_AT=2024-12-31")
    assert run_scrapy("import", str(mine), "--platform", "instagram").returncode == 0
    holder = "SELECT native_id FROM identity_alias JOIN account ON key = account WHERE address = 'youtube:@mossbymoss'"
    holding = (
        "SELECT b.native_id FROM identity_evidence e JOIN account a ON a.key = e.a JOIN account b ON b.key = e.b"
        " WHERE expired_at IS NULL AND 'instagram' IN (a.platform, b.platform)"
        " UNION SELECT a.native_id FROM identity_evidence e JOIN account a ON a.key = e.a"
        " JOIN account b ON b.key = e.b WHERE expired_at IS NULL AND 'instagram' IN (a.platform, b.platform)"
    )
    assert rows(holder) == [(MOSS,)]
    assert (MOSS,) in rows(holding)
    crawl(named, warc)
    assert rows(holder) == [(FERN,)]
    assert (MOSS,) not in rows(holding)


def test_topics_closed_doors_and_lost_channels_are_told_not_stored(
    archive: Any, crawl: RunScrapy, rows: Rows, tmp_path: Path
) -> None:
    cases = {
        "@mossbymoss": "c4_with_handle",
        "@topic": "topic_carousel",
        "@peatandsmoke": "age_restricted",
        "@hidden": "noindex",
        "@broken": "no_channel",
        f"channel/{MOSS[:-1]}x": "gone_terms",
    }
    pages = {f"https://www.youtube.com/{path}": sample(case) for path, case in cases.items()}
    pages = {url: text if text.lstrip().startswith("<") else page_of(text) for url, text in pages.items()}
    warc = archive([(url, "2024-04-11", text) for url, text in pages.items()])
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join([*pages, "https://www.youtube.com/watch?v=x", "https://www.youtube.com/results?q=moss"]))
    done = crawl(seeds, warc)
    assert done.returncode == 1
    outcomes = dict(rows("SELECT replace(url, 'https://www.youtube.com/', ''), outcome FROM source"))
    assert outcomes == {
        "@mossbymoss": "ok",
        "@topic": "not_a_creator",
        "@peatandsmoke": "age_restricted",
        "@hidden": "noindex",
        "@broken": "not_understood",
        f"channel/{MOSS[:-1]}x": "gone",
    }
    assert {native for (native,) in rows("SELECT native_id FROM account")} == {MOSS}
    assert "'grapevine/source/failed/bad_seed': 2" in done.stderr


def api_records(day: str = "2025-06-01") -> list[Record]:
    channels = query("channels", part=CHANNEL_PARTS, maxResults=50, id=MOSS)
    uploads = query("playlistItems", part="contentDetails,snippet", maxResults=50, playlistId="UU" + MOSS[2:])
    videos = query("videos", part=VIDEO_PARTS, maxResults=50, id="mossvideo01,mossvideo02")
    cases = {channels: "api_channel", uploads: "api_uploads", videos: "api_videos"}
    return [(url, day, sample(case)) for url, case in cases.items()]


def test_page_and_api_give_one_account(archive: Any, crawl: RunScrapy, rows: Rows) -> None:
    url = f"https://www.youtube.com/channel/{MOSS}"
    warc = archive([(url, "2024-04-11", page_of(sample("c4_with_handle"))), *api_records()])
    assert crawl(url, warc, "REPLAY_AT=2024-12-31").returncode == 0
    done = crawl(url, warc, GRAPEVINE_YOUTUBE_API_KEY="a-key-of-ones-own")
    assert done.returncode == 0, done.stderr
    assert "a-key-of-ones-own" not in done.stdout + done.stderr
    assert [native for (native,) in rows("SELECT native_id FROM account")] == [MOSS]
    assert rows("SELECT value, extractor FROM observation WHERE metric = 'followers' ORDER BY first_seen") == [
        (12400, "youtube/1"),
        (988000, "youtube_api/1"),
    ]
    assert rows("SELECT title FROM post WHERE native_id = 'mossvideo01'") == [("Peat in May",)]
    assert rows("SELECT value FROM observation WHERE metric = 'likes'") == [(190,)]


def test_a_custom_address_is_resolved_through_its_page_for_the_api(archive: Any, crawl: RunScrapy, rows: Rows) -> None:
    url = "https://www.youtube.com/c/MossByMoss"
    visited = identify(url)
    assert visited is not None
    warc = archive([(visited.url, "2025-06-01", page_of(sample("c4_with_handle"))), *api_records()])
    done = crawl(url, warc, GRAPEVINE_YOUTUBE_API_KEY="a-key-of-ones-own")
    assert done.returncode == 0, done.stderr
    assert rows("SELECT native_id FROM account") == [(MOSS,)]
    assert rows("SELECT DISTINCT extractor FROM observation") == [("youtube_api/1",)]


def test_api_rows_carry_their_policy_and_the_day_by_which_they_are_fetched_anew(
    archive: Any, crawl: RunScrapy, rows: Rows
) -> None:
    crawl(f"https://www.youtube.com/channel/{MOSS}", archive(api_records()), GRAPEVINE_YOUTUBE_API_KEY="k")
    for (details,) in rows("SELECT details FROM account UNION ALL SELECT details FROM post"):
        told = json.loads(details)
        assert (told["source_policy"], told["refresh_by"]) == ("youtube_api", "2025-07-01")


def test_a_spent_quota_stops_everything_before_a_request(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    run_scrapy("migrate")
    arguments = ("-s", f"YOUTUBE_QUOTA_FILE={tmp_path / 'quota.json'}", "-s", "YOUTUBE_QUOTA_UNITS=0")
    seeds = f"seeds=https://www.youtube.com/channel/{MOSS}"
    env = {"GRAPEVINE_YOUTUBE_API_KEY": "key", "GRAPEVINE_CONTACT": "https://crawler.example/bot"}
    done = run_scrapy("crawl", "youtube", "-a", seeds, *arguments, **env)
    assert done.returncode == 2
    assert "quota of 0 units" in done.stderr
    assert "midnight in California" in done.stderr
    assert "downloader/request_count" not in done.stderr


def test_a_silent_change_of_layout_raises_an_alarm_within_one_run(
    archive: Any, crawl: RunScrapy, run_scrapy: RunScrapy, tmp_path: Path
) -> None:
    assert run_scrapy("health", "youtube").returncode == 2
    urls = [f"https://www.youtube.com/@moss{n}" for n in range(8)]
    healthy = [channel(f"UCmossmossmossmossmossm{n}0"[:24], f"moss{n}", "1.5K") for n in range(8)]
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join(urls))
    crawl(seeds, archive([(url, "2026-01-01", text) for url, text in zip(urls, healthy, strict=True)]))
    assert run_scrapy("health", "youtube").returncode == 0
    changed = [text.replace("metadataRows", "detailRows") for text in healthy]
    crawl(seeds, archive([(url, "2026-02-01", text) for url, text in zip(urls, changed, strict=True)]))
    judged = run_scrapy("health", "youtube")
    assert judged.returncode == 1
    assert "account.followers: absent in 100% of 8 cases" in judged.stdout
