"""The frontier: who may visit what, what comes first, and what a visit teaches."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update

from storage import policy
from storage.database import reading, writing
from storage.frontier import LEASE, PER_HOST, Claim, best, claim, extend, reclaim, release, spread
from storage.holder import holder
from storage.records import Account, Post, Record, Source, key_of
from storage.refresh import calibrate
from storage.tables import lease, source
from storage.write import Writer

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
THEN = NOW - 12 * DAY


def visit(url: str, at: datetime, outcome: str = "ok", kind: str = "seed", platform: str = "blog") -> list[Record]:
    seen: dict[str, Any] = {"platform": platform, "source_url": url, "fetched_at": at, "extractor": "blog/1"}
    return [
        Account(**seen, native_id=url, url=url),
        Source(**seen, url=url, kind=kind, account_id=url, outcome=outcome),
    ]


def posts(url: str, at: datetime, ages: Sequence[float], dated: bool = True) -> list[Record]:
    seen: dict[str, Any] = {"platform": "blog", "source_url": url, "fetched_at": at, "extractor": "blog/1"}
    said = [at - age * DAY for age in ages]
    return [
        Post(**seen, account_id=url, native_id=f"{url}{t}", url=f"{url}{t}", published_at=t if dated else None)
        for t in said
    ]


def store(engine: Engine, *records: Record) -> None:
    writer = Writer(engine, 1)
    for record in records:
        writer.add(record)
    writer.flush()


def row(engine: Engine, url: str) -> Any:
    with reading(engine) as connection:
        return connection.execute(select(source).where(source.c.url == url)).one()


def begun(engine: Engine, url: str) -> int | None:
    """Visits that crawls began and did not end; None where no lease is kept."""
    with reading(engine) as connection:
        return connection.execute(select(lease.c.begun).where(lease.c.key == row(engine, url).key)).scalar()


def take(engine: Engine, now: datetime, limit: int = 100, by: str = "one") -> list[str]:
    with writing(engine) as connection:
        return [one.url for one in claim(connection, "blog", now, limit, by)]


@pytest.fixture
def three(engine: Engine) -> list[str]:
    """Sources visited long ago that post daily, weekly and no more, in the order of their worth."""
    urls = [f"https://{name}.example/" for name in ("daily", "weekly", "silent")]
    for url, ages in zip(urls, ([*range(1, 16)], [*range(1, 60, 7)], [400]), strict=True):
        store(engine, *posts(url, THEN, ages), *visit(url, THEN))
    return urls


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(engine: Engine, three: list[str]) -> None:
    assert take(engine, NOW, by="one") == three[:2], "who posts nothing is not due yet"
    assert take(engine, NOW + LEASE - timedelta(seconds=1), by="two") == []
    assert take(engine, NOW + LEASE + timedelta(seconds=1), by="two") == three[:2]
    with writing(engine) as connection:
        assert extend(connection, "two", NOW + 3 * LEASE) == 2
    assert take(engine, NOW + 2.5 * LEASE) == []
    with writing(engine) as connection:
        assert release(connection, "two") == 2
    assert take(engine, NOW + 2.5 * LEASE) == three[:2]


def test_a_lease_of_a_distant_future_is_void(engine: Engine, three: list[str]) -> None:
    take(engine, NOW + 4000 * DAY, by="a clock that stood wrong")
    assert take(engine, NOW) == three[:2]


def test_a_due_date_of_a_distant_future_is_called_back(engine: Engine, three: list[str]) -> None:
    with writing(engine) as connection:
        connection.execute(update(source).values(due_at=NOW + 4000 * DAY))
        calibrate(connection, NOW)
    assert set(take(engine, NOW)) == set(three)


def worth(connection: Connection, now: datetime, limit: int) -> list[Claim]:
    return [one.claim("blog") for one in best(connection, "blog", now, limit)]


def test_priority_orders_across_rates_and_what_is_overdue_goes_first(engine: Engine, three: list[str]) -> None:
    with reading(engine) as connection:
        claims = worth(connection, NOW + 12 * DAY, 10)
        assert [one.url for one in claims] == three
        for one in claims:
            assert one.days == pytest.approx(24)
            assert one.priority == pytest.approx(one.weight * one.rate * 24**2)
    store(engine, *visit(three[0], NOW), *visit(three[1], NOW))
    with reading(engine) as connection:
        late = worth(connection, NOW + 13 * DAY, 1)[0]
        assert (late.url, late.overdue) == (three[2], True), "25 days are more than any should wait"


def test_a_claim_is_what_the_policy_says_of_many_sources(engine: Engine) -> None:
    """The bands are an index only: what is claimed is what ordering every source by priority gives."""
    hosts = [f"https://h{n}.example/" for n in range(300)]
    store(engine, *(record for n, url in enumerate(hosts) for record in visit(url, NOW - (3 + n % 20) * DAY)))
    with writing(engine) as connection:
        for n, row in enumerate(connection.execute(select(source).order_by(source.c.url)).all()):
            rate = 2 ** ((n * 7919 % 1000) / 100 - 7)
            due = row.last_seen + policy.bounded(policy.interval(1, rate, 0.25)) * DAY
            values = {"rate": rate, "band": policy.band(1, rate), "due_at": due}
            connection.execute(update(source).where(source.c.key == row.key).values(values))
    with reading(engine) as connection:
        rows = connection.execute(select(source).where(source.c.due_at <= NOW)).all()
        told = {r.url: policy.priority(1.0, r.rate, (NOW - r.last_seen) / DAY) for r in rows}
        # Asked again over one connection it is known how deep to look at once.
        found = [{one.url for one in worth(connection, NOW, most)} for most in (40, 40, 5, 40)]
    best_first = sorted(told, key=lambda url: -told[url])
    assert [len(urls) for urls in found] == [40, 40, 5, 40]
    assert all(len(urls & set(best_first[: len(urls)])) >= 0.95 * len(urls) for urls in found)


def test_a_host_is_one_workers_at_a_time_and_fills_no_batch(engine: Engine) -> None:
    store(engine, *(r for n in range(60) for r in visit(f"https://big.example/{n}", NOW - 30 * DAY)))
    store(engine, *(r for n in range(60) for r in visit(f"https://small{n}.example/", NOW - 28 * DAY)))
    first = take(engine, NOW, 50, by="one")
    assert len(first) == 50
    assert sum("big" in url for url in first) == PER_HOST
    second = take(engine, NOW, 50, by="two")
    assert len(second) == 35
    assert not any("big" in url for url in second)


def test_new_sources_take_at_most_half_of_a_batch_while_others_wait(engine: Engine, three: list[str]) -> None:
    store(engine, *(r for n in range(9) for r in visit(f"https://new{n}.example/", NOW, kind="seed")))
    with writing(engine) as connection:
        new = source.c.url.like("%new%")
        connection.execute(update(source).where(new).values(band=policy.NEW, due_at=None, last_seen=None))
    assert sum("new" in url for url in take(engine, NOW, 4)) == 2


def test_a_source_known_before_its_first_visit_is_finished_by_it(engine: Engine) -> None:
    url = "https://found.example/"
    seen = {"platform": "blog", "first_seen": THEN, "source_url": "https://friend.example/", "extractor": "x/1"}
    with writing(engine) as connection:
        connection.execute(insert(source).values(key=key_of("blog", url), url=url, kind="seed", digest=0, **seen))
    assert take(engine, NOW) == [url]
    store(engine, *posts(url, NOW, [1, 2]), *visit(url, NOW))
    found = row(engine, url)
    assert (found.last_seen, found.outcome, found.attempts, begun(engine, url)) == (NOW, "ok", 0, None)
    assert found.due_at > NOW
    assert found.band in policy.BANDS


def test_a_visit_sets_when_the_next_is_due_by_the_dates_of_posts(engine: Engine, three: list[str]) -> None:
    daily, weekly, silent = (row(engine, url) for url in three)
    assert 0.5 < daily.rate < 1, "fifteen days of posts, and ten of doubt"
    assert weekly.rate == pytest.approx(1 / 7, rel=0.2)
    assert silent.rate < 0.02
    assert daily.due_at < weekly.due_at < silent.due_at <= THEN + policy.MOST_DAYS * DAY


def test_posts_without_dates_are_judged_by_the_visits_that_found_new_ones(engine: Engine) -> None:
    busy, still = "https://busy.example/", "https://still.example/"
    for week in range(8):
        at = NOW + 7 * week * DAY
        store(engine, *posts(busy, at, [0.5], dated=False), *visit(busy, at))
        store(engine, *visit(still, at, "unchanged"))
    assert row(engine, busy).rate > 4 * row(engine, still).rate
    assert len(row(engine, busy).visits) == 8
    assert row(engine, busy).due_at < row(engine, still).due_at


def test_failures_wait_longer_each_time_then_quarantine_with_revival_checks(engine: Engine) -> None:
    url, waits, at = "https://ill.example/", [], NOW
    for _ in range(7):
        store(engine, *visit(url, at, "timeout"))
        found = row(engine, url)
        waits.append(round((found.due_at - at) / DAY))
        at = found.due_at
        assert take(engine, at) == [url]
    assert waits == [1, 2, 4, 8, 28, 32, 56]
    assert row(engine, url).quarantined_at is not None
    assert row(engine, url).attempts == 7
    store(engine, *visit(url, at))
    well = row(engine, url)
    assert (well.quarantined_at, well.attempts, begun(engine, url)) == (None, 0, None)


def test_who_failed_comes_after_who_answers(engine: Engine, three: list[str]) -> None:
    store(engine, *visit(three[0], THEN + DAY, "http_404"), *visit(three[1], THEN + DAY))
    with writing(engine) as connection:
        connection.execute(update(source).values(rate=0.2))
        connection.execute(update(source).where(source.c.url == three[0]).values(rate=0.3))
    assert take(engine, NOW + 9 * DAY) == [three[2], three[1], three[0]]


def test_what_is_ours_to_wait_for_is_no_failure(engine: Engine) -> None:
    store(engine, *visit("https://busy.example/", NOW, "resting"))
    found = row(engine, "https://busy.example/")
    assert (found.attempts, found.quarantined_at) == (0, None)
    assert found.due_at < NOW + DAY


def test_a_source_that_kills_its_crawls_is_put_away(engine: Engine, three: list[str]) -> None:
    at = NOW
    for turn in range(policy.DEADLY):
        assert three[0] in take(engine, at, by=str(turn))
        store(engine, *visit(three[1], at))
        at += 2 * LEASE
    assert three[0] not in take(engine, at)
    assert row(engine, three[0]).outcome == "died"
    assert three[0] in take(engine, at + 57 * DAY), "it is looked at again, in case it was not the culprit"


def test_what_a_dead_process_held_is_free_at_once_and_a_living_ones_is_not(engine: Engine, three: list[str]) -> None:
    mine = holder()
    dead = subprocess.Popen(["/bin/true"])
    assert take(engine, NOW, 1, by=mine) == three[:1]
    assert take(engine, NOW, by=mine.replace(f":{os.getpid()}:", f":{dead.pid}:")) == three[1:2]
    dead.wait()
    assert take(engine, NOW, by="another machine's") == three[1:2], "long before the lease ends"
    assert begun(engine, three[1]) == 2, "a visit that never ended counts"
    assert take(engine, NOW, by=holder()) == [], "another machine's dead are not known here"


def test_what_ended_in_order_counts_no_attempt(engine: Engine, three: list[str]) -> None:
    dead = subprocess.Popen(["/bin/true"])
    take(engine, NOW, by=holder().replace(f":{os.getpid()}:", f":{dead.pid}:"))
    dead.wait()
    with writing(engine) as connection:
        assert reclaim(connection, died=False) == 2
        assert connection.execute(select(func.count()).select_from(lease)).scalar() == 0
    assert begun(engine, three[0]) is None


def test_an_alias_is_never_visited_again(engine: Engine) -> None:
    store(
        engine,
        *visit("https://old.example/", NOW, kind="seed"),
        *visit("https://old.example/", NOW + DAY, kind="alias"),
    )
    assert take(engine, NOW + 100 * DAY) == []


def test_the_budget_goes_where_sources_are_worth_most(engine: Engine, three: list[str]) -> None:
    store(engine, *visit("https://tube.example/", NOW - 9 * DAY, platform="youtube"))
    with writing(engine) as connection:
        connection.execute(update(source).where(source.c.platform == "youtube").values(weight=100.0))
    with reading(engine) as connection:
        assert [one.platform for one in spread(connection, NOW + 20 * DAY, 2)].count("youtube") == 1
