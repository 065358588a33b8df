"""Reading: what the index, the scheduler and reports need, always from one state of the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, bindparam, func, select

from storage import tables

account, post, link, source = tables.account, tables.post, tables.link, tables.source
creator, member = tables.creator, tables.creator_member
CHUNK = 400
T = TypeVar("T")


@dataclass(slots=True)
class CreatorRow:
    """A creator as the reports and the index show them; an account that nobody has resolved is a creator of its own."""

    id: int
    name: str | None = None
    accounts: list[dict[str, Any]] = field(default_factory=list)
    """key, platform, native_id, url, kind, handle, name, owner, bio, place, status, first_seen, last_seen."""
    posts: int = 0
    first_post: datetime | None = None
    last_post: datetime | None = None
    languages: dict[str, int] = field(default_factory=dict)
    """Posts by language, the commonest first; posts without one are not counted."""
    niches: dict[str, int] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    """url, target, kind of the links by which they name other places of theirs (not those in post texts)."""


PLACES = ("me", "verified", "bio", "profile", "hub", "same_as")
"""Kinds of link by which an account names other places of its owner."""


def stream(connection: Connection, query: Select[Any], size: int = 2000) -> Iterator[Any]:
    """The rows of a query without holding them all."""
    yield from connection.execution_options(yield_per=size).execute(query)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists short enough for one query."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


def where_in(connection: Connection, query: Any, column: ColumnElement[Any], values: Iterable[Any]) -> Iterator[Any]:
    """The rows of a query whose column holds one of the values, a few hundred values at a time."""
    query = query.where(column.in_(bindparam("some", expanding=True)))
    for some in chunks(values):
        yield from connection.execute(query, {"some": some}).fetchall()


def accounts(connection: Connection, keys: Iterable[int]) -> Iterator[dict[str, Any]]:
    """The accounts of these keys, as rows."""
    query = select(account).order_by(account.c.key)
    yield from (dict(row._mapping) for row in where_in(connection, query, account.c.key, keys))


def creator_of() -> tuple[FromClause, ColumnElement[int]]:
    """(accounts with their membership, the creator's id): an account that nobody resolved is a creator of its own."""
    return account.outerjoin(member, member.c.account == account.c.key), func.coalesce(member.c.creator, account.c.key)


def still_there(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """Those of the ids of creators under which an account stands."""
    listed, own = list(numbers), (account.c.key, member.c.creator)
    return {row[0] for column in own for row in where_in(connection, select(column), column, listed)}


def creators(connection: Connection) -> Iterator[CreatorRow]:
    """Every creator with accounts, counts and links, by id; memory holds one creator at a time (and its accounts)."""
    members, number_of = creator_of()
    joined = members.outerjoin(creator, creator.c.id == member.c.creator)
    shown = [account.c[name] for name in ("key", "platform", "native_id", "url", "kind", "handle", "name", "owner")]
    shown += [account.c[name] for name in ("bio", "place", "status", "first_seen", "last_seen")]
    query = select(number_of.label("creator"), creator.c.name.label("creator_name"), *shown)
    query = query.select_from(joined).order_by(number_of, account.c.first_seen, account.c.key)
    waiting: list[CreatorRow] = []
    rows = connection.execution_options(stream_results=True).execute(query).mappings()
    for part in rows.partitions(CHUNK):
        for row in part:
            known = dict(row)
            number, name = known.pop("creator"), known.pop("creator_name")
            if not waiting or waiting[-1].id != number:
                if len(waiting) >= CHUNK:
                    yield from _filled(connection, waiting)
                    waiting = []
                waiting.append(CreatorRow(number, name))
            waiting[-1].accounts.append(known)
    yield from _filled(connection, waiting)


def _filled(connection: Connection, rows: list[CreatorRow]) -> list[CreatorRow]:
    """The same creators with posts, languages, niches and links counted, each with one query a chunk."""
    of = {known["key"]: row for row in rows for known in row.accounts}
    for chunk in chunks(of):
        _count(connection, chunk, of)
        kinds = and_(link.c.account.in_(chunk), link.c.kind.in_(PLACES))
        query = select(link.c.account, link.c.url, link.c.target, link.c.kind).where(kinds).order_by(link.c.key)
        for key, url, target, kind in connection.execute(query):
            of[key].links.append({"url": url, "target": target, "kind": kind})
    for row in rows:
        row.name = row.name or best_name(row.accounts)
        row.languages = dict(Counter(row.languages).most_common())
        row.niches = dict(Counter(row.niches).most_common())
    return rows


def best_name(known: list[dict[str, Any]]) -> str | None:
    """The person's name where one account declares it, else the first account's title, handle or address."""
    for name in ("owner", "name", "handle", "url"):
        for one in known:
            if one[name]:
                return str(one[name])
    return None


def _count(connection: Connection, keys: list[int], of: dict[int, CreatorRow]) -> None:
    when = post.c.published_at
    query = select(post.c.account, post.c.language, post.c.niche, func.count(), func.min(when), func.max(when))
    query = query.where(post.c.account.in_(keys)).group_by(post.c.account, post.c.language, post.c.niche)
    for key, language, niche, n, first, last in connection.execute(
        query.order_by(post.c.account, post.c.language, post.c.niche)
    ):
        row = of[key]
        row.posts += n
        row.first_post = min(filter(None, (row.first_post, first)), default=None)
        row.last_post = max(filter(None, (row.last_post, last)), default=None)
        if language and language != "und":
            row.languages[language] = row.languages.get(language, 0) + n
        if niche:
            row.niches[niche] = row.niches.get(niche, 0) + n


def newest_post(connection: Connection, platform: str, native_id: str, before: datetime) -> dict[str, Any] | None:
    """The newest post of an account that was published before a time, as a row, or None."""
    query = select(post).join_from(post, account, post.c.account == account.c.key)
    query = query.where(account.c.platform == platform, account.c.native_id == native_id, post.c.published_at < before)
    row = connection.execute(query.order_by(post.c.published_at.desc()).limit(1)).mappings().first()
    return dict(row) if row else None
