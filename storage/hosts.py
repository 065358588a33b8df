"""What is remembered about hosts: robots.txt, rests, daily use, validators, and a log of the requests made.

Times are seconds since 1970, UTC. Writes are batches, and add up with those of other processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import Json, Key, Utc, metadata

host = Table(
    "host",
    metadata,
    Column("host", Text, primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row; sets the length of the next rest
    Column("not_before", Double, nullable=False),  # no request before
    Column("last_at", Double, nullable=False),  # start of the latest request
    Column("crawl_delay", Double),  # seconds, as robots.txt asks
)
host_day = Table(
    "host_day",
    metadata,
    Column("host", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # ISO, UTC
    Column("requests", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("not_modified", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),  # by us: robots, rest, budget, noindex ...
    Column("errors", Integer, nullable=False),  # 429, 5xx, no answer
    Column("least_gap", Double),  # seconds between the starts of two requests
)
robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),  # scheme://host:port
    Column("state", Text, nullable=False),  # rules, open, closed
    Column("sha", Text),  # of its body
    Column("fetched_at", Double, nullable=False),
)
robots_body = Table(
    "robots_body",
    metadata,
    Column("sha", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
validator = Table(
    "validator",
    metadata,
    Column("url_key", Key, primary_key=True, autoincrement=False),  # records.key_of(canonical URL)
    Column("etag", Text),
    Column("modified", Text),
    Column("seen_at", Double, nullable=False),
    Column("fresh_until", Double, nullable=False),  # the publisher's own lower bound for the next visit; 0 = none given
)
request_log = Table(
    "request_log",
    metadata,
    Column("id", Key, primary_key=True),
    Column("run", Text, nullable=False, index=True),
    Column("host", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # page, robots
    Column("at", Double, nullable=False, index=True),
    Column("ended", Double, nullable=False),
    Column("status", Integer, nullable=False),  # 0 = no answer
    Column("bytes", BigInteger, nullable=False),
    Column("owed", Double, nullable=False),  # seconds since the start of the request before it
    Column("rest_until", Double, nullable=False),  # the rest that this answer put on the host
    Column("used", Integer, nullable=False),  # requests to the host that day, this one included
    Column("budget", Integer, nullable=False),
    Column("robots", Text),  # sha of the robots.txt it was checked against; None where there was none to obey
    Column("ip", Text),
)
voice = Table(  # what an origin's owner says in /.well-known/grapevine.json
    "voice",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("state", Text, nullable=False),  # silent, speaks, opted_out
    Column("accounts", Json),  # that the file of an origin which opted out names as its owner's
    Column("asked_at", Utc, nullable=False),
)
TABLES = (host, host_day, robots, robots_body, validator, request_log)

Rows = Sequence[Mapping[str, Any]]


def _upsert(
    connection: Connection, table: Table, rows: Rows, add: Iterable[str] = (), least: Iterable[str] = ()
) -> None:
    """Inserts or updates by primary key; columns of ``add`` are summed, of ``least`` keep the smallest."""
    if not rows:
        return
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    smaller = func.least if connection.dialect.name == "postgresql" else func.min
    changed: dict[str, Any] = {}
    for column in table.columns:
        new = statement.excluded[column.name]
        if column.name in add:
            changed[column.name] = column + new
        elif column.name in least:
            changed[column.name] = func.coalesce(smaller(column, new), column, new)
        elif not column.primary_key:
            changed[column.name] = new
    keys = list(table.primary_key.columns)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


COUNTS = ("requests", "bytes", "not_modified", "refusals", "errors")


def write(
    connection: Connection,
    *,
    hosts: Rows = (),
    days: Rows = (),
    validators: Rows = (),
    requests: Rows = (),
    robots_files: Rows = (),
    bodies: Rows = (),
) -> None:
    """One batch of rows, as columns by name; ``days`` holds what is to be added."""
    _upsert(connection, robots_body, bodies)
    _upsert(connection, robots, robots_files)
    _upsert(connection, host, hosts)
    _upsert(connection, host_day, days, add=COUNTS, least=("least_gap",))
    _upsert(connection, validator, validators)
    if requests:
        connection.execute(request_log.insert(), list(requests))


_HOST = select(host).where(host.c.host == bindparam("name"))
_DAY = select(host_day.c.requests).where(host_day.c.host == bindparam("name"), host_day.c.day == bindparam("today"))


def read_host(connection: Connection, name: str, today: str) -> tuple[Row[Any] | None, int]:
    """The host's row, if it is known, and the requests made to it today."""
    known = connection.execute(_HOST, {"name": name}).one_or_none()
    return known, connection.execute(_DAY, {"name": name, "today": today}).scalar() or 0 if known else 0


_ROBOTS = (
    select(robots.c.state, robots.c.sha, robots.c.fetched_at, robots_body.c.body)
    .join_from(robots, robots_body, robots_body.c.sha == robots.c.sha, isouter=True)
    .where(robots.c.origin == bindparam("origin"))
)


def read_robots(connection: Connection, origin: str) -> Any:
    """(state, sha, fetched_at, body) as last fetched, of whatever age."""
    return connection.execute(_ROBOTS, {"origin": origin}).one_or_none()


_VALIDATOR = select(validator).where(validator.c.url_key == bindparam("key"))


def read_validator(connection: Connection, key: int) -> Row[Any] | None:
    return connection.execute(_VALIDATOR, {"key": key}).one_or_none()


def has_validators(connection: Connection) -> bool:
    return connection.execute(select(validator.c.url_key).limit(1)).first() is not None


def fresh_until(connection: Connection, keys: Iterable[int]) -> dict[int, float]:
    """For each URL key that is known: the time before which its publisher asks not to come back (0 = none given)."""
    found = select(validator.c.url_key, validator.c.fresh_until).where(validator.c.url_key.in_(list(keys)))
    return {row.url_key: row.fresh_until for row in connection.execute(found)}


def prune(connection: Connection, before: float) -> int:
    """Drops the log of requests made before; returns how many."""
    return connection.execute(delete(request_log).where(request_log.c.at < before)).rowcount


def footprint(connection: Connection, name: str | None = None) -> Sequence[Any]:
    """What was taken: a row per host, largest first; or per day of one host, latest first. Columns: COUNTS, least_gap
    (seconds), crawl_delay (as robots.txt asks now), and host or day."""
    day, sums = host_day.c, [func.sum(host_day.c[count]).label(count) for count in COUNTS]
    if name is not None:
        of_days = select(host_day, host.c.crawl_delay).join_from(host_day, host, host.c.host == day.host, isouter=True)
        return connection.execute(of_days.where(day.host == name).order_by(day.day.desc())).all()
    found = (
        select(
            day.host,
            *sums,
            func.min(day.least_gap).label("least_gap"),
            func.max(host.c.crawl_delay).label("crawl_delay"),
        )
        .join_from(host_day, host, host.c.host == day.host, isouter=True)
        .group_by(day.host)
        .order_by(func.sum(day.requests).desc(), day.host)
    )
    return connection.execute(found).all()
