"""Nothing is kept longer than it may be, and reading somebody again prolongs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, text
from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from index.publish import publish
from storage import tables as t
from storage.database import reading, writing
from storage.records import Record
from storage.retention import keep_limits, retention
from storage.write import Writer
from tests.storage.records import account, day, link, post, seen

YEAR = 365
ORCHARD = {"native_id": "https://orchard.example/", "url": "https://orchard.example/"}


def store(engine: Engine, records: Iterable[Record]) -> None:
    writer = Writer(engine)
    for record in records:
        writer.add(record)
    writer.close()


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def names(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.scalars(select(t.account.c.native_id)))


def test_a_creator_who_went_silent_is_deleted_though_they_were_read_every_week(engine: Engine) -> None:
    store(engine, [account(0), post(1, 0)])
    store(engine, [account(YEAR + 10), post(1, YEAR + 10, published_at=day(-1)), seen(9, at=YEAR + 10)])
    store(engine, [account(0, **ORCHARD), account(YEAR + 10, **ORCHARD)])
    busy = {"account_id": "https://orchard.example/", "native_id": "https://orchard.example/new"}
    store(engine, [post(2, YEAR + 10, **busy, url="https://orchard.example/new", published_at=day(YEAR))])
    report = keep_limits(engine, day(YEAR + 20))
    assert report["creators silent, 12 months"]["rows of account"] == 1
    assert names(engine) == {"https://orchard.example/"}
    assert count(engine, t.post) == 1
    assert count(engine, t.observation) == 0


def test_a_silent_account_of_somebody_who_is_not_silent_stays(engine: Engine) -> None:
    store(engine, [account(0), account(YEAR + 10), account(0, **ORCHARD), account(YEAR + 10, **ORCHARD)])
    busy = {"account_id": "https://orchard.example/", "native_id": "https://orchard.example/new"}
    store(engine, [post(2, YEAR + 10, **busy, url="https://orchard.example/new", published_at=day(YEAR))])
    with writing(engine) as connection:
        rows = [{"account": key, "creator": 7, "since": day(0)} for key in connection.scalars(select(t.account.c.key))]
        connection.execute(insert(t.creator_member), rows)
    keep_limits(engine, day(YEAR + 20))
    assert len(names(engine)) == 2


def test_a_new_word_of_their_own_keeps_a_creator_who_posts_nothing(engine: Engine) -> None:
    store(engine, [account(0, bio="Rye"), account(200, bio="Rye and oats"), account(YEAR + 10, bio="Rye and oats")])
    keep_limits(engine, day(YEAR + 20))
    assert names(engine) == {"https://sourdough.example/"}
    keep_limits(engine, day(200 + YEAR + 1))
    assert not names(engine)


def test_an_account_that_cannot_be_read_for_a_year_is_deleted(engine: Engine) -> None:
    store(engine, [account(0), post(1, 0, published_at=day(0))])
    assert keep_limits(engine, day(YEAR - 1))["accounts unreadable, 12 months"] == {}
    assert keep_limits(engine, day(YEAR + 1))["accounts unreadable, 12 months"]["rows of account"] == 1
    assert not names(engine)


def test_numbers_of_more_than_two_years_are_one_a_month_and_none_younger_is_touched(engine: Engine) -> None:
    store(engine, [account(0), account(700, bio="Rye"), post(1, 700)])
    store(engine, [seen(1000 + n, at=n * 5) for n in range(18)])  # 1 November to 25 January
    old = keep_limits(engine, day(60 + 730))
    assert old["single numbers, 24 months"] == {"rows of observation": 9}
    with reading(engine) as connection:
        o = t.observation.c
        rows = connection.execute(select(o.value, o.first_seen, o.until).order_by(o.first_seen)).all()
    assert [row.value for row in rows][:3] == [1005, 1010, 1011], "the last of a month; younger ones all"
    assert rows[0].until == rows[1].first_seen, "no day is without a number"
    assert len(rows) == 9
    assert keep_limits(engine, day(60 + 730))["single numbers, 24 months"] == {}


def test_rows_of_the_youtube_api_go_on_their_date_and_refreshed_ones_stay(engine: Engine) -> None:
    api: dict[str, Any] = {"platform": "youtube", "extractor": "youtube_api/1"}

    def channel(name: str, at: float) -> list[Record]:
        due = {"source_policy": "youtube_api", "refresh_by": day(at + 30).date().isoformat()}
        me = {"native_id": name, "url": f"https://www.youtube.com/channel/{name}", **api}
        clip = {"native_id": f"v{name}", "url": f"https://www.youtube.com/watch?v={name}", "account_id": name, **api}
        return [
            account(at, **me, details=due),
            post(1, at, **clip, details=due),
            seen(5, at=at, account_id=name, **api),
        ]

    store(engine, [*channel("UCstale", 0), *channel("UCfresh", 20), account(20)])
    report = keep_limits(engine, day(32))
    assert report["rows of the YouTube API, by their date"]["rows of account"] == 1
    assert names(engine) == {"UCfresh", "https://sourdough.example/"}
    assert count(engine, t.post) == 1
    assert count(engine, t.observation) == 1


def test_a_post_that_goes_takes_its_words_links_and_their_history_along(engine: Engine) -> None:
    api: dict[str, Any] = {"platform": "youtube", "extractor": "youtube_api/1"}
    clip: dict[str, Any] = {"native_id": "v1", "url": "https://www.youtube.com/watch?v=1", "text": "Oats", **api}
    clip["details"] = {"refresh_by": day(30).date().isoformat()}
    me = {"native_id": "UC1", "url": "https://www.youtube.com/channel/UC1", "name": "Loaf", **api}
    said = {"account_id": "UC1", "post_id": "v1", "url": "https://mill.example/", "kind": "body", **api}
    links = [link(at=at, text=word, **said) for at, word in enumerate(("Rye", "Spelt"))]
    store(engine, [account(0, **me), post(1, account_id="UC1", **clip), *links])
    publish(engine)
    keep_limits(engine, day(32))
    assert [count(engine, table) for table in (t.account, t.post, t.link, text("search_text"))] == [1, 0, 0, 0]
    with reading(engine) as connection:
        assert set(connection.scalars(select(t.fact.c.subject))) == {account(**me).key}


def test_what_no_publication_of_two_years_holds_goes_and_the_standing_index_stays(engine: Engine) -> None:
    store(engine, [account(0, name="Sourdough"), post(1, 0, language="en")])
    publish(engine)
    store(engine, [account(1, name="Rye only"), post(1, 1, language="is")])
    publish(engine)
    with writing(engine) as connection:
        connection.execute(t.publication.update().values(published_at=day(0)))
    assert keep_limits(engine, day(300))["old publications, 24 months"] == {}
    store(engine, [account(730, name="Rye only"), post(2, 730)])
    report = keep_limits(engine, day(740))
    assert report["old publications, 24 months"]["rows of published_creator"] == 1
    assert report["old publications, 24 months"]["rows of published_facet"] == 1
    with reading(engine) as connection:
        assert list(connection.scalars(select(t.published_creator.c.name))) == ["Rye only"]


def test_a_dry_run_counts_and_changes_nothing_and_a_second_pass_finds_nothing(engine: Engine) -> None:
    store(engine, [account(0), post(1, 0), *(seen(n, at=n) for n in range(20))])
    before = [count(engine, table) for table in (t.account, t.post, t.observation, t.fact)]
    would = keep_limits(engine, day(3 * YEAR), dry_run=True)
    assert [count(engine, table) for table in (t.account, t.post, t.observation, t.fact)] == before
    assert count(engine, retention) == 0
    did = keep_limits(engine, day(3 * YEAR))
    assert would["accounts unreadable, 12 months"] == did["accounts unreadable, 12 months"] != {}
    again = keep_limits(engine, day(3 * YEAR + 1))
    assert not any(again.values())
    assert count(engine, retention) == 2 * len(again)


@pytest.fixture
def warc(tmp_path: Path) -> Callable[[str, list[datetime]], Path]:
    def write(name: str, times: list[datetime]) -> Path:
        path = tmp_path / name
        with path.open("wb") as file:
            writer = WARCWriter(file, gzip=True)
            writer.write_record(writer.create_warcinfo_record(name, {"software": "test"}))
            for at in times:
                headers = {"WARC-Date": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
                url = f"https://sourdough.example/{at:%d}"
                writer.write_record(writer.create_warc_record(url, "resource", warc_headers_dict=headers))
        return path

    return write


def test_raw_responses_go_after_thirty_days(
    sqlite_template: Path, tmp_path: Path, warc: Callable[[str, list[datetime]], Path]
) -> None:
    from storage.database import connect

    engine = connect(f"sqlite:///{tmp_path / 'grapevine.db'}")
    (tmp_path / "grapevine.db").write_bytes(sqlite_template.read_bytes())
    old, mixed = warc("old.warc.gz", [day(0)]), warc("mixed.warc.gz", [day(0), day(20)])
    report = keep_limits(engine, day(0) + timedelta(days=31), [tmp_path])
    assert report["raw responses, 30 days"] == {"files": 1, "responses": 1}
    assert not old.exists()
    with mixed.open("rb") as file:
        left = [r.rec_headers.get_header("WARC-Target-URI") for r in ArchiveIterator(file) if r.rec_type == "resource"]
    assert left == ["https://sourdough.example/21"]
    engine.dispose()
