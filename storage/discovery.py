"""Candidates: places that known creators lead to and nobody has visited; and the queries that discovery asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Double, Index, Integer, Table, Text, and_, case, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.identity import alias, shared_account
from storage.read import chunks, creator_of, stream, where_in
from storage.records import key_of
from storage.tables import Json, Key, Utc, account, link, metadata, post, source

candidate = Table(
    "candidate",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),  # records.key_of(platform, address)
    Column("platform", Text, nullable=False),
    Column("address", Text, nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("score", Double, nullable=False),
    Column("depth", Integer, nullable=False),  # steps from a seed
    Column("vouchers", Integer, nullable=False),  # distinct creators on the topic who lead there
    Column("path", Json, nullable=False),  # [[creator, kind of link], ...] the weightiest first; no names
    Column("topics", Json, nullable=False),
    Column("status", Text, nullable=False),  # waiting, admitted, listed (by an admitted tag or list), known
    Column("source", Key, index=True),  # the row of the frontier it became
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Index("ix_candidate_status", "status", "score"),
)
EXTRACTOR = "discovery/1"


def writers(connection: Connection, niches: Sequence[str], languages: Sequence[str]) -> Iterator[Any]:
    """Creators who write on the topic: (creator, posts in any niche, on the topic, spoken: in the languages).

    Shared accounts (agencies, hubs) vouch for nobody and are left out.
    """
    members, number = creator_of()
    on = func.sum(case((post.c.niche.in_(niches), 1), else_=0))
    spoken = func.sum(case((post.c.language.in_(languages), 1), else_=0))
    shared = select(shared_account.c.account).where(shared_account.c.until.is_(None))
    query = select(
        number.label("creator"), func.count(post.c.niche).label("posts"), on.label("on"), spoken.label("spoken")
    )
    query = query.select_from(members.join(post, post.c.account == account.c.key)).where(account.c.key.not_in(shared))
    yield from connection.execute(query.group_by(number).having(on > 0).order_by(number))


def accounts_of(connection: Connection, creators: Iterable[int]) -> dict[int, int]:
    """Account -> creator, of these creators."""
    members, number = creator_of()
    query = select(account.c.key, number).select_from(members)
    return {row[0]: row[1] for row in where_in(connection, query, number, creators)}


def links_of(connection: Connection, accounts: Iterable[int], kinds: Sequence[str]) -> Iterator[Any]:
    """(account, url, kind, text, target) of the links of these kinds."""
    query = select(link.c.account, link.c.url, link.c.kind, link.c.text, link.c.target)
    query = query.where(link.c.kind.in_(kinds)).order_by(link.c.key)
    yield from where_in(connection, query, link.c.account, sorted(accounts))


def follows_read(connection: Connection, platform: str, native_id: str) -> datetime | None:
    """When it was last read whom an account follows; None where nobody is known."""
    mine = and_(link.c.account == key_of(platform, native_id), link.c.kind == "follow")
    return connection.execute(select(func.max(link.c.last_seen)).where(mine)).scalar()


def tags_of(
    connection: Connection, accounts: Iterable[int] | None = None, niches: Sequence[str] = ()
) -> Iterator[tuple[int, list[str]]]:
    """(account, tags) of the posts that have some: of these accounts in these niches, or of everybody."""
    query = select(post.c.account, post.c.tags).where(post.c.tags.is_not(None))
    mine = query.where(post.c.niche.in_(niches))
    rows = stream(connection, query) if accounts is None else where_in(connection, mine, post.c.account, accounts)
    yield from ((row.account, row.tags) for row in rows if row.tags)


def servers_of(connection: Connection, accounts: Iterable[int]) -> dict[int, str]:
    """Account -> its home server, of those on the fediverse."""
    query = select(account.c.key, account.c.handle).where(account.c.handle.like("%_@_%"))
    rows = where_in(connection, query.where(account.c.platform == "fediverse"), account.c.key, accounts)
    return {row[0]: row[1].rpartition("@")[2] for row in rows}


def holders(connection: Connection, addresses: Iterable[str]) -> dict[str, int]:
    """Address -> creator, of those that name a stored account."""
    members, number = creator_of()
    query = select(alias.c.address, number).select_from(members.join(alias, alias.c.account == account.c.key))
    return {row[0]: row[1] for row in where_in(connection, query, alias.c.address, addresses)}


def referrers(connection: Connection, targets: Iterable[str]) -> dict[str, int]:
    """Target -> how many accounts link there at all."""
    query = select(link.c.target, func.count(func.distinct(link.c.account))).group_by(link.c.target)
    return {row[0]: row[1] for row in where_in(connection, query, link.c.target, set(targets))}


def visited(connection: Connection, keys: Iterable[int]) -> dict[int, str | None]:
    """Key -> outcome of the sources that are there already, whatever came of them (robots, noindex, opted out ...)."""
    query = select(source.c.key, source.c.outcome)
    return {row[0]: row[1] for row in where_in(connection, query, source.c.key, keys)}


def depths(connection: Connection) -> dict[int, int]:
    """Creator -> steps from a seed, of those whom discovery found; all others were seeds themselves."""
    members, number = creator_of()
    start = members.join(source, source.c.account == account.c.key).join(candidate, candidate.c.source == source.c.key)
    query = select(number, func.min(candidate.c.depth)).select_from(start).group_by(number)
    return {row[0]: row[1] for row in connection.execute(query)}


def found_by(connection: Connection, creator: int) -> list[list[Any]]:
    """The path that led to a creator whom discovery found: [[creator, kind], ...]; empty for a seed."""
    members, number = creator_of()
    start = members.join(source, source.c.account == account.c.key).join(candidate, candidate.c.source == source.c.key)
    query = select(candidate.c.path).select_from(start).where(number == creator).order_by(candidate.c.depth).limit(1)
    return list(connection.execute(query).scalar() or [])


def is_admitted(connection: Connection, platform: str, url: str) -> bool:
    """Whether a source is one that discovery admitted, or that such a one listed."""
    query = select(candidate.c.key).where(candidate.c.source == key_of(platform, url))
    return connection.execute(query.limit(1)).first() is not None


def keep_listed(connection: Connection, platform: str, listing: str, people: Mapping[str, str], now: datetime) -> None:
    """Those whom an admitted listing names (address -> url of the visit) are found through it: one step deeper.

    Who was a source before is left as they are; who waits as a candidate keeps the depth of their own vouchers.
    """
    shown = select(candidate).where(candidate.c.source == key_of(platform, listing)).order_by(candidate.c.depth)
    led = connection.execute(shown.limit(1)).one_or_none()
    there = visited(connection, [key_of(platform, url) for url in people.values()])
    new = {key_of(platform, url): (address, url) for address, url in people.items()} if led else {}
    rows = [
        {
            **{name: getattr(led, name) for name in ("platform", "score", "vouchers", "path", "topics")},
            **{"key": key_of(platform, address), "address": address, "url": url, "depth": led.depth + 1},
            **{"source": key, "status": "listed", "first_seen": now, "last_seen": now},
        }
        for key, (address, url) in new.items()
        if led and key not in there
    ]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        statement = dialect.insert(candidate)
        taken = {name: statement.excluded[name] for name in ("status", "source", "last_seen")}
        waits = candidate.c.status == "waiting"
        connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=taken, where=waits), rows)


def keep(connection: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Stores candidates (columns by name); one that is known keeps its status and the day it was first seen."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for some in chunks(rows):
        values = [{**row, "first_seen": now, "last_seen": now} for row in some]
        statement = dialect.insert(candidate)
        moving = ("url", "score", "depth", "vouchers", "path", "topics", "last_seen")
        taken = {name: statement.excluded[name] for name in moving}
        waits = candidate.c.status == "waiting"
        connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=taken, where=waits), values)


def admit(connection: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    """Makes candidates (key, platform, url: what the spider visits) sources due now; how many are new."""
    keys = {row["key"]: key_of(row["platform"], row["url"]) for row in rows}
    there, new = set(visited(connection, keys.values())), 0
    for row in rows:
        key, status = keys[row["key"]], "known"
        if key not in there:
            there.add(key)
            new, status = new + 1, "admitted"
            fresh = {"key": key, "platform": row["platform"], "url": row["url"], "kind": "seed", "due_at": now}
            origin = {"source_url": row["url"], "extractor": EXTRACTOR, "digest": 0, "first_seen": now, "attempts": 0}
            connection.execute(insert(source).values(**fresh, **origin))
        changed = candidate.update().where(candidate.c.key == row["key"])
        connection.execute(changed.values(status=status, source=key, last_seen=now))
    return new
