"""How a visit ends: what our own database's absence costs, and what of a visit may be stored alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy.utils.test import get_crawler
from sqlalchemy import Engine, insert, select

from crawler.claims import Claims
from crawler.page import Page
from crawler.platforms.blog.spider import BlogSpider
from crawler.seeds import Seed
from storage import jobs
from storage.database import DatabaseProblem, reading, writing
from storage.records import Record, Source, key_of
from storage.tables import lease, source

URL = "https://oven.example/feed"
SEEN: dict[str, Any] = {"platform": "blog", "source_url": URL, "fetched_at": datetime.now(UTC), "extractor": "blog/1"}
PAGE = Page(url=URL, body=b"", status=200, fetched_at=SEEN["fetched_at"])


@pytest.fixture
def spider(engine: Engine, database_url: str) -> BlogSpider:
    """With one source claimed."""
    known = {"platform": "blog", "kind": "seed", "first_seen": datetime.now(UTC), "extractor": "x/1", "digest": 0}
    with writing(engine) as connection:
        connection.execute(insert(source).values(key=key_of("blog", URL), url=URL, source_url=URL, **known))
    made = BlogSpider.from_crawler(get_crawler(BlogSpider))
    made.claims = Claims(database_url, "blog", 5)
    assert [seed.url for seed in made.claims.take(5)] == [URL]
    return made


def records(spider: BlogSpider, visit: AsyncIterator[Record]) -> list[Record]:
    async def gathered() -> list[Record]:
        return [record async for record in spider.whole(visit, PAGE, Seed(URL))]

    return asyncio.run(gathered())


def test_a_database_that_was_away_is_no_verdict_and_the_source_is_visited_again(
    spider: BlogSpider, engine: Engine
) -> None:
    async def visit() -> AsyncIterator[Record]:
        yield Source(**SEEN, url=f"{URL}/other", kind="feed", outcome="ok")
        raise DatabaseProblem("the server cannot be reached")

    assert [record.url for record in records(spider, visit()) if isinstance(record, Source)] == [f"{URL}/other"]
    assert spider.claims is not None
    spider.claims.extend()
    with reading(engine) as connection:
        found = connection.execute(select(source)).one()
        assert connection.execute(select(lease)).all() == []
    assert (found.attempts, found.outcome) == (0, None)
    assert [seed.url for seed in spider.claims.take(5)] == [URL]
    spider.claims.close()


def test_what_a_database_took_and_went_away_before_it_said_so_is_given_back(
    spider: BlogSpider, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = spider.claims
    assert claims is not None
    claims.put_off(URL)
    claims.extend()
    dialect, whole = claims.db.dialect, claims.db.dialect.do_commit

    def unheard(connection: Any) -> None:
        whole(connection)
        raise dialect.loaded_dbapi.OperationalError("the connection is lost")

    monkeypatch.setattr(dialect, "do_commit", unheard)
    with pytest.raises(DatabaseProblem):
        claims.take(5)
    monkeypatch.undo()
    with reading(engine) as connection:
        assert len(connection.execute(select(lease)).all()) == 1
    claims.extend()
    with reading(engine) as connection:
        assert connection.execute(select(lease)).all() == []
    claims.close()


def test_a_seed_that_is_a_feed_is_stored_by_the_record_that_ends_its_visit_alone(spider: BlogSpider) -> None:
    async def visit() -> AsyncIterator[Record]:
        yield Source(**SEEN, url=URL, kind="feed", outcome="ok")
        yield Source(**SEEN, url=URL, kind="seed", outcome="ok")

    told = [record.kind for record in records(spider, visit()) if isinstance(record, Source)]
    assert told == ["seed"]
    assert spider.claims is not None
    spider.claims.close()


def test_jobs_that_a_scheduler_left_behind_are_not_done_beside_the_new_ones(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("jobs are of PostgreSQL")
    jobs.prepare(engine)
    left, new = (jobs.defer(engine, {"blog": 300}, []) for _ in range(2))
    assert jobs.states(engine, left) == {"cancelled": 2}
    assert jobs.states(engine, new) == {"todo": 2}
