"""Whole crawls of a loopback blog through the real command line, into a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.crawler.conftest import Rows, RunScrapy, Site

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Nib &amp; Ink</title><link>{url}/</link><description>Fountain pens, slowly.</description>
<language>en</language>
<item><title>A stub nib, ground at home</title><link>{url}/stub-nib/</link><guid>{url}/?p=1</guid>
<dc:creator>Tilda Marwick</dc:creator><pubDate>Tue, 03 Mar 2026 19:00:00 +0000</pubDate><category>nibs</category>
<content:encoded><![CDATA[<p>{text}</p><p><a href="http://paper.example/">The paper</a> I used.</p>]]>
</content:encoded></item>
<item><title>Only a summary</title><link>{url}/summary/</link><guid>{url}/?p=2</guid>
<pubDate>Wed, 04 Mar 2026 19:00:00 +0000</pubDate><description>Ink, briefly &#8230; [&#8230;]</description></item>
</channel></rss>"""
TEXT = (
    "I ground a broad steel nib into a stub on micromesh, checked the tines with a loupe and wrote a page of ovals. "
    * 4
)
HOME = """<!doctype html><html lang="en"><head><title>Nib &amp; Ink</title>
<link rel="alternate" type="application/rss+xml" href="/feed/"><link rel="me" href="https://pens.example/@tilda">
</head><body><h1>Nib &amp; Ink</h1><a href="/about/">About</a></body></html>"""
ABOUT = """<html lang="en"><head><title>About - Nib &amp; Ink</title></head><body><div class="h-card">
<a class="u-url p-name" href="/">Tilda Marwick</a>, <span class="p-locality">Leith</span></div></body></html>"""
POST = """<html lang="en"><head><title>Only a summary - Nib &amp; Ink</title></head><body>
<article><h1>Only a summary</h1><time datetime="2026-03-04T19:00:00+00:00">4 March 2026</time>
<p>{text}</p></article></body></html>"""


@pytest.fixture
def blog(site: Site) -> Site:
    """A small blog: home, about, a feed with one full and one summarised post."""
    site.put("/", HOME)
    site.put("/about/", ABOUT)
    site.put("/feed/", FEED.format(url=site.url, text=TEXT), "application/rss+xml; charset=UTF-8")
    site.put("/summary/", POST.format(text="The whole text of the second post. " + TEXT))
    return site


@pytest.fixture
def crawl(run_scrapy: RunScrapy, site: Site) -> RunScrapy:
    """``scrapy crawl blog`` on a migrated database, allowed to reach loopback and in no need to spare it."""
    assert run_scrapy("migrate").returncode == 0

    def run(seeds: str, *settings: str, **env: str) -> Any:
        here = (f"GUARD_ALLOW={site.host},127.0.0.1:9", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False")
        options = [word for setting in (*here, *settings) for word in ("-s", setting)]
        return run_scrapy("crawl", "blog", "-a", f"seeds={seeds}", *options, **env)

    return run


def test_one_blog_gives_one_account_whatever_address_of_it_is_the_seed(
    blog: Site, crawl: RunScrapy, rows: Rows
) -> None:
    for path in ("/", "/feed/", "/summary/"):
        done = crawl(blog.url + path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert rows("SELECT native_id, name, bio, owner FROM account") == [
        (blog.host, "Nib & Ink", "Fountain pens, slowly.", "Tilda Marwick")
    ]


def test_the_feed_s_text_is_used_and_a_summary_is_filled_up_from_the_page(
    blog: Site, crawl: RunScrapy, rows: Rows
) -> None:
    crawl(blog.url + "/")
    first, second = rows("SELECT title, text, author, published_on FROM post ORDER BY published_at")
    assert (first[0], first[2], first[3]) == ("A stub nib, ground at home", "Tilda Marwick", "2026-03-03")
    assert "with a loupe" in first[1]
    assert "The whole text of the second post." in second[1]
    assert "/stub-nib/" not in blog.asked


def test_the_same_crawl_twice_changes_no_row_but_last_seen_and_run(
    tmp_path: Path, blog: Site, crawl: RunScrapy, rows: Rows
) -> None:
    warc = tmp_path / "web.warc.gz"
    seeds = tmp_path / "seeds.txt"
    seeds.write_text(f"{blog.url}/\nhttp://gone.example/\n")
    crawl(str(seeds), f"ARCHIVE={warc}")

    def state() -> dict[str, list[Any]]:
        tables = ("account", "post", "link", "observation", "source", "creator", "creator_member", "fact", "quarantine")
        found = {}
        for table in tables:
            names = [row[1] for row in rows(f"PRAGMA table_info({table})") if row[1] not in ("last_seen", "run")]
            found[table] = rows(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2")
        return found

    crawl(str(seeds), f"REPLAY={warc}")
    before = state()
    again = crawl(str(seeds), f"REPLAY={warc}")
    assert again.returncode == 1, again.stderr
    assert state() == before
    assert before["post"]
    assert before["link"]
    assert len(rows("SELECT * FROM run")) == 3


def test_a_dead_host_is_named_and_the_others_are_crawled(
    tmp_path: Path, blog: Site, crawl: RunScrapy, rows: Rows
) -> None:
    seeds = tmp_path / "seeds.txt"
    seeds.write_text(f"http://127.0.0.1:9/\nno-scheme.example\n{blog.url}/\n")
    done = crawl(str(seeds))
    assert done.returncode == 1
    assert f"{seeds}:2" in done.stderr
    assert rows("SELECT count(*) FROM account") == [(1,)]
    assert rows("SELECT outcome FROM source WHERE url = 'http://127.0.0.1:9/'") == [("refused",)]


def test_unreadable_seeds_end_with_2_and_a_sentence(crawl: RunScrapy) -> None:
    done = crawl("nowhere/list.csv")
    assert done.returncode == 2
    assert "there is no such file" in done.stderr


def test_a_database_that_was_never_migrated_is_named_with_the_way_out(run_scrapy: RunScrapy, blog: Site) -> None:
    done = run_scrapy("crawl", "blog", "-a", f"seeds={blog.url}/")
    assert done.returncode == 2
    assert "scrapy migrate" in done.stderr
    assert blog.asked == []


def test_an_unknown_spider_is_answered_with_the_known_ones(run_scrapy: RunScrapy) -> None:
    done = run_scrapy("crawl", "blgo")
    assert done.returncode == 2
    assert "blog" in done.stderr + done.stdout
