"""Record and replay, through the real command line and the default download handler."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from crawler.archive import ArchiveUnreadable, index
from tests.crawler.conftest import RunScrapy, Site

SPIDER = """
from crawler.spider import PlatformSpider

class Probe(PlatformSpider):
    name = "probe"
    platform = "probe"
    extractor = "probe/1"

    async def visit(self, page, seed):
        more = await self.fetch(page.url + "more")
        yield {"url": page.url, "status": page.status, "text": page.text, "at": page.fetched_at.isoformat(),
               "type": page.headers.get("content-type"), "more": more and [more.status, more.url, more.text]}
"""


BASE = ("ITEM_PIPELINES={}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False")


@pytest.fixture
def probe(tmp_path: Path, run_scrapy: RunScrapy, site: Site) -> Any:
    """Crawls seeds with a spider that tells what it saw of a page and of the page ``more`` below it."""
    spider = tmp_path / "probe.py"
    spider.write_text(SPIDER)

    def crawl(seeds: str, *settings: str, base: tuple[str, ...] = BASE) -> list[dict[str, Any]]:
        out = tmp_path / "out.jsonl"
        options = [word for setting in (*base, f"GUARD_ALLOW={site.host}", *settings) for word in ("-s", setting)]
        done = run_scrapy("runspider", str(spider), "-a", f"seeds={seeds}", "-O", str(out), *options)
        assert done.returncode == 0, done.stderr
        return sorted(map(json.loads, out.read_text().splitlines()), key=lambda seen: str(seen["url"]))

    return crawl


def test_a_replay_sees_what_the_recording_saw_with_the_site_gone(tmp_path: Path, site: Site, probe: Any) -> None:
    site.put("/", "<p>caffè ☕", content_type="text/html; charset=utf-8")
    site.pages["/more"] = (302, {"Location": "/there"}, b"")
    site.pages["/there"] = (
        200,
        {"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=latin-1"},
        gzip.compress("wärme".encode("latin-1")),
    )
    warc = tmp_path / "web.warc.gz"
    live = probe(site.url + "/", f"ARCHIVE={warc}")
    site.close()
    replayed = probe(site.url + "/", f"REPLAY={warc}")
    assert replayed[0]["more"] == [200, site.url + "/there", "wärme"]
    assert {**replayed[0], "at": None} == {**live[0], "at": None}


def test_a_replay_tells_when_a_page_was_really_fetched(tmp_path: Path, site: Site, probe: Any) -> None:
    site.put("/", "first")
    warc = tmp_path / "web.warc.gz"
    probe(site.url + "/", f"ARCHIVE={warc}")
    assert probe(site.url + "/", f"REPLAY={warc}") == probe(site.url + "/", f"REPLAY={warc}")


def test_a_page_missing_in_the_archive_is_a_404(tmp_path: Path, site: Site, probe: Any) -> None:
    site.put("/", "only this")
    warc = tmp_path / "web.warc.gz"
    probe(site.url + "/", f"ARCHIVE={warc}")
    (seen,) = probe("http://elsewhere.example/", f"REPLAY={warc}")
    assert seen["status"] == 404


def test_a_second_recording_is_appended_and_the_last_answer_is_replayed(tmp_path: Path, site: Site, probe: Any) -> None:
    warc = tmp_path / "web.warc.gz"
    for text in ("then", "now"):
        site.put("/", text)
        probe(site.url + "/", f"ARCHIVE={warc}")
    assert probe(site.url + "/", f"REPLAY={warc}")[0]["text"] == "now"


def test_a_page_that_asks_not_to_be_kept_is_not_archived(tmp_path: Path, site: Site, probe: Any) -> None:
    site.put("/", "<meta name=robots content=noarchive>")
    site.put("/more", "this may be kept")
    warc = tmp_path / "web.warc.gz"
    probe(site.url + "/", f"ARCHIVE={warc}")
    assert {url.removeprefix(site.url) for url in index(warc)[0]} >= {"/more"}
    assert site.url + "/" not in index(warc)[0]


BROKEN = {"empty": b"", "text": b"no archive at all", "cut short": gzip.compress(b"WARC/1.0\r\nbroken")}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_archive_is_refused_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.warc.gz"
    path.write_bytes(content)
    with pytest.raises(ArchiveUnreadable, match=path.name[:6]):
        index(path)


def test_a_missing_archive_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnreadable, match="nowhere"):
        index(tmp_path / "nowhere.warc.gz")
