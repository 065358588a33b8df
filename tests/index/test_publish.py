"""Publication: whole or not at all, tested before it is shown, its changes named."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update

from index.publish import publish
from storage import tables
from storage.database import DatabaseProblem, reading, writing
from storage.forget import forget
from storage.read import creators
from storage.views import rows
from storage.write import Writer
from tests.storage.records import a_crawl, account, day, post


def write(engine: Engine, *records: Any) -> None:
    writer = Writer(engine, 1)
    for record in records:
        writer.add(record)
    writer.close()


def view(engine: Engine, name: str, at: datetime | None = None) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return list(rows(connection, name, at))


def bakers(count: int, at: float = 0) -> list[Any]:
    home = "https://baker{}.example/".format
    return [account(at, native_id=home(n), url=home(n), name=f"Baker {n}") for n in range(count)]


def owns(engine: Engine, creator: int, *accounts: int) -> None:
    with writing(engine) as connection:
        for key in accounts:
            connection.execute(tables.creator_member.delete().where(tables.creator_member.c.account == key))
            connection.execute(insert(tables.creator_member).values(account=key, creator=creator, since=day(0)))


def test_an_account_that_nobody_resolved_is_a_creator_of_its_own(engine: Engine) -> None:
    write(engine, *a_crawl(0), post(9, 0, language="is", niche="bread"), post(10, 0, language="en", niche="bread"))
    assert publish(engine).published
    (creator,) = view(engine, "creators")
    assert (creator["creator"], creator["name"], creator["posts"]) == (account().key, "Ida Example", 9)
    assert creator["languages"] == {"en": 0.5, "is": 0.5}
    assert (creator["niche"], creator["niche_share"]) == ("bread", 1.0)
    assert creator["links"] == ["https://social.example/@loaf"]
    with reading(engine) as connection:
        assert [row.last_post for row in creators(connection)] == [creator["last_post_at"]]


def test_a_publication_without_changes_says_so(engine: Engine) -> None:
    write(engine, *bakers(3))
    assert publish(engine).counts == {"creators": 3, "added": 3}
    assert publish(engine).counts == {"creators": 3}
    assert {row["changed_publication"] for row in view(engine, "creators")} == {1}


def test_changes_name_what_was_added_changed_merged_split_and_removed(engine: Engine) -> None:
    one, two, three, four = (record.key for record in bakers(4))
    write(engine, *bakers(3))
    owns(engine, three, three)
    publish(engine)
    write(
        engine,
        bakers(4, at=1)[3],
        account(1, native_id="https://baker0.example/", url="https://baker0.example/", name="Zero"),
    )
    owns(engine, one, two)
    publish(engine)
    owns(engine, two, two)
    with writing(engine) as connection:
        connection.execute(tables.account.delete().where(tables.account.c.key == four))
    publish(engine)
    changes = [(c["publication"], c["creator"], c["change"], c["other"]) for c in view(engine, "changes")]
    second = [(2, one, "changed", None), (2, two, "merged", one), (2, four, "added", None)]
    third = [(3, one, "changed", None), (3, two, "split", one), (3, four, "removed", None)]
    assert changes[3:] == sorted(second) + sorted(third)


def test_what_stood_earlier_can_be_read_as_of_its_time(engine: Engine) -> None:
    write(engine, *bakers(2))
    publish(engine)
    then = datetime.now(UTC)
    write(engine, *bakers(3, at=1))
    publish(engine)
    assert (len(view(engine, "creators", then)), len(view(engine, "creators"))) == (2, 3)


def test_a_failed_data_test_stops_the_publication_and_the_old_one_stands(engine: Engine) -> None:
    write(engine, *bakers(10))
    publish(engine)
    standing = view(engine, "creators")
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM account WHERE name <> 'Baker 1'"))
    refused = publish(engine)
    assert [str(test) for test in refused.tests if test.stops] == ["v1_creators.*: volume fails on 1 of 1 rows"]
    assert (refused.published, view(engine, "creators")) == (False, standing)
    assert publish(engine, force=True).published
    assert len(view(engine, "creators")) == 1
    assert [test["publication"] for test in view(engine, "tests") if test["failed"]] == [2, 3]


def test_an_index_of_stale_runs_is_not_published(engine: Engine) -> None:
    write(engine, *bakers(1))
    with writing(engine) as connection:
        long_ago = {"started_at": day(-90), "finished_at": day(-90), "platform": "blog", "outcome": "ok"}
        connection.execute(insert(tables.run).values(long_ago))
    assert [test.test for test in publish(engine).tests if test.stops] == ["freshness"]


def test_a_killed_publication_is_cleared_away_and_a_living_one_is_waited_for(engine: Engine) -> None:
    write(engine, *bakers(2))
    publish(engine)
    dead = {"number": 2, "status": "building", "built_by": "elsewhere:1", "started_at": day(0), "beat_at": day(0)}
    with writing(engine) as connection:
        connection.execute(insert(tables.publication).values(dead))
        connection.execute(update(tables.published_creator).values(until=2))
    assert publish(engine).number == 3
    assert len(view(engine, "creators")) == 2
    with writing(engine) as connection:
        connection.execute(insert(tables.publication).values(dead | {"number": 4, "beat_at": datetime.now(UTC)}))
    with pytest.raises(DatabaseProblem, match="publication 4 is being built by process elsewhere:1"):
        publish(engine)


def test_a_builder_that_was_taken_for_dead_publishes_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(then: Any) -> None:
        def refresh(_: Engine) -> None:
            monkeypatch.undo()
            then()

        monkeypatch.setattr("index.publish.fulltext.refresh", refresh)
        with pytest.raises(DatabaseProblem, match="others went on; publish again"):
            publish(engine)

    def forgotten() -> None:
        with writing(engine) as connection:
            connection.execute(update(tables.publication).values(beat_at=day(0)))
        forget(engine, [bakers(1)[0].key], suppress=False)

    write(engine, *bakers(3))
    meanwhile(lambda: publish(engine))
    assert [row["number"] for row in view(engine, "publications")] == [2]
    meanwhile(forgotten)
    assert len(view(engine, "creators")) == 2
    assert publish(engine).number == 4
    assert {row["name"] for row in view(engine, "creators")} == {"Baker 1", "Baker 2"}


def test_readers_see_the_whole_old_or_the_whole_new_index_while_a_crawl_writes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every publication gives all creators one name; a reader must never see two names, or a missing creator."""
    monkeypatch.setattr("index.publish.BATCH", 7)  # many small transactions, as a large index has
    size, done = 30, threading.Event()
    faults: list[Any] = []
    seen: set[str] = set()

    def named(word: str, at: float) -> list[Any]:
        home = "https://baker{}.example/".format
        return [account(at, native_id=home(n), url=home(n), name=word) for n in range(size)]

    def read() -> None:
        while not done.is_set():
            with engine.connect() as connection:
                found = connection.execute(text("SELECT name, count(*) FROM v1_creators GROUP BY name")).all()
            seen.update(name for name, _ in found)
            if [count for _, count in found] != [size]:
                faults.append(found)

    def crawl() -> None:
        number = 0
        while not done.is_set():
            write(engine, *(post(number + n, 0) for n in range(20)))
            number += 20

    write(engine, *named("first", 0))
    publish(engine)
    threads = [threading.Thread(target=read) for _ in range(2)] + [threading.Thread(target=crawl)]
    for thread in threads:
        thread.start()
    try:
        for number, word in enumerate(("second", "third", "fourth"), start=1):
            write(engine, *named(word, number))
            assert publish(engine).published
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not faults
    assert len(seen) >= 2
