"""What a person is told of what is held about them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks.privacy import HOME, plant
from index.subject_access import everything, page, purposes
from storage.database import reading
from storage.forget import find, forget
from storage.suppression import KEY_VARIABLE
from storage.takeout import HOLDS
from tests.crawler.conftest import scrapy


def test_every_table_that_holds_people_has_its_purpose() -> None:
    assert purposes().keys() == HOLDS.keys()


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "a key of this test only")


def test_everything_is_told_with_source_time_and_purpose_and_nothing_of_others(engine: Engine, tmp_path: Path) -> None:
    plant(engine, tmp_path)
    with reading(engine) as connection:
        told = everything(connection, find(connection, HOME))
    assert told["held"].keys() == HOLDS.keys() - {"robots_body"}  # it may be that of many
    for table in ("account", "post", "fact", "link", "observation", "identity_evidence"):
        assert all(row["source"] and row["from"] for row in told["held"][table]["rows"]), table
    assert len(told["held"]["account"]["rows"]) == 3
    assert "Mill" not in json.dumps(told)
    seen: list[str] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attrs: seen.extend(  # type: ignore[method-assign]
        value or "" for name, value in attrs if name in ("src", "href")
    )
    html = page(told)
    reader.feed(html)
    assert seen == []
    assert "zqxvjk wrens nest" in html
    forget(engine, HOME, archives=[tmp_path])
    with reading(engine) as connection:
        told = everything(connection, find(connection, HOME))
    assert told["held"] == {}
    assert "Nothing is held about you" in page(told)


def test_the_command_writes_a_page_or_data(tmp_path: Path) -> None:
    env = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}
    scrapy("migrate", **env)
    done = scrapy("show", "ann.example", "--subject-access", "--to", str(tmp_path / "her.html"), **env)
    assert (done.returncode, done.stderr) == (1, "")
    assert "Nothing is held" in (tmp_path / "her.html").read_text()
