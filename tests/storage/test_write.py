"""Writing: idempotent, patient with late data, and nothing lost to bad input."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from storage import tables
from storage.database import reading
from storage.records import Record
from storage.write import Writer, run_finished, run_started
from tests.storage.records import a_crawl, account, day, post, seen, source


def rows(engine: Engine, name: str) -> list[dict[str, Any]]:
    table = tables.metadata.tables[name]
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]


def write(engine: Engine, *records: Record, run: int = 1, platforms: set[str] | None = None) -> Writer:
    writer = Writer(engine, run, platforms)
    for record in records:
        writer.add(record)
    writer.close()
    return writer


def everything(engine: Engine, without: tuple[str, ...] = ("last_seen", "run")) -> dict[str, list[dict[str, Any]]]:
    names = ("source", "account", "post", "link", "observation", "fact", "quarantine", "lease")
    return {name: [{k: v for k, v in row.items() if k not in without} for row in rows(engine, name)] for name in names}


def test_the_same_crawl_twice_changes_nothing_but_last_seen_and_run(engine: Engine) -> None:
    write(engine, *a_crawl(0), run=1)
    first = everything(engine)
    assert {name: len(found) for name, found in first.items()} == {
        "source": 2,
        "account": 1,
        "post": 7,
        "link": 2,
        "observation": 1,
        "fact": 11,
        "quarantine": 0,
        "lease": 0,
    }
    write(engine, *a_crawl(7), run=2)
    write(engine, *reversed(a_crawl(14)), run=3)
    assert everything(engine) == first
    assert {row["run"] for row in rows(engine, "post")} == {3}
    assert min(row["last_seen"] for row in rows(engine, "post")) >= day(14)
    assert all(row["last_seen"] >= day(14) for row in rows(engine, "fact") if row["field"] != "name")


def test_absent_facts_never_overwrite_known_ones(engine: Engine) -> None:
    write(
        engine, account(0, name="Sourdough", details={"generator": "Hugo"}), post(1, 0, text="Long text", tags=["rye"])
    )
    write(engine, account(1, name=None, details={}), post(1, 1, text=None, tags=[], published_at=None))
    assert rows(engine, "account")[0]["name"] == "Sourdough"
    assert rows(engine, "account")[0]["details"] == {"generator": "Hugo"}
    assert (rows(engine, "post")[0]["text"], rows(engine, "post")[0]["tags"]) == ("Long text", ["rye"])
    assert rows(engine, "post")[0]["published_at"] == day(-1)


def test_late_data_never_overwrites_newer_data(engine: Engine) -> None:
    write(engine, account(5, name="New"), post(1, 5, title="New"), seen(200, at=5), source(5, outcome="ok"))
    write(engine, account(1, name="Old", bio="Rye"), post(1, 1, title="Old"), seen(100, at=1), source(1, outcome="dns"))
    known = rows(engine, "account")[0]
    assert (known["name"], known["bio"], known["first_seen"], known["last_seen"]) == ("New", "Rye", day(1), day(5))
    assert rows(engine, "post")[0]["title"] == "New"
    assert rows(engine, "source")[0]["outcome"] == "ok"
    assert [(o["value"], o["until"]) for o in rows(engine, "observation")] == [(100, day(5)), (200, None)]


def test_a_run_is_opened_and_closed(engine: Engine) -> None:
    number = run_started(engine, "blog", {"blog": "1"})
    run_finished(engine, number, "ok", {"grapevine/store/post": 3, "start_time": day(0)})
    (run,) = rows(engine, "run")
    assert (run["id"], run["outcome"], run["stats"]["grapevine/store/post"]) == (number, "ok", 3)


def test_touched_accounts_can_be_read(engine: Engine) -> None:
    writer = write(engine, *a_crawl(0))
    assert writer.touched == {account().key}
    assert writer.counts["stored/post"] == 8
