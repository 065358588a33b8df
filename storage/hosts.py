"""What is remembered about hosts: robots.txt, rests, daily use, validators, and a log of the requests made.

Times are seconds since 1970, UTC. Writes are batches, and add up with those of other processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select

from storage.rows import upsert
from storage.tables import table

host = table(
    "host",
    """
    text host*
    int failures!  # in a row; sets the length of the next rest
    real not_before! last_at!  # no request before; start of the latest request
    real crawl_delay  # seconds, as robots.txt asks
    """,
)
host_day = table(
    "host_day",
    """
    text host* day*  # ISO, UTC
    int requests!, long bytes!, int not_modified!
    int refusals! errors!  # by us: robots, rest, budget, noindex ...; 429, 5xx, no answer
    real least_gap  # seconds between the starts of two requests
    """,
)
robots = table(
    "robots",
    """
    text origin* state!  # scheme://host:port; rules, open, closed
    text sha  # of its body
    real fetched_at!
    """,
)
robots_body = table("robots_body", "text sha*, bytes body!")
validator = table(
    "validator",
    """
    key url_key*  # records.key_of(canonical URL)
    text etag modified, real seen_at!
    real fresh_until!  # the publisher's own lower bound for the next visit; 0 = none given
    """,
)
request_log = table(
    "request_log",
    """
    serial id*, text run!+ host! url!
    text purpose!  # page, robots
    real at!+ ended!
    int status!  # 0 = no answer
    long bytes!
    real owed!  # seconds since the start of the request before it
    real rest_until!  # the rest that this answer put on the host
    int used! budget!  # requests to the host that day, this one included
    text robots  # sha of the robots.txt it was checked against; None where there was none to obey
    text ip
    """,
)
voice = table(  # what an origin's owner says in /.well-known/grapevine.json
    "voice",
    """
    text origin* state!  # silent, speaks, opted_out
    json accounts  # that the file of an origin which opted out names as its owner's
    time asked_at!
    """,
)
TABLES = (host, host_day, robots, robots_body, validator, request_log)

Rows = Sequence[Mapping[str, Any]]


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
    for whole, rows in ((robots_body, bodies), (robots, robots_files), (host, hosts), (validator, validators)):
        upsert(connection, whole, rows)
    upsert(connection, host_day, days, add=COUNTS, least=("least_gap",))
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
