"""``scrapy migrate``, ``publish`` and ``export`` as a user runs them: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from storage.database import connect
from storage.write import Writer
from tests.crawler.conftest import RunScrapy
from tests.storage.records import a_crawl


def test_a_database_is_made_published_and_exported(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run_scrapy("publish").returncode == 2
    made = run_scrapy("migrate")
    assert (made.returncode, "stands at migration" in made.stdout) == (0, True)
    engine = connect(f"sqlite:///{tmp_path / 'test.db'}")
    writer = Writer(engine, 1)
    for record in a_crawl(0):
        writer.add(record)
    writer.close()
    engine.dispose()
    early = run_scrapy("export", "--to", str(out))
    assert (early.returncode, "run `scrapy publish`" in early.stderr) == (2, True)
    published = run_scrapy("publish")
    assert (published.returncode, published.stdout) == (0, "publication 1: 1 added, 1 creators\n")
    exported = run_scrapy("export", "--to", str(out), "--format", "csv,opml", "--views", "creators,v1_posts")
    assert exported.returncode == 0, exported.stderr
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["publication"] == 1
    assert sorted(path.name for path in out.iterdir()) == ["creators.csv", "feeds.opml", "manifest.json", "posts.csv"]


def test_a_word_that_export_does_not_know_is_answered_with_those_it_knows(run_scrapy: RunScrapy) -> None:
    for option, value in (("--format", "xlsx"), ("--views", "people"), ("--as-of", "yesterday")):
        told = run_scrapy("export", option, value)
        assert told.returncode == 2
        assert value in told.stderr


def test_an_option_that_no_command_has_is_refused_not_passed_over(run_scrapy: RunScrapy) -> None:
    told = run_scrapy("publish", "--forse")
    assert (told.returncode, "takes no arguments" in told.stderr) == (2, True)


def test_every_command_asks_the_database_that_s_names(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    elsewhere = f"GRAPEVINE_DATABASE_URL=sqlite:///{tmp_path / 'other.db'}"
    assert run_scrapy("migrate", "-s", elsewhere).returncode == 0
    assert "is empty" in run_scrapy("health").stderr
    told = run_scrapy("health", "blog", "-s", elsewhere)
    assert (told.returncode, told.stdout) == (2, "blog: no run with health counts yet\n")


def test_a_saved_page_may_have_been_fetched_on_a_day_without_a_zone(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<article><h1>Bread</h1><time datetime='2026-04-01'></time><p>Rye and water.</p></article>", "utf-8"
    )
    told = run_scrapy("extract", "blog", str(page), "--url", "https://oven.example/rye/", "--at", "2026-05-01")
    assert json.loads(told.stdout)["account"]["fetched_at"] == "2026-05-01T00:00:00+00:00", told.stderr
