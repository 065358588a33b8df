"""One person planted in every table, archive and export, then forgotten: no byte is left, and nothing comes back."""

from __future__ import annotations

import fcntl
import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from benchmarks.privacy import HOME, MARK, data_folders, forgotten, person, plant, residues, write
from index.publish import publish
from storage import tables as t
from storage.database import connect, migrate, reading, writing
from storage.forget import InUse, NobodyNamed, Report, find, forget
from storage.freed import apart, unused
from storage.records import key_of
from storage.suppression import KEY_VARIABLE, suppression
from storage.takeout import HOLDS, NOBODY
from tests.index.test_publish import bakers, owns
from tests.index.test_publish import write as store
from tests.storage.records import a_crawl, account, link

MILL = key_of("blog", "mill.example")


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "a key of this test only")


def counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        tables = t.metadata.tables.values()
        return {one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables}


def test_every_table_is_known_to_hold_a_person_or_nobody() -> None:
    import_module("storage.cycles")
    import_module("storage.retention")
    named = HOLDS.keys() | NOBODY
    assert named == t.metadata.tables.keys(), "say in storage/takeout.py what of a person stands in a new table"
    assert not HOLDS.keys() & NOBODY
    columns = {f"{table}.{column}" for table, some in HOLDS.items() for column in some}
    assert columns <= {str(column) for table in t.metadata.tables.values() for column in table.c}


def test_no_byte_of_a_forgotten_person_is_left_in_tables_logs_archives_and_exports(
    engine: Engine, tmp_path: Path
) -> None:
    store(engine, *bakers(300))
    plant(engine, tmp_path)
    planted = residues(*data_folders(engine, tmp_path))
    assert {Path(file).suffix for file in planted} >= {".gz", ".csv", ".jsonl", ".parquet", ".sqlite", ".opml"}
    assert any("base" in file or file.endswith((".db", "-wal")) for file in planted)
    report = forgotten(engine, tmp_path)
    assert residues(*data_folders(engine, tmp_path)) == {}
    assert (report.residues, report.problems, report.mentions) == ([], [], {})
    assert set(report.rows) >= HOLDS.keys(), "nothing was planted there, so nothing is proven"
    after = counts(engine)
    assert (after["account"], after["published_creator"] >= 300) == (301, True)


def test_no_word_is_left_of_an_index_that_a_migration_emptied(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.db")
    migrate(engine)
    store(engine, account(bio="zqxvjk"))
    publish(engine)
    with writing(engine) as connection:
        for table in ("search_text", "search_block", "search_document"):
            connection.execute(text(f"DELETE FROM {table}"))
    forget(engine, [account().key], suppress=False)
    engine.dispose()
    assert MARK.encode() not in (tmp_path / "a.db").read_bytes()


def test_what_others_say_of_themselves_stays(engine: Engine, tmp_path: Path) -> None:
    plant(engine, tmp_path)
    forgotten(engine, tmp_path)
    with reading(engine) as connection:
        assert connection.scalar(select(t.account.c.details).where(t.account.c.key == MILL)) == {"posts_seen": 3}
        assert connection.scalar(select(t.score.c.evidence)) == {"by": [{"account": 3}]}
        assert connection.scalar(select(t.run.c.stats).limit(1)) == {"grapevine/n": 3}
        assert len(connection.execute(select(t.published_creator.c.links)).all()) >= 1


def test_a_dry_run_tells_the_same_and_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    plant(engine, tmp_path)
    before, files = counts(engine), residues(tmp_path)
    told = forgotten(engine, tmp_path, dry_run=True)
    assert counts(engine) == before
    assert residues(tmp_path).keys() == files.keys()
    assert not list(tmp_path.rglob("forgotten.jsonl"))
    done = forgotten(engine, tmp_path)
    assert (done.rows, done.archives, done.exports) == (told.rows, told.archives, told.exports)


def test_what_is_crawled_or_imported_again_does_not_come_in(engine: Engine, tmp_path: Path) -> None:
    plant(engine, tmp_path)
    forgotten(engine, tmp_path)
    before = counts(engine)
    writer = write(engine, person())
    assert writer.counts["suppressed"] > 90
    assert {key: n for key, n in counts(engine).items() if n != before[key]} == {"run": before["run"] + 1}
    with reading(engine) as connection:
        told = [
            str(row)
            for one in t.metadata.tables.values()
            if one is not t.run
            for row in connection.execute(select(one))
        ]
    assert not [row for row in told if MARK in row.lower()]


def test_somebody_who_is_not_stored_is_kept_out_from_the_beginning(engine: Engine, tmp_path: Path) -> None:
    report = forget(engine, HOME)
    assert (report.rows, report.accounts, report.marks) == ({}, [], 1)
    write(engine, (record for record in person() if record.platform == "blog"))
    with reading(engine) as connection:
        assert list(connection.scalars(select(t.account.c.native_id))) == ["mill.example"]


def test_consumers_learn_of_it_by_keys_and_hashes_only(engine: Engine, tmp_path: Path) -> None:
    plant(engine, tmp_path)
    report = forgotten(engine, tmp_path)
    (line,) = (tmp_path / "export" / "forgotten.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert told.keys() == {"at", "accounts", "creators", "marks"}
    assert told["accounts"] == report.accounts
    assert len(report.accounts) == 3
    with reading(engine) as connection:
        assert set(connection.scalars(select(suppression.c.mark))) == set(told["marks"])
    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text())
    assert manifest["files"] == []
    assert manifest["withdrawn"]["files"]


def test_while_a_crawl_writes_an_archive_nothing_is_done(engine: Engine, tmp_path: Path) -> None:
    plant(engine, tmp_path)
    before = counts(engine)
    with (tmp_path / "crawl.warc.gz").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(InUse, match="a crawl is writing it; nothing was done"):
            forgotten(engine, tmp_path)
    assert counts(engine) == before


def test_while_a_publication_is_built_nothing_is_done(engine: Engine) -> None:
    store(engine, *bakers(1))
    row = {"number": 1, "status": "building", "built_by": "here:1"}
    now = datetime.now(UTC)
    with writing(engine) as connection:
        connection.execute(t.publication.insert().values(**row, started_at=now, beat_at=now))
    with pytest.raises(InUse, match="publication 1 is being built"):
        forget(engine, "baker0.example")
    assert counts(engine)["account"] == 1


def test_the_pages_of_a_database_are_whole_after_what_was_freed_is_zeroed(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.db")
    migrate(engine)
    for at in range(3):
        store(engine, *bakers(600, at))
    before = counts(engine)
    with engine.connect() as connection:
        rows = connection.execute(select(t.account).order_by(t.account.c.key)).all()
    assert apart("clean", f"{tmp_path}/a.db") == ""
    data = (tmp_path / "a.db").read_bytes()
    stretches = [part for at in range(4096, len(data), 4096) for part in unused(data, at, 4096, 0)]
    assert len(stretches) > 50
    assert not [part for part in stretches if data[slice(*part)].strip(b"\x00")]
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(select(t.account).order_by(t.account.c.key)).all() == rows
    assert counts(engine) == before
    engine.dispose()


def test_one_account_alone_can_be_forgotten_and_the_others_of_the_person_stay(engine: Engine) -> None:
    store(engine, *bakers(3))
    keys = [key_of("blog", f"https://baker{n}.example/") for n in range(3)]
    owns(engine, 7, *keys[:2])
    with reading(engine) as connection:
        alone = find(connection, "baker0.example", alone=True)
        assert find(connection, "baker0.example").accounts == set(keys[:2])
        assert find(connection, "7").accounts == set(keys[:2])
        assert find(connection, str(keys[2])).accounts == {keys[2]}
    assert forget(engine, alone).accounts == [keys[0]]
    with reading(engine) as connection:
        assert set(connection.scalars(select(t.account.c.key))) == set(keys[1:])


def test_what_they_call_their_own_elsewhere_is_named_for_whoever_decides(engine: Engine) -> None:
    store(engine, *a_crawl(0), link("https://oven.example/@loaf", target="fediverse:loaf@oven.example"))
    report = forget(engine, str(account().key), dry_run=True)
    assert report.claims == ["fediverse:loaf@oven.example"]


def test_a_retention_limit_deletes_without_keeping_out(engine: Engine) -> None:
    store(engine, *bakers(1))
    report = forget(engine, [key_of("blog", "https://baker0.example/")], suppress=False)
    assert (report.rows["account"], report.marks) == (1, 0)
    store(engine, *bakers(1))
    assert counts(engine)["account"] == 1


def test_a_name_of_nobody_or_of_several_is_refused_with_the_way_out(engine: Engine) -> None:
    store(engine, *bakers(2))
    with writing(engine) as connection:
        connection.execute(t.account.update().values(handle="loaf"))
    for given, told in (("nobody here", "give a web address"), ("loaf", "several people")):
        with reading(engine) as connection, pytest.raises(NobodyNamed, match=told):
            find(connection, given)


def test_the_report_is_plain_values() -> None:
    assert json.loads(json.dumps(Report(True).as_dict()))["dry_run"] is True


def test_a_database_of_one_s_own_needs_no_key_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    engine = connect(f"sqlite:///{tmp_path}/db/a.db")
    migrate(engine)
    forget(engine, HOME)
    engine.dispose()
    assert {path.name for path in (tmp_path / "db").iterdir()} >= {"suppression.key", "forgotten.jsonl"}
