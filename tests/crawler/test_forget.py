"""``scrapy forget``, and crawls and imports after it, through the real command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.crawler.conftest import RunScrapy, Site

HOME = '<html lang="en"><title>{0} bakes</title><link rel="alternate" type="application/rss+xml" href="/~{0}/feed">'
FEED = """<rss version="2.0"><channel><title>{0} bakes</title><link>{1}/~{0}/</link><item><title>Rye</title>
<link>{1}/~{0}/rye</link><pubDate>Sun, 01 Nov 2026 08:00:00 GMT</pubDate><description>A long rye loaf rises slowly.
</description></item></channel></rss>"""


@pytest.fixture
def bakers(site: Site) -> Site:
    """Two people on one host that they share, and an address that leads to the first."""
    for name in ("ann", "bob"):
        site.put(f"/~{name}/", HOME.format(name))
        site.put(f"/~{name}/feed", FEED.format(name, site.url), content_type="application/rss+xml")
    site.put("/~bob/rye", f'<title>Rye</title><p>As <a href="{site.url}/~ann/rye">she</a> bakes it.')
    site.pages["/hop"] = (302, {"Location": "/~ann/"}, b"")
    return site


def test_who_asked_to_be_left_out_is_neither_asked_for_nor_stored_nor_logged(
    bakers: Site, tmp_path: Path, run_scrapy: RunScrapy
) -> None:
    run_scrapy("migrate")
    gone = run_scrapy("forget", f"{bakers.url}/~ann/", "--yes", "--exports", str(tmp_path))
    assert (gone.returncode, gone.stderr) == (0, "")
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join(f"{bakers.url}/{path}" for path in ("~ann/", "hop", "~bob/")))
    options = (f"GUARD_ALLOW={bakers.host}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False")
    words = [word for option in options for word in ("-s", option)]
    done = run_scrapy("crawl", "blog", "-a", f"seeds={seeds}", *words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "/~bob/" in bakers.asked
    assert "/hop" in bakers.asked
    assert [path for path in bakers.asked if "~ann" in path] == []
    assert "'grapevine/source/suppressed': 2" in done.stderr
    assert "~ann" not in done.stderr + done.stdout
    database = sqlite3.connect(tmp_path / "test.db")
    assert [name for (name,) in database.execute("SELECT name FROM account")] == ["bob bakes"]
    rows = [str(row) for (table,) in database.execute(TABLES) for row in database.execute(f"SELECT * FROM {table}")]
    assert [row for row in rows if "~ann" in row] == []
    database.close()


TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def test_an_import_does_not_bring_back_who_asked_to_be_left_out(tmp_path: Path, run_scrapy: RunScrapy) -> None:
    run_scrapy("migrate")
    assert run_scrapy("forget", "ann", "--platform", "instagram", "--yes").returncode == 0
    export = tmp_path / "mine.csv"
    export.write_text("handle,followers\nann,1200\nbob,3\n")
    assert run_scrapy("import", str(export), "--platform", "instagram").returncode == 0
    database = sqlite3.connect(tmp_path / "test.db")
    assert database.execute("SELECT native_id FROM account").fetchall() == [("bob",)]
    assert database.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)
    database.close()


def test_forgetting_asks_first_and_shows_what_would_go(tmp_path: Path, run_scrapy: RunScrapy) -> None:
    run_scrapy("migrate")
    export = tmp_path / "mine.csv"
    export.write_text("handle,followers\nann,1200\n")
    run_scrapy("import", str(export), "--platform", "instagram")
    who = "https://www.instagram.com/ann/"
    shown = run_scrapy("forget", who, "--dry-run")
    assert (shown.returncode, "rows of account" in shown.stdout) == (0, True)
    asked = run_scrapy("forget", who)
    assert (asked.returncode, "Say --yes" in asked.stderr) == (1, True)
    done = run_scrapy("forget", who, "--yes", "--json")
    told = json.loads(done.stdout)
    assert (told["rows"]["account"], told["imports"], told["residues"]) == (1, ["mine.csv"], [])
    assert run_scrapy("forget", "nobody here", "--yes").returncode == 2
