"""One list with every kind of address: each line's spider, and one run with one table of what failed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from crawler.routes import route, routed
from tests.crawler.conftest import RunScrapy, Site
from tests.crawler.test_social_crawls import appview, mastodon

SPIDERS = ("blog", "bluesky", "fediverse", "profile", "youtube")


@pytest.mark.parametrize(
    ("line", "spider"),
    [
        ("https://www.youtube.com/@mossbymoss", "youtube"),
        ("@tilda@pens.example", "fediverse"),
        ("https://pens.example/@tilda", "fediverse"),
        ("https://bsky.app/profile/wren.example", "bluesky"),
        ("did:plc:abcdefghijklmnopqrstuvwx", "bluesky"),
        ("https://linktr.ee/wren", "profile"),
        ("https://wren.carrd.co/", "profile"),
        ("https://nibs.example/about", "profile"),
        ("profile:https://nibs.example/team/wren", "profile"),
        ("https://nibs.example/", "blog"),
        ("nibs.example", "blog"),
        ("https://nibs.wordpress.com/", "blog"),
        ("https://nibs.example/feed.xml", "blog"),
    ],
)
def test_a_line_finds_its_spider(line: str, spider: str) -> None:
    assert route(line, SPIDERS).partition(" ")[0] == spider


@pytest.mark.parametrize(
    ("line", "way_out"),
    [
        ("https://www.instagram.com/wren/", "scrapy import FILE --platform instagram"),
        ("https://www.instagram.com/p/Cabc/", "names no account"),
        ("not an address", "blank"),
        ("ftp://nibs.example/", "only http"),
        ("", "no address"),
    ],
)
def test_what_nobody_may_visit_is_told_with_the_way_out(line: str, way_out: str) -> None:
    with pytest.raises(ValueError, match=way_out):
        route(line, SPIDERS)


def test_the_lines_of_a_list_are_parted_by_spider(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("@a@pens.example\n@b@pens.example\nhttps://x.com/c\nhttps://nibs.example/\n", "utf-8")
    lines, bad = routed(str(path), SPIDERS)
    assert lines == {"fediverse": ["@a@pens.example", "@b@pens.example"], "blog": ["https://nibs.example/"]}
    assert [(one.address, one.outcome) for one in bad] == [(f"{path}:3", "bad_seed")]


def test_one_run_over_every_kind_ends_with_one_table_and_exit_code_1(
    site: Site, run_scrapy: RunScrapy, tmp_path: Path
) -> None:
    assert run_scrapy("migrate").returncode == 0
    mastodon(site, "tilda")
    mastodon(site, "shy", note="<p>#nobot</p>")
    appview(site)
    hub = (
        '<html><head><title>Wren</title></head><body><a rel="me" href="https://github.com/wren">code</a></body></html>'
    )
    site.put("/about", hub)
    site.put("/quiet/about", f'<meta name="robots" content="noindex">{hub}')
    path = tmp_path / "list.txt"
    lines = [f"{site.url}/@tilda", f"{site.url}/@shy", f"{site.url}/@nobody", "https://bsky.app/profile/wren.test"]
    lines += ["https://bsky.app/profile/off.test", f"{site.url}/about", f"{site.url}/quiet/about"]
    lines += ["http://127.0.0.1:9/", "https://www.instagram.com/wren/", "no address at all"]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    settings = [f"GUARD_ALLOW={site.host},127.0.0.1:9", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False"]
    settings += [f"BLUESKY_APPVIEW={site.url}", f"BLUESKY_DIRECTORY={site.url}"]
    options = [word for setting in settings for word in ("-s", setting)]
    done = run_scrapy("crawl", "all", "-a", f"seeds={path}", *options)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    table = " ".join(done.stdout.partition("sources failed")[2].split())
    for outcome in ("opted_out", "gone", "noindex", "refused", "bad_seed", "scrapy import FILE --platform instagram"):
        assert outcome in table, outcome
    with sqlite3.connect(tmp_path / "test.db") as connection:
        kept = connection.execute("SELECT platform, name FROM account ORDER BY platform").fetchall()
    assert [platform for platform, _ in kept] == ["bluesky", "fediverse", "web"], json.dumps(kept)


def test_a_list_that_no_spider_can_visit_ends_with_2(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    run_scrapy("migrate")
    path = tmp_path / "list.txt"
    path.write_text("https://www.instagram.com/wren/\n", "utf-8")
    done = run_scrapy("crawl", "all", "-a", f"seeds={path}")
    assert done.returncode == 2
    assert "bad_seed" in done.stdout


@pytest.mark.parametrize("given", [[], ["-a", "due=5"], ["-a", "seeds=list.txt", "-a", "due=5"]])
def test_crawl_all_takes_a_list_and_nothing_else(run_scrapy: RunScrapy, given: list[str]) -> None:
    run_scrapy("migrate")
    done = run_scrapy("crawl", "all", *given)
    assert done.returncode == 2
    assert "scrapy crawl SPIDER -a due=N" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
