"""What is remembered about hosts, on SQLite and PostgreSQL."""

from __future__ import annotations

import time
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, func, select

import storage.takeout  # noqa: F401 (its indexes belong to the tables)
from crawler.politeness.hosts import Host, Hosts, today
from storage import hosts as tables
from storage.database import reading, writing
from storage.records import key_of
from storage.search import OURS
from storage.tables import metadata


def day(name: str = "moss.example", **counts: Any) -> dict[str, Any]:
    return {"host": name, "day": "2026-03-04", "least_gap": None, **dict.fromkeys(tables.COUNTS, 0), **counts}


def test_the_migration_makes_the_tables_of_the_code(engine: Engine) -> None:
    ours = {table.name for table in tables.TABLES}
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=OURS), metadata)
    assert [one for one in differences if any(name in repr(one) for name in ours)] == []


def test_counts_of_several_writers_add_up_and_the_least_gap_stays(engine: Engine) -> None:
    for gap in (None, 2.5, 1.5, None):
        with writing(engine) as connection:
            tables.write(connection, days=[day(requests=2, bytes=10, least_gap=gap), day("fern.example", requests=1)])
    with reading(engine) as connection:
        row = tables.footprint(connection)[0]
        assert (row.host, row.requests, row.bytes, row.least_gap) == ("moss.example", 8, 40, 1.5)
        assert [row.day for row in tables.footprint(connection, "fern.example")] == ["2026-03-04"]


def test_a_host_is_known_again_with_its_rest_and_its_use_of_the_day(engine: Engine) -> None:
    first = Hosts(engine, "one")
    host = first.get("moss.example")
    first.begin(host)
    host.not_before, host.failures, host.crawl_delay = time.time() + 500, 3, 2.0
    first.flush()
    again = Hosts(engine, "two").get("moss.example")
    assert (again.failures, again.crawl_delay, again.used, again.not_before) == (3, 2.0, 1, host.not_before)


def test_memory_stays_bounded_and_nothing_is_lost_by_it(engine: Engine) -> None:
    hosts = Hosts(engine, "one", most=50)
    for number in range(300):
        hosts.begin(hosts.get(f"h{number}.example"))
    assert len(hosts._hosts) <= 50
    hosts.flush()
    with reading(engine) as connection:
        assert connection.execute(select(func.sum(tables.host_day.c.requests))).scalar() == 300
    assert hosts.get("h0.example").used == 1


def test_yesterdays_use_does_not_count_today(engine: Engine) -> None:
    hosts = Hosts(engine, "one", budget=2)
    host = hosts.get("moss.example")
    host.day, host.used = "2001-01-01", 2
    hosts.begin(host)
    assert (host.day, host.used) == (today(time.time()), 1)


def test_a_batch_that_cannot_be_written_is_kept(engine: Engine, tmp_path: Any) -> None:
    hosts = Hosts(engine, "one")
    hosts.begin(hosts.get("moss.example"))
    with writing(engine) as connection:
        tables.host_day.drop(connection)
    hosts.flush()
    with writing(engine) as connection:
        tables.host_day.create(connection)
    hosts.flush()
    with reading(engine) as connection:
        assert connection.execute(select(tables.host_day.c.requests)).scalar() == 1


def test_validators_and_the_publishers_lower_bound(engine: Engine) -> None:
    key = key_of("https://moss.example/feed")
    row = {"url_key": key, "etag": '"1"', "modified": None, "seen_at": 5.0, "fresh_until": 9.0}
    with writing(engine) as connection:
        assert not tables.has_validators(connection)
        tables.write(connection, validators=[row])
        tables.write(connection, validators=[row | {"etag": '"2"'}])
    with reading(engine) as connection:
        found = tables.read_validator(connection, key)
        assert found is not None
        assert found.etag == '"2"'
        assert tables.fresh_until(connection, [key, 1]) == {key: 9.0}


def test_the_log_is_pruned_by_age_and_forgets_addresses(engine: Engine) -> None:
    hosts = Hosts(engine, "one")
    host = Host("moss.example")
    for number, at in enumerate((1.0, 100.0, 100.0)):
        facts = {"status": 200, "bytes": 1, "owed": 0.0, "rest_until": 0.0, "robots": None, "ip": None}
        hosts.log(host, url=f"https://moss.example/{number}", purpose="page", at=at, ended=at, **facts)
    hosts.flush()
    with writing(engine) as connection:
        assert tables.prune(connection, 50.0) == 1
    with reading(engine) as connection:
        assert connection.execute(select(tables.request_log.c.url)).scalars().all() == [
            f"https://moss.example/{n}" for n in (1, 2)
        ]


def test_with_no_database_nothing_rests_and_nothing_is_written() -> None:
    hosts = Hosts(None, budget=0)
    host = hosts.get("moss.example")
    host.not_before = time.time() + 500
    hosts.begin(host)
    hosts.close()
