"""Bad input: mended and told, or refused and told; nothing else is lost with it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from storage import clean, tables
from storage.database import reading
from storage.records import Post, Record, key_of
from storage.write import Writer
from tests.storage.records import a_crawl, account, day, link, post, seen, source
from tests.storage.test_write import everything, rows, write


def refused(engine: Engine) -> list[tuple[str, str | None, str]]:
    return [(row["record"], row["field"], row["reason"]) for row in rows(engine, "quarantine")]


@pytest.mark.parametrize(
    ("record", "field", "reason", "table", "column", "kept"),
    [
        (post(text="rye\x00bread"), "text", "nul_byte", "post", "text", "ryebread"),
        (post(title="loaf \ud83c"), "title", "lone_surrogate", "post", "title", "loaf \ufffd"),
        (post(title="split \ud83c\udf5e"), "title", "lone_surrogate", "post", "title", "split \U0001f35e"),
        (post(text="x" * 10_000_000), "text", "too_long", "post", "text", "x" * 1_000_000),
        (
            post(published_at=datetime(1, 1, 1, tzinfo=UTC)),
            "published_at",
            "date_out_of_range",
            "post",
            "published_at",
            None,
        ),
        (
            post(published_at=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))),
            *("published_at", "date_out_of_range", "post", "published_at", None),
        ),
        (post(comments=2**64), "comments", "number_out_of_range", "post", "comments", None),
        (post(language_confidence=float("nan")), "language_confidence", "number_out_of_range", "post", "niche", None),
        (post(details={"guid": float("inf")}), "details", "not_json", "post", "details", None),
        (post(details={"guid": {1, 2}}), "details", "not_json", "post", "details", None),
        (post(details={"guid\x00": ["b\x00"]}), "details", "nul_byte", "post", "details", {"guid": ["b"]}),
        (post(details={"guid": "b\udc00"}), "details", "lone_surrogate", "post", "details", {"guid": "b\ufffd"}),
        (account(bio="b" * 30_000), "bio", "too_long", "account", "bio", "b" * 20_000),
    ],
)
def test_what_can_be_mended_is_stored_mended_and_told(
    engine: Engine, record: Record, field: str, reason: str, table: str, column: str, kept: Any
) -> None:
    writer = write(engine, record)
    assert rows(engine, table)[0][column] == kept
    assert refused(engine) == [(table, field, reason)]
    assert writer.counts[f"mended/{reason}"] == 1


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        (account(native_id=""), "native_id", "missing"),
        (post(native_id="n" * 10_000_000), "native_id", "too_long"),
        (link(url=""), "url", "missing"),
        (link(url="data:," + "x" * 5000), "url", "too_long"),
        (seen(2**70), "value", "number_out_of_range"),
        (source(url=" "), "url", "missing"),
        (account(platform="My Space!"), "platform", "unknown_platform"),
        (post(fetched_at=datetime(9999, 1, 1, tzinfo=UTC)), "fetched_at", "missing"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_told_and_the_rest_is_stored(
    engine: Engine, record: Record, field: str, reason: str
) -> None:
    writer = write(engine, record, post(77))
    assert [(row["field"], row["reason"]) for row in rows(engine, "quarantine")] == [(field, reason)]
    assert len(rows(engine, "post")) == 1
    assert (writer.counts[f"refused/{reason}"], writer.counts["stored/post"]) == (1, 1)


def test_a_platform_that_is_not_known_is_refused(engine: Engine) -> None:
    write(engine, account(platform="friendster"), account(), platforms={"blog", "youtube"})
    assert refused(engine) == [("account", "platform", "unknown_platform")]
    assert [row["platform"] for row in rows(engine, "account")] == ["blog"]


def test_the_same_fault_again_is_no_new_row(engine: Engine) -> None:
    for number in range(3):
        write(engine, post(text="a\x00", at=number), run=number)
    assert len(refused(engine)) == 1


def test_a_row_that_only_the_database_refuses_costs_no_other(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting = [(name, (lambda _, v, __: v) if name == "comments" else by) for name, by in clean._CLEANERS[Post]]
    monkeypatch.setitem(clean._CLEANERS, Post, trusting)
    write(engine, *(post(n, comments=2**70 if n == 13 else n) for n in range(40)))
    assert len(rows(engine, "post")) == 39
    assert refused(engine) == [("post", None, "database_refused")]


def test_two_ids_with_the_same_key_are_never_merged(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "key_of", lambda *parts: 7 if "clash" in parts[1] else key_of(*parts))
    write(engine, account(native_id="clash one"), account(native_id="clash two"), post(1))
    write(engine, account(native_id="clash two"), post(2))
    assert [row["native_id"] for row in rows(engine, "account")] == ["clash one"]
    assert len(rows(engine, "post")) == 2
    assert refused(engine) == [("account", None, "database_refused")]


def test_a_code_that_looks_like_an_escaped_nul_is_kept(engine: Engine) -> None:
    write(engine, post(details={"guid": "\\u0000", "site_name": "C:\\u0000"}))
    assert rows(engine, "post")[0]["details"] == {"guid": "\\u0000", "site_name": "C:\\u0000"}


def test_duplicate_native_ids_in_one_batch_are_one_row(engine: Engine) -> None:
    write(engine, post(1, title="One"), post(1, title="One", text="and its text"), account(), account(name="Sourdough"))
    assert [(row["title"], row["text"]) for row in rows(engine, "post")] == [("One", "and its text")]
    assert [row["name"] for row in rows(engine, "account")] == ["Sourdough"]


def test_a_date_keeps_the_authors_calendar_day(engine: Engine) -> None:
    late = datetime(2026, 10, 31, 0, 15, tzinfo=timezone(timedelta(hours=2)))
    write(engine, post(published_at=late))
    (row,) = rows(engine, "post")
    assert (row["published_at"], str(row["published_on"])) == (datetime(2026, 10, 30, 22, 15, tzinfo=UTC), "2026-10-31")


def test_two_writers_at_once_lose_nothing_and_double_nothing(engine: Engine) -> None:
    faults: list[Exception] = []

    def work(offset: int) -> None:
        try:
            writer = Writer(engine, offset)
            for n in range(1500):
                writer.add(post(n + offset))
                if n % 100 == 0:
                    writer.add(account(bio=f"Bio {n // 100}"))
                    writer.add(seen(n))
            writer.close()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in (0, 700)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(rows(engine, "post")) == 2200
    assert len(rows(engine, "account")) == 1


def test_a_reader_that_holds_a_transaction_stops_no_writer_and_sees_one_state(engine: Engine) -> None:
    write(engine, *a_crawl(0))
    count = select(func.count()).select_from(tables.post)
    with reading(engine) as connection:
        before = connection.execute(count).scalar_one()
        write(engine, *(post(n, 1) for n in range(100, 150)))
        assert connection.execute(count).scalar_one() == before
    with reading(engine) as connection:
        assert connection.execute(count).scalar_one() == before + 50


def test_a_batch_is_seen_only_when_it_is_whole(engine: Engine) -> None:
    write(engine, *a_crawl(0))
    before = everything(engine, without=())
    writer = Writer(engine, 2)
    for record in a_crawl(3):
        writer.add(record)
    assert everything(engine, without=()) == before
    writer.flush()
    assert everything(engine, without=()) != before


def test_a_value_that_comes_back_begins_a_new_stretch(engine: Engine) -> None:
    write(engine, account(0, name="A"))
    write(engine, account(1, name="B"))
    write(engine, account(2, name="A"))
    found = [(f["value"], f["first_seen"], f["until"]) for f in rows(engine, "fact") if f["field"] == "name"]
    assert found == [("A", day(0), day(1)), ("B", day(1), day(2)), ("A", day(2), None)]
