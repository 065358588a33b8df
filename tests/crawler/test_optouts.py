"""Whoever says no is not stored, in every way that there is of saying it; and who said it later is deleted."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.suppress import is_minor
from samples.optouts.run import cases, run_matrix
from storage.database import connect, writing
from storage.tables import publication
from tests.crawler.conftest import RunScrapy, Site, scrapy

TEXT = "The spores ripen late, and I sowed them on brick dust under glass in the shade of the north wall. " * 5
Crawl = Callable[..., Any]


def test_the_matrix_holds_every_platform_with_a_control_that_is_stored() -> None:
    worlds = {case["world"] for case in cases()}
    assert worlds == {"blog", "profile", "mastodon", "actor", "bluesky", "youtube"}
    assert {case["world"] for case in cases() if case["expect"] == "stored"} == worlds
    assert len({case["name"] for case in cases()}) == len(cases())


def test_every_way_of_saying_no_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = {"GRAPEVINE_CONTACT": "https://crawler.example/about"}
    quick = lambda url, *words: scrapy(*words, GRAPEVINE_DATABASE_URL=url, **contact)  # noqa: E731
    monkeypatch.setattr("samples.optouts.run._scrapy", quick)
    matrix = run_matrix(folder=tmp_path)
    assert not matrix.failures
    assert matrix.kept == 0
    assert matrix.honoured == matrix.tested == len(cases())


@pytest.mark.parametrize(
    "bio",
    [
        "I'm 14, I draw dragons",
        "artist | 15 y/o | she/her",
        "17 yo pianist",
        "Ich bin 16 und fotografiere Vögel",
        "J'ai 15 ans et je tricote",
        "Tengo 13 años. Dibujo.",
        "Мне 16 лет, рисую",
        "14歳です",
        "我今年 15 岁",
    ],
)
def test_who_states_an_age_under_18_is_a_minor(bio: str) -> None:
    assert is_minor(bio)


@pytest.mark.parametrize(
    "bio",
    [
        "I'm 34, I draw dragons",
        "Father of a 14 year old son",
        "My son is 12 years old",
        "My shop is 16 years old",
        "A 14-year-old starter named Bubbles",
        "14 years of sourdough",
        "I am 12 km from the sea",
        "A 15 years old camera and I",
        "Since 2014. 16 mm film.",
        "J'ai 15 ans d'expérience en menuiserie",
        "Tengo 15 años de experiencia",
        "Chapter 13, verse 14",
        None,
        "",
    ],
)
def test_other_numbers_make_nobody_a_minor(bio: str | None) -> None:
    assert not is_minor(bio)


@pytest.fixture
def crawl(run_scrapy: RunScrapy, site: Site, tmp_path: Path) -> Crawl:
    """One visit of the site's blog; the blog stands there."""
    assert run_scrapy("migrate").returncode == 0
    item = f"<item><title>Spores</title><link>{site.url}/1</link><description>{TEXT}</description></item>"
    head = f"<title>Frond</title><link>{site.url}/</link>"
    site.put("/feed/", f"<rss version='2.0'><channel>{head}{item}</channel></rss>", "application/rss+xml")
    site.put("/", "<html><head><title>Frond</title></head><body>Ferns</body></html>")
    site.put("/1", f"<html><head><title>Spores</title></head><body><article><p>{TEXT}</p></article></body></html>")

    def run(url: str, *more: str) -> Any:
        settings = (f"GUARD_ALLOW={site.host}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False", *more)
        return run_scrapy("crawl", "blog", "-a", f"seeds={url}", *(word for one in settings for word in ("-s", one)))

    return run


def rows(tmp_path: Path, sql: str) -> list[Any]:
    with sqlite3.connect(tmp_path / "test.db") as connection:
        return connection.execute(sql).fetchall()


def test_what_was_stored_goes_when_its_owner_says_no_later_and_the_audit_proves_it(
    site: Site, crawl: Crawl, run_scrapy: RunScrapy, tmp_path: Path
) -> None:
    assert crawl(f"{site.url}/feed/").returncode == 0
    assert rows(tmp_path, "SELECT count(*) FROM account") == [(1,)]
    site.put("/.well-known/grapevine.json", json.dumps({"opt_out": True}), "application/json")
    with sqlite3.connect(tmp_path / "test.db") as connection:  # a week later
        connection.execute("UPDATE voice SET asked_at = '2020-01-01 00:00:00.000000'")
    done = crawl(f"{site.url}/feed/")
    assert done.returncode == 1
    assert "asks that nothing of the site be kept" in done.stderr
    for table in ("account", "post", "link", "fact", "observation"):
        assert rows(tmp_path, f"SELECT count(*) FROM {table}") == [(0,)], table
    crawl(f"{site.url}/feed/")  # the log of requests went with all the rest; this one is on record
    audit = run_scrapy("audit", "-s", f"GUARD_ALLOW={site.host}")
    assert audit.returncode == 0, audit.stdout
    assert "consent" in audit.stdout


NOINDEX = '<html><head><meta name="robots" content="noindex"></head><body>Ferns</body></html>'


def test_a_crawl_that_writes_an_archive_deletes_who_says_no_from_that_as_well(
    site: Site, crawl: Crawl, tmp_path: Path
) -> None:
    archive = tmp_path / "web.warc"
    crawl(f"{site.url}/", f"ARCHIVE={archive}")
    assert (rows(tmp_path, "SELECT count(*) FROM account"), TEXT.encode() in archive.read_bytes()) == ([(1,)], True)
    site.put("/", NOINDEX)
    crawl(f"{site.url}/", f"ARCHIVE={archive}")
    assert rows(tmp_path, "SELECT count(*) FROM account") == [(0,)]
    assert TEXT.encode() not in archive.read_bytes()
    assert rows(tmp_path, "SELECT count(*) FROM run WHERE finished_at IS NULL") == [(0,)]


def test_who_says_no_while_the_index_is_published_or_an_archive_is_held_is_deleted_by_the_next_crawl(
    site: Site, crawl: Crawl, tmp_path: Path
) -> None:
    crawl(f"{site.url}/")
    engine, now = connect(f"sqlite:///{tmp_path / 'test.db'}"), datetime.now(UTC)
    with writing(engine) as connection:
        building = {"number": 1, "status": "building", "built_by": "elsewhere:1", "started_at": now, "beat_at": now}
        connection.execute(publication.insert().values(building))
    site.put("/", NOINDEX)
    done = crawl(f"{site.url}/")
    assert "publication 1 is being built" in done.stderr
    assert rows(tmp_path, "SELECT count(*) FROM account") == [(1,)]
    assert rows(tmp_path, "SELECT count(*) FROM run WHERE finished_at IS NULL") == [(0,)]
    with writing(engine) as connection:
        connection.execute(publication.delete())
    engine.dispose()
    (tmp_path / "other.warc").write_bytes(b"")
    with (tmp_path / "other.warc").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        crawl(f"{site.url}/elsewhere")
    assert rows(tmp_path, "SELECT count(*) FROM account") == [(0,)]


def test_the_audit_names_an_account_that_is_stored_against_its_owner_s_word(
    site: Site, crawl: Crawl, run_scrapy: RunScrapy, tmp_path: Path
) -> None:
    crawl(f"{site.url}/feed/")
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("UPDATE source SET outcome = 'noindex'")
    audit = run_scrapy("audit", "-s", f"GUARD_ALLOW={site.host}")
    assert audit.returncode == 1
    assert "consent" in audit.stdout


def test_a_site_is_asked_for_its_word_once_a_week(site: Site, crawl: Crawl) -> None:
    crawl(f"{site.url}/feed/")
    crawl(f"{site.url}/feed/")
    assert site.asked.count("/.well-known/grapevine.json") == 1


def test_what_a_site_says_of_its_owner_is_kept_with_the_file_as_its_source(
    site: Site, crawl: Crawl, tmp_path: Path
) -> None:
    said = {
        "name": "Ada Invented",
        "niches": ["ferns"],
        "contact": "offers@frond.example",
        "accounts": ["https://github.com/adainvented"],
    }
    site.put("/.well-known/grapevine.json", json.dumps(said), "application/json")
    assert crawl(f"{site.url}/feed/").returncode == 0
    assert rows(tmp_path, "SELECT owner FROM account") == [("Ada Invented",)]
    source = f"{site.url}/.well-known/grapevine.json"
    told = dict(rows(tmp_path, f"SELECT field, value FROM fact WHERE source_url = '{source}'"))
    assert told["owner"] == "Ada Invented"
    assert told["details.contact_opt_in"] == '"offers@frond.example"'
    assert rows(tmp_path, f"SELECT url, kind FROM link WHERE source_url = '{source}'") == [
        ("https://github.com/adainvented", "me")
    ]
