"""The last stage: a database that is away for a moment, and one that comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from scrapy.utils.test import get_crawler
from sqlalchemy import Engine, text

from crawler.platforms.blog.spider import BlogSpider
from pipelines import store
from pipelines.store import Store
from storage import write
from storage.database import writing
from tests.storage.records import account, post


@pytest.fixture
def stage(engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(store, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(write, "BATCH_SECONDS", 0.1)
    made = get_crawler(BlogSpider, {"GRAPEVINE_DATABASE_URL": database_url})
    made.spider = BlogSpider.from_crawler(made)
    return Store.from_crawler(made)


def posts(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM post")).scalar_one())


async def come_true(true: Callable[[], bool]) -> None:
    for _ in range(100):
        if true():
            return
        await asyncio.sleep(0.05)
    assert true()


def crawl(stage: Store, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """An account and its post come in, and then nothing more."""

    async def run() -> None:
        await stage.open_spider()
        for record in (account(0), post(1, 0)):
            await stage.process_item(record)
        await meanwhile()
        await stage.close_spider()
        stage.run_closed("finished")

    asyncio.run(run())


def test_what_waits_is_stored_though_no_record_comes_any_more(stage: Store, engine: Engine) -> None:
    async def meanwhile() -> None:
        assert posts(engine) == 0
        await come_true(lambda: posts(engine) == 1)

    crawl(stage, meanwhile)


def test_a_database_that_comes_back_gets_what_waited_after_a_moment(stage: Store, engine: Engine) -> None:
    def rename(old: str, new: str) -> None:
        with writing(engine) as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    async def meanwhile() -> None:
        await come_true(lambda: stage.stats.get_value("grapevine/store/retries", 0) > 2)
        assert posts(engine) == 0
        rename("fact_away", "fact")
        await come_true(lambda: posts(engine) == 1)

    rename("fact", "fact_away")
    crawl(stage, meanwhile)
