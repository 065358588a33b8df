"""Any view as it stood at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from storage.database import reading
from storage.views import dictionary, rows
from tests.storage.records import a_crawl, account, day, link, post, seen, source
from tests.storage.test_write import write


def view(engine: Engine, name: str, at: datetime | None = None) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return list(rows(connection, name, at))


def test_an_account_is_shown_with_the_values_of_its_time(engine: Engine) -> None:
    write(
        engine,
        account(0, name="Rye", created_at=day(-400), aliases=["@rye"], details={"generator": "Hugo", "posts_seen": 1}),
    )
    write(engine, account(5, name="Rye & Wheat", bio="Both", aliases=["@wheat"], details={"generator": "Ghost"}))
    assert view(engine, "accounts", day(-1)) == []
    (then,) = view(engine, "accounts", day(3))
    assert (then["name"], then["bio"], then["created_at"]) == ("Rye", None, day(-400))
    assert (then["aliases"], then["details"]) == (["@rye"], {"generator": "Hugo", "posts_seen": 1})
    (now,) = view(engine, "accounts", day(6))
    (live,) = view(engine, "accounts")
    assert {name: live[name] for name in now} == now
    assert (now["name"], now["details"]) == ("Rye & Wheat", {"generator": "Ghost", "posts_seen": 1})


def test_a_post_is_shown_with_the_values_of_its_time(engine: Engine) -> None:
    write(engine, post(1, 0, title="First", tags=["a"], comments=1), post(2, 4))
    write(engine, post(1, 2, title="Second", tags=["a", "b"], comments=5, language="is", language_confidence=0.5))
    write(engine, post(1, 6, title="Third", updated_at=day(5)))
    (then,) = view(engine, "posts", day(1))
    assert (then["title"], then["tags"], then["comments"], then["language"]) == ("First", ["a"], 1, None)
    (then,) = view(engine, "posts", day(3))
    assert (then["title"], then["tags"], then["comments"], then["language_confidence"]) == (
        "Second",
        ["a", "b"],
        5,
        0.5,
    )
    third = {row["title"]: row for row in view(engine, "posts", day(7))}["Third"]
    assert third["updated_at"] == day(5)


def test_numbers_links_and_sources_are_shown_as_they_stood(engine: Engine) -> None:
    write(engine, seen(100, at=0), source(0, outcome="ok"), link("https://a.example/", at=0))
    write(engine, seen(100, at=2), seen(200, at=4), source(4, outcome="dns"), link("https://b.example/", at=4))
    assert [(o["value"], o["until"]) for o in view(engine, "observations", day(3))] == [(100, None)]
    assert [(o["value"], o["until"]) for o in view(engine, "observations", day(5))] == [(100, day(4)), (200, None)]
    assert [s["outcome"] for s in view(engine, "sources", day(3))] == ["ok"]
    assert [s["outcome"] for s in view(engine, "sources", day(5))] == ["dns"]
    assert len(view(engine, "links", day(3))) == 1


def test_another_definition_of_a_metric_is_another_series(engine: Engine) -> None:
    write(engine, seen(100, "views", at=0), seen(900, "views", at=1, definition="2"))
    assert [
        (o["definition"], o["value"], o["until"])
        for o in sorted(view(engine, "observations"), key=lambda o: o["definition"])
    ] == [
        ("1", 100, None),
        ("2", 900, None),
    ]


def test_every_view_can_be_read_as_of_any_time_and_leaves_out_what_moves(engine: Engine) -> None:
    write(engine, *a_crawl(0), *a_crawl(2))
    for name, told in dictionary().items():
        for row in view(engine, name, day(1)):
            assert list(row) == [column for column, meaning in told["columns"].items() if not meaning.get("moving")]
        for row in view(engine, name):
            assert list(row) == list(told["columns"])
