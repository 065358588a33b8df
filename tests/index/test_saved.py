"""Lists and saved searches: kept by name, followed through publications, told as feeds."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import Engine, delete, insert

from index import lists, saved
from index.filters import UnknownFilterError
from index.publish import publish
from storage import tables
from storage.database import reading, writing
from tests.index.test_publish import write
from tests.index.test_query import HOME, author, found
from tests.storage.records import account, day, post

BAKING = {"niche": "food.baking"}


def test_a_list_narrows_and_an_exclusion_list_is_left_out_of_every_answer(engine: Engine) -> None:
    write(engine, *author("ida", BAKING), *author("bo", BAKING), *author("cy", BAKING))
    publish(engine)
    ida, bo, cy = (account(native_id=HOME(name)).key for name in ("ida", "bo", "cy"))
    with writing(engine) as connection:
        lists.add(connection, "liked", [ida, bo], "wrote back")
        lists.add(connection, "never", [cy], kind="exclude")
    assert sorted(found(engine)) == ["bo", "ida"]
    assert sorted(found(engine, list="liked")) == ["bo", "ida"]
    assert found(engine, exclude_list="liked") == []
    with writing(engine) as connection:
        connection.execute(insert(tables.creator_redirect).values(old=bo, new=ida, at=day(0)))
        lists.remove(connection, "liked", [ida])
        assert [(row["creator"], row["note"]) for row in lists.entries(connection, "liked")] == [(ida, "wrote back")]
        with pytest.raises(lists.UnknownListError, match="liked, never"):
            lists.drop(connection, "lost")
        with pytest.raises(ValueError, match="kind exclude"):
            lists.add(connection, "never", [ida], kind="list")
        lists.drop(connection, "never")
    assert "cy" in found(engine)


def test_a_saved_search_tells_in_both_feeds_who_came_changed_and_went(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection:
        saved.save(connection, "bakers", {"topic": "food.baking"})
        with pytest.raises(saved.SavedSearchError):
            saved.save(connection, "../up", {})
    write(engine, *author("ida <&>", BAKING), *author("bo", BAKING), *author("cy"))
    publish(engine)
    home = HOME("bo")
    write(engine, post(7, 1, account_id=home, native_id=f"{home}7", url=f"{home}7", title="New", niche="food.baking"))
    with writing(engine) as connection:
        connection.execute(delete(tables.post).where(tables.post.c.account == account(native_id=HOME("ida <&>")).key))
    publish(engine)
    publish(engine)
    one, two = saved.write_feeds(engine, tmp_path / "feeds")
    read = feedparser.parse(one.read_bytes())
    assert not read.bozo
    assert read.version == "atom10"
    assert sorted((entry.title, entry.link) for entry in read.entries) == [
        ("bo: added", home),
        ("bo: changed", home),
        ("ida <&>: added", HOME("ida <&>")),
        ("ida <&>: removed", HOME("ida <&>")),
    ]
    told = json.loads(two.read_text("utf-8"))
    assert [item["title"] for item in told["items"]] == [entry.title for entry in read.entries]
    assert told["items"][0]["_grapevine"]["publication"] == 2
    with reading(engine) as connection:
        assert saved.searches(connection) == {"bakers": {"topic": "food.baking"}}


def test_a_search_tells_from_the_start_whom_it_finds_and_outlives_a_list_that_is_dropped(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    write(engine, *author("ida", BAKING), *author("bo", BAKING))
    with writing(engine) as connection:
        lists.add(connection, "liked", [account(native_id=HOME("ida")).key])
        with pytest.raises(UnknownFilterError, match="did you mean liked"):
            saved.save(connection, "mine", {"list": "likd"})
    publish(engine)
    with writing(engine) as connection:
        saved.save(connection, "mine", {"list": "liked"})
        assert [(one["name"], one["change"]) for one in saved.entries(connection, "mine")] == [("ida", "added")]
        lists.drop(connection, "liked")
    assert publish(engine).published
    assert "saved search mine: list: no 'liked' is known" in caplog.text
    with reading(engine) as connection:
        assert len(saved.entries(connection, "mine")) == 1
