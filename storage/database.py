"""Opening a database (SQLite or PostgreSQL), migrating it, and saying plainly what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

DEFAULT_URL = "sqlite:///var/grapevine.db"
BUSY_SECONDS = 30
"""How long a writer waits for another one before it says that the database is locked."""
_MIGRATIONS = Path(__file__).parent / "migrations"
WRITE_LOCK = 0x67726170
"""PostgreSQL advisory lock that makes batches of several writers one after the other."""


class DatabaseProblem(Exception):
    """The database cannot be used: what is wrong, where, and how to mend it."""


def connect(url: str | None = None) -> Engine:
    """An engine for ``url``, else GRAPEVINE_DATABASE_URL, else ``var/grapevine.db``; nothing is read yet.

    Raises DatabaseProblem where the address is not one of ``sqlite:///PATH`` and ``postgresql://...``.
    """
    given = url or os.environ.get("GRAPEVINE_DATABASE_URL") or DEFAULT_URL
    try:
        parsed = make_url(given)
    except ArgumentError:
        raise DatabaseProblem(
            "GRAPEVINE_DATABASE_URL is no database address; write sqlite:///PATH or postgresql://USER@HOST/NAME"
        ) from None
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if backend != "sqlite":
        raise DatabaseProblem(f"{where(parsed)}: only sqlite:/// and postgresql:// databases are known here")
    if parsed.database and parsed.database != ":memory:":
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseProblem(
                f"{where(parsed)}: its folder cannot be made ({error.strerror}); "
                "make it yourself or point GRAPEVINE_DATABASE_URL elsewhere"
            ) from error
    try:
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
    except (NoSuchModuleError, ArgumentError) as error:
        raise DatabaseProblem(f"{where(parsed)}: {error}") from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, so that DDL is inside the transaction too
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-32768",
        "temp_store=MEMORY",
        "secure_delete=ON",  # a person who is forgotten leaves no bytes in freed pages (storage/forget.py)
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all or nothing, one at a time among all processes; faults as DatabaseProblem."""
    with explained(engine), engine.execution_options(writing=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that reads a single state of the database, whatever is written meanwhile."""
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with explained(engine), engine.connect().execution_options(**level) as connection, connection.begin():
        yield connection


def where(engine: Any) -> str:
    """The database's address without its password, for messages."""
    return str(getattr(engine, "url", engine).render_as_string(hide_password=True))


_WAYS_OUT = (  # (words of the driver's message, what it means, the way out); the first that fits counts
    ("database is locked", "another program is writing to it", f"waited {BUSY_SECONDS} s; let it finish, or stop it"),
    ("full", "the disk is full", "free some space and run again; what was stored is intact"),
    ("No space left", "the disk is full", "free some space and run again; what was stored is intact"),
    ("not a database", "the file is not an SQLite database", "move it away, or point GRAPEVINE_DATABASE_URL elsewhere"),
    ("malformed", "the file is damaged", "restore a backup, or try `sqlite3 FILE .recover`"),
    ("unable to open", "the file cannot be opened", "check that folder and file may be read and written"),
    ("readonly", "the file may only be read", "give this user the right to write it, and its folder"),
    ("disk I/O", "the disk cannot be read or written", "check the disk; what was committed is intact"),
    ("no such table", "its tables are missing", "run `scrapy migrate`"),
    ("does not exist", "it, or its tables, do not exist", "create the database if need be, then run `scrapy migrate`"),
    ("password", "the login was refused", "check user and password in GRAPEVINE_DATABASE_URL"),
    ("authentication", "the login was refused", "check user and password in GRAPEVINE_DATABASE_URL"),
    ("refused", "no server answers there", "start PostgreSQL, or correct GRAPEVINE_DATABASE_URL"),
    ("connection", "the server cannot be reached", "start PostgreSQL, or correct GRAPEVINE_DATABASE_URL"),
)


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turns a driver's fault into a DatabaseProblem with the way out; other errors pass."""
    try:
        yield
    except DBAPIError as error:
        message = str(error.orig).strip()
        for word, meaning, way_out in _WAYS_OUT:
            if word in message and (isinstance(error, OperationalError) or "exist" in word or "not a" in word):
                raise DatabaseProblem(f"{where(engine)}: {meaning} ({message.splitlines()[0]}); {way_out}") from error
        if error.connection_invalidated:
            raise DatabaseProblem(f"{where(engine)}: the connection was lost ({message}); run again") from error
        raise


def _known() -> list[str]:
    """Every migration of this code, the oldest first; their files are named by them."""
    return sorted(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _at(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def revision(engine: Engine) -> str | None:
    """The migration that the database stands at; None where there is none."""
    with explained(engine), engine.connect() as connection:
        return _at(connection)


def migrate(engine: Engine, to: str = "head") -> None:
    """Brings the database to the newest tables and views (or forward or back to revision ``to``), all or nothing."""
    from alembic import command  # a fifth of a second, for this alone
    from alembic.config import Config

    from storage.views import create_views, drop_views

    _refuse_unknown(engine)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        back = to == "base" or (to in _known() and to < (_at(connection) or ""))
        drop_views(connection)
        (command.downgrade if back else command.upgrade)(config, to)
        if _at(connection) == _known()[-1]:
            create_views(connection)


def check(engine: Engine) -> None:
    """Raises DatabaseProblem unless the database can be read and stands at this code's tables."""
    if (at := _refuse_unknown(engine)) != (head := _known()[-1]):
        state = "is empty" if at is None else f"stands at migration {at}, this code needs {head}"
        raise DatabaseProblem(f"{where(engine)}: {state}; run `scrapy migrate`")


def _refuse_unknown(engine: Engine) -> str | None:
    if (at := revision(engine)) not in (None, *_known()):
        raise DatabaseProblem(
            f"{where(engine)}: a newer grapevine wrote it (migration {at}); update this code, or use another database"
        )
    return at
