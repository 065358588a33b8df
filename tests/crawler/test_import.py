"""Imports of a user's own exports: what is taken, what is named as faulty, and what a dry run leaves alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from crawler.imports import records_of
from storage.records import Account, Link, Observation, Post
from tests.crawler.conftest import RunScrapy

GOOD = {
    "handle": "@nib.grinder",
    "name": "Tilda Marwick",
    "followers": 1234,
    "links": ["https://nibs.example/"],
    "observed_at": "2026-05-01T12:00:00+02:00",
    "post_url": "https://www.instagram.com/p/Cabc/",
    "text": "A stub nib",
    "likes": 9,
    "tags": ["nibs"],
}


def test_a_row_gives_account_numbers_links_and_post() -> None:
    made = records_of(GOOD, "instagram", "mine.jsonl:1")
    account, post, link, followers, likes = made
    assert isinstance(account, Account)
    assert (account.platform, account.handle, account.native_id) == ("instagram", "nib.grinder", "nib.grinder")
    assert isinstance(post, Post)
    assert isinstance(link, Link)
    assert isinstance(followers, Observation)
    assert isinstance(likes, Observation)
    assert (followers.metric, followers.value, followers.post_id) == ("followers", 1234, None)
    assert (likes.metric, likes.post_id) == ("likes", post.native_id)
    assert account.source_url == "import:mine.jsonl"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"handle": ""}, "handle"),
        ({"handle": "", "url": "https://www.instagram.com/p/Cabc/"}, "url"),
        ({"followers": "12.4K"}, "followers"),
        ({"followers": -1}, "followers"),
        ({"followers": True}, "followers"),
        ({"links": ["javascript:alert(1)"]}, "links"),
        ({"post_url": "no address"}, "post_url"),
        ({"published_at": "last week"}, "published_at"),
        ({"observed_at": "2199-01-01"}, "observed_at"),
        ({"observed_at": "0001-01-01T00:00:00+14:00"}, "observed_at"),
        ({"folowers": 1}, "folowers"),
        ({"bio": "please #nobot"}, "bio"),
        ({"name": ["x"]}, "name"),
    ],
)
def test_a_fault_names_its_column(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        records_of(GOOD | change, "instagram", "mine.jsonl:1")


def test_good_rows_are_stored_bad_ones_named_and_a_dry_run_writes_nothing(
    tmp_path: Path, run_scrapy: RunScrapy
) -> None:
    run_scrapy("migrate")
    path = tmp_path / "mine.csv"
    path.write_text("Handle,Followers,Bio\n@nib.grinder,1234,Pens\n@ink,12.4K,\n,5,\n@quiet,7,#noindex\n", "utf-8")

    def accounts() -> list[Any]:
        with sqlite3.connect(tmp_path / "test.db") as connection:
            return connection.execute("SELECT platform, handle FROM account").fetchall()

    dry = run_scrapy("import", str(path), "--platform", "instagram", "--dry-run")
    assert (dry.returncode, accounts()) == (1, [])
    done = run_scrapy("import", str(path), "--platform", "instagram")
    assert done.returncode == 1, done.stderr
    assert accounts() == [("instagram", "nib.grinder")]
    assert [f"{path}:{line}" in done.stderr for line in (2, 3, 4, 5)] == [False, True, True, True]


def test_json_lines_are_taken_and_a_line_that_is_none_is_named(tmp_path: Path, run_scrapy: RunScrapy) -> None:
    run_scrapy("migrate")
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(GOOD) + "\n{broken\n", "utf-8")
    done = run_scrapy("import", str(path), "--platform", "instagram")
    assert (done.returncode, f"{path}:2" in done.stderr) == (1, True)
    path.write_text(json.dumps(GOOD) + "\n", "utf-8")
    assert run_scrapy("import", str(path), "--platform", "instagram").returncode == 0


def test_a_file_of_which_nothing_can_be_had_ends_with_2(tmp_path: Path, run_scrapy: RunScrapy) -> None:
    run_scrapy("migrate")
    path = tmp_path / "mine.csv"
    path.write_text("colour\nblue\n", "utf-8")
    done = run_scrapy("import", str(path), "--platform", "instagram")
    assert done.returncode == 2
    assert "handle" in done.stderr
    path.write_text('handle,"name\nnib,Ida\n', "utf-8")
    assert "not readable as CSV" in run_scrapy("import", str(path), "--platform", "instagram").stderr
    assert run_scrapy("import", str(tmp_path / "none.csv"), "--platform", "instagram").returncode == 2
