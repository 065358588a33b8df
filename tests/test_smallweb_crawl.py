"""The bundled small web crawled end to end: what must be where is stated by samples/smallweb/truth.json."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from storage.addresses import home_address
from tests.crawler.conftest import ROOT, scrapy

TRUTH = json.loads((ROOT / "samples/smallweb/truth.json").read_text())
WARC = "samples/smallweb.warc.gz"


class Crawled(NamedTuple):
    """The small web after one crawl and one publication."""

    done: subprocess.CompletedProcess[str]
    database: sqlite3.Connection

    def rows(self, sql: str, *values: Any) -> list[Any]:
        return self.database.execute(sql, values).fetchall()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    path = tmp_path_factory.mktemp("smallweb") / "web.db"
    env = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{path}"}
    assert scrapy("migrate", **env).returncode == 0
    done = scrapy("crawl", "blog", "-a", "seeds=samples/smallweb/seeds.csv", "-s", f"REPLAY={WARC}", **env)
    assert scrapy("publish", **env).returncode == 0
    connection = sqlite3.connect(path)
    yield Crawled(done, connection)
    connection.close()


def blogs(outcome: str = "ok") -> list[dict[str, Any]]:
    """Blog accounts of the truth with this outcome, each with its maker's id."""
    return [
        {**account, "maker": maker["id"]}
        for maker in TRUTH["makers"]
        for account in maker["accounts"]
        if account["kind"] == "blog" and account["outcome"] == outcome
    ]


def creator_of(web: Crawled, url: str) -> int | None:
    """An account that nothing ties to another is a creator of its own, by its own key."""
    sql = "SELECT coalesce(m.creator, a.key) FROM account a LEFT JOIN creator_member m ON m.account = a.key"
    found = web.rows(sql + " WHERE a.native_id = ?", home_address(url))
    return found[0][0] if found else None


def test_the_run_ends_with_some_failed_since_some_are_made_to_fail(web: Crawled) -> None:
    assert web.done.returncode == 1, web.done.stderr[-2000:]
    assert "Traceback" not in web.done.stderr


def test_every_living_open_blog_is_an_account_with_posts(web: Crawled) -> None:
    found = dict(web.rows("SELECT a.native_id, count(*) FROM account a JOIN post p ON p.account = a.key GROUP BY 1"))
    missing = [blog["url"] for blog in blogs() if not found.get(home_address(blog["url"]))]
    assert missing == []


def test_what_opted_out_or_is_dead_is_not_stored(web: Crawled) -> None:
    stored = {row[0] for row in web.rows("SELECT native_id FROM account")}
    hidden = [blog for outcome in ("dead", "noindex", "robots") for blog in blogs(outcome)]
    assert hidden
    assert [blog["url"] for blog in hidden if home_address(blog["url"]) in stored] == []


def test_blogs_of_one_person_are_one_creator_and_of_two_never(web: Crawled) -> None:
    owners: dict[int, str] = {}
    for blog in blogs():
        creator = creator_of(web, blog["url"])
        assert creator is not None, blog["url"]
        assert owners.setdefault(creator, blog["maker"]) == blog["maker"], blog["url"]
    assert len(owners) == len({blog["maker"] for blog in blogs()})


def test_languages_are_told_rightly(web: Crawled) -> None:
    told = {row[0]: (row[1] or "und").split("-")[0] for row in web.rows("SELECT title, language FROM post")}
    expected = {post["title"]: post["language"] for blog in blogs() for post in blog["posts"]}
    known = {title: language for title, language in expected.items() if title in told}
    wrong = {title: (told[title], language) for title, language in known.items() if told[title] != language}
    assert len(known) > 250
    assert len(wrong) / len(known) <= 0.02, wrong


def test_dates_are_the_author_s_calendar_days(web: Crawled) -> None:
    told = dict(web.rows("SELECT title, published_on FROM post WHERE published_on IS NOT NULL"))
    pairs = [(post["title"], post["date"]) for blog in blogs() for post in blog["posts"] if post["title"] in told]
    wrong = [(title, told[title], date) for title, date in pairs if told[title] != date]
    assert len(wrong) / len(pairs) <= 0.02, wrong


def test_no_text_is_garbled(web: Crawled) -> None:
    assert web.rows("SELECT name FROM account WHERE name LIKE '%\ufffd%'") == []
    assert web.rows("SELECT title FROM post WHERE title LIKE '%\ufffd%'") == []
