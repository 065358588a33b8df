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
    """The small web after one crawl, one scoring and one publication."""

    done: subprocess.CompletedProcess[str]
    database: sqlite3.Connection
    env: dict[str, str]

    def rows(self, sql: str, *values: Any) -> list[Any]:
        return self.database.execute(sql, values).fetchall()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    path = tmp_path_factory.mktemp("smallweb") / "web.db"
    env = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{path}"}
    assert scrapy("migrate", **env).returncode == 0
    done = scrapy("crawl", "blog", "-a", "seeds=samples/smallweb/seeds.csv", "-s", f"REPLAY={WARC}", **env)
    assert scrapy("score", **env).returncode == 0
    assert scrapy("publish", **env).returncode == 0
    connection = sqlite3.connect(path)
    yield Crawled(done, connection, env)
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
    shut = ("dead:404", "dead:410", "dead:dns", "dead:parked", "noindex", "robots", "hostile:robots_500")
    hidden = [blog for outcome in shut for blog in blogs(outcome)]
    assert len(hidden) >= 7
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


def test_no_page_about_the_owner_is_a_post(web: Crawled) -> None:
    assert (
        web.rows("SELECT url FROM post WHERE url LIKE '%/about/' OR url LIKE '%/contact/' OR url LIKE '%/blogroll/'")
        == []
    )


def test_no_text_is_garbled(web: Crawled) -> None:
    assert web.rows("SELECT name FROM account WHERE name LIKE '%\ufffd%'") == []
    assert web.rows("SELECT title FROM post WHERE title LIKE '%\ufffd%'") == []


def score(web: Crawled, name: str, role: str, what: str = "value") -> dict[str, Any]:
    """Maker -> a published score of those who play this role; makers without the score are left out."""
    sql = f"SELECT {what} FROM v1_scores WHERE creator = ? AND name = ?"
    told = {}
    for maker in TRUTH["makers"]:
        if maker["role"] == role:
            creators = {creator_of(web, account["url"]) for account in maker["accounts"] if account["kind"] == "blog"}
            found = [row[0] for creator in creators - {None} for row in web.rows(sql, creator, name)]
            told.update({maker["id"]: found[0]} if found else {})
    return told


def test_specialists_stand_above_the_generalist(web: Crawled) -> None:
    """She writes of film, travel, money, running, repair; they write of one thing, and tag it so."""
    generalists, specialists = score(web, "specialist", "generalist"), score(web, "specialist", "specialist")
    assert len(generalists) == 1
    assert len(specialists) >= 30
    assert min(specialists.values()) > max(generalists.values())
    assert sorted(specialists.values())[len(specialists) // 2] > 60


def test_professionals_are_below_every_hobbyist(web: Crawled) -> None:
    """Most of their posts are paid for, said or not; one hobbyist was once given a thing and said so."""
    paid = score(web, "hobby", "professional")
    free = score(web, "hobby", "specialist") | score(web, "hobby", "rising")
    assert len(paid) == 5
    assert max(paid.values()) < min(free.values())
    best = score(web, "field_geek", "specialist") | score(web, "field_geek", "rising")
    assert max(score(web, "field_geek", "professional").values()) < min(best.values())


def test_who_hides_who_pays_has_no_disclosure_and_who_says_it_has_all(web: Crawled) -> None:
    told = score(web, "disclosure", "professional")
    assert told.pop("en-unboxcorner") == 0
    assert set(told.values()) == {100}


def test_rising_ones_rise_and_fading_ones_fade(web: Crawled) -> None:
    """More posts every year, or posts that dry up; everybody else writes as ever."""
    assert set(score(web, "rising", "rising", "label").values()) == {"rising"}
    assert len(score(web, "rising", "rising")) == 6
    assert set(score(web, "rising", "fading", "label").values()) == {"fading"}
    assert len(score(web, "rising", "fading")) == 3
    for role in ("specialist", "generalist", "professional"):
        assert set(score(web, "rising", role, "label").values()) == {"steady"}, role


def test_agencies_and_who_opted_out_are_no_field_geeks(web: Crawled) -> None:
    assert score(web, "field_geek", "agency") == {}
    assert score(web, "hobby", "agency")["en-larkspur"] < min(score(web, "hobby", "specialist").values())
    assert score(web, "activity", "opted out") == {}


def test_every_score_of_the_small_web_is_found_again_from_its_evidence(web: Crawled) -> None:
    done = scrapy("verify", **web.env)
    assert done.returncode == 0, done.stdout
    assert ", 0 do not agree" in done.stdout


def test_a_creator_s_numbers_open_into_their_posts(web: Crawled) -> None:
    done = scrapy("score", "Unbox Corner", "--explain", **web.env, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "without what is undisclosed in 4 posts" in done.stdout
    assert "http://unboxcorner.example/2025/07/these-earbuds-changed-my-commute/" in done.stdout
    assert scrapy("score", "nobody at all", **web.env).returncode == 2
