"""The guide for analysts: every query in it runs, on both databases, and finds something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from index.publish import publish
from storage.write import Writer
from tests.storage.records import a_crawl, account, link, post, seen

GUIDE = Path(__file__).parent.parent.parent / "docs" / "analysts.md"
QUERIES = re.findall(r"```sql\n(.*?);\n```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_there_are_ten_queries() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_of_the_guide_runs_and_finds_something(engine: Engine, query: str) -> None:
    writer = Writer(engine, 1)
    for record in [
        *a_crawl(0),
        account(2, name="Rye & Co"),
        seen(1500, at=2),
        link("https://fern.example/", "mention"),
    ]:
        writer.add(record)
    writer.add(post(20, language="is", niche="bread-baking"))
    writer.close()
    publish(engine)
    with engine.connect() as connection:
        assert connection.execute(text(query)).all()
