"""Fixtures for every room: ``engine``, a migrated and empty database, once on SQLite and once on a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from benchmarks.postgres import postgres
from storage.database import connect, migrate

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server whose database ``template`` is migrated; format the address with a database's name."""
    with postgres("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_recycle=off") as url:
        engine = _admin(url)
        _run(engine, "CREATE DATABASE template")
        engine.dispose()
        template = connect(url.format("template"))
        migrate(template)
        template.dispose()
        yield url


@pytest.fixture(scope="session")
def postgres_admin(postgres_url: str) -> Iterator[Engine]:
    """One connection that makes and drops every test's database."""
    engine = _admin(postgres_url)
    yield engine
    engine.dispose()


def _admin(url: str) -> Engine:
    return create_engine(connect(url.format("postgres")).url, isolation_level="AUTOCOMMIT")


def _run(engine: Engine, sql: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(sql))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "grapevine.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url, name = request.getfixturevalue("postgres_url"), f"test{next(_NUMBERS)}"
    admin = request.getfixturevalue("postgres_admin")
    _run(admin, f"CREATE DATABASE {name} TEMPLATE template STRATEGY file_copy")
    yield url.format(name)
    _run(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    yield engine
    engine.dispose()
