"""Opening, migrating and diagnosing a database."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, inspect, literal, select, text

import storage
from storage import database
from storage.database import DatabaseProblem, check, connect, migrate, reading, writing
from storage.search import OURS
from storage.tables import lease, metadata, source
from storage.write import Writer
from tests.storage.records import a_crawl, account, day
from tests.storage.test_write import everything, rows, write


def test_the_default_is_a_file_under_var_whose_folder_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRAPEVINE_DATABASE_URL", raising=False)
    engine = connect()
    migrate(engine)
    check(engine)
    assert (tmp_path / "var" / "grapevine.db").exists()
    engine.dispose()


def test_sqlite_runs_in_wal_mode_with_foreign_keys(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()


def test_the_migrations_lead_to_the_tables_of_the_code(engine: Engine) -> None:
    for module in pkgutil.iter_modules(storage.__path__):
        importlib.import_module(f"storage.{module.name}")  # whichever define tables
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=OURS), metadata) == []


def test_migrations_go_back_and_forward_and_again_with_data_inside(engine: Engine) -> None:
    write(engine, *a_crawl(0))
    before = everything(engine, without=())
    migrate(engine)
    assert everything(engine, without=()) == before
    migrate(engine, "base")
    assert not [name for name in inspect(engine).get_table_names() if name != "alembic_version"]
    assert not inspect(engine).get_view_names()
    migrate(engine)
    check(engine)
    write(engine, *a_crawl(0))
    assert everything(engine, without=()) == before


def test_what_is_leased_stays_leased_through_a_migration(engine: Engine) -> None:
    write(engine, *a_crawl(0))
    with writing(engine) as connection:
        held = select(source.c.key, source.c.platform, source.c.host, literal("one"), literal(day(1)), literal(3))
        connection.execute(lease.insert().from_select([column.name for column in lease.c], held))
    before = everything(engine, without=())
    assert before["lease"]
    migrate(engine, "0011")
    migrate(engine)
    for row in before["lease"]:
        row["begun"] = 1  # of those that died before only their number was kept
    for row in before["source"]:
        row["attempts"] += 2
    assert everything(engine, without=()) == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no address", "no database address"),
        ("mysql://user:secret@host/name", "only sqlite:/// and postgresql:// databases"),
        ("postgresql://user:secret@127.0.0.1:1/name", "no server answers there.*start PostgreSQL"),
    ],
)
def test_a_wrong_address_is_named_with_the_way_out_and_without_its_password(url: str, words: str) -> None:
    with pytest.raises(DatabaseProblem, match=words) as told:
        check(connect(url))
    assert "secret" not in str(told.value)


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(DatabaseProblem, match="is empty; run `scrapy migrate`"):
        check(engine)
    with pytest.raises(DatabaseProblem, match=r"its tables are missing.*run `scrapy migrate`"):
        write(engine, account())
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (check, migrate):
        with pytest.raises(DatabaseProblem, match="a newer grapevine wrote it"):
            use(engine)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("to do: buy flour\n" * 100)
    with pytest.raises(DatabaseProblem, match=r"not an SQLite database.*move it away"):
        check(connect(f"sqlite:///{tmp_path}/a.db"))


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseProblem, match="its folder cannot be made"):
        connect(f"sqlite:///{tmp_path}/file/a.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_file_that_may_only_be_read_says_so(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(stat.S_IRUSR)
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(DatabaseProblem, match=r"may only be read|cannot be opened"):
        write(connect(f"sqlite:///{path}"), account())
    tmp_path.chmod(stat.S_IRWXU)


def test_a_locked_database_says_so_and_the_batch_is_kept(
    monkeypatch: pytest.MonkeyPatch, sqlite_template: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    path = tmp_path / "a.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = Writer(engine, 1)
    writer.add(account())
    with pytest.raises(DatabaseProblem, match="another program is writing to it"):
        writer.flush()
    other.execute("COMMIT")
    other.close()
    writer.flush()
    assert len(rows(engine, "account")) == 1
    engine.dispose()


def test_a_full_disk_says_so_and_what_was_stored_stays(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    write(engine, account())
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    event.listen(engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(DatabaseProblem, match=r"the disk is full.*what was stored is intact"):
        write(engine, *(account(native_id=f"https://b{n}.example/", bio="x" * 5000) for n in range(200)))
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM account")).scalar() == 1
    engine.dispose()
