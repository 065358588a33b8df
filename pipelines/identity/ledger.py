"""What identity reads from the database and writes to it: profiles, evidence with its dates, creators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from sys import intern
from typing import Any

from sqlalchemy import ColumnElement, Connection, Double, Table, bindparam, cast, delete, extract, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.identity.addresses import addresses
from pipelines.identity.evidence import BY_ADDRESS, KINDS, VERSION, Evidence
from pipelines.identity.ids import Changes
from pipelines.identity.names import SITES, Profile
from pipelines.identity.resolve import Judgement
from storage import identity as tables
from storage.addresses import home_address, identify, on_platform
from storage.read import chunks, stream, where_in
from storage.suppression import Suppressor, read_key
from storage.tables import account, creator, creator_member, creator_redirect

LIVE = tables.evidence.c.expired_at.is_(None)
OURS = tables.evidence.c.kind.in_(tuple(KINDS))
"""Evidence that the rules here make; candidates by other makers are theirs to expire."""

_PROFILE = [account.c[name] for name in ("key", "platform", "url", "handle", "name", "owner")]
_PROFILE += [account.c.details["bot"].as_boolean().label("bot")]


def epoch(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[float]:
    """A time as seconds since 1970, without a datetime for each of a million rows."""
    if connection.dialect.name == "sqlite":
        return (func.julianday(column) - 2440587.5) * 86400.0
    return cast(extract("epoch", column), Double)


def profile_of(row: Any) -> Profile:
    """The profile of a row of ``load_profiles``'s columns."""
    key, platform, url, handle, name, owner, bot, seen = row
    if platform in SITES:
        found = identify(url) if on_platform(url) else None
        if found is not None and found.platform in SITES:
            platform, handle = found.platform, found.value
        else:
            handle = home_address(url) or handle
    return Profile(key, intern(platform), handle or "", name or "", owner or "", url, seen, bool(bot))


def load_profiles(
    connection: Connection, keys: Iterable[int] | None = None, addresses: bool = True
) -> Iterator[Profile]:
    """The profiles of these accounts, or of all; keys without an account are left out.

    Without ``addresses`` their url is left empty, but for those whose address may itself be evidence.
    """
    query = select(*_PROFILE, epoch(connection, account.c.first_seen))
    if keys is None:
        for profile in map(profile_of, stream(connection, query, 5000)):
            if not addresses and profile.platform not in BY_ADDRESS:
                profile.url = ""
            yield profile
        return
    yield from map(profile_of, where_in(connection, query, account.c.key, keys))


def save_aliases(connection: Connection, keys: Iterable[int]) -> set[int]:
    """Brings the addresses of these accounts up to date; gives the accounts that lost one to them.

    A handle that changed hands names its present holder; a former alias never takes an address from anybody. The
    address of somebody who is suppressed names nobody.
    """
    lost: set[int] = set()
    suppressor = Suppressor(read_key(connection.engine))
    suppressor.refresh(connection)
    wanted = [account.c[name] for name in ("key", "platform", "native_id", "url", "handle", "aliases")]
    for some in chunks(keys):
        rows = connection.execute(
            select(*wanted).where(account.c.key.in_(some)).order_by(account.c.last_seen, account.c.key)
        )
        fresh: dict[str, tuple[int, bool]] = {}
        for row in rows:
            for address, current in addresses(row).items():
                if current or address not in fresh:
                    fresh[address] = row.key, current
        fresh = {address: of for address, of in fresh.items() if not suppressor.has(address)}
        held = {row.address: row for row in where_in(connection, select(tables.alias), tables.alias.c.address, fresh)}
        changed = []
        for address, (key, current) in fresh.items():
            old = held.get(address)
            if old is not None and (
                (old.account, old.current) == (key, current) or (not current and (old.current or old.account != key))
            ):
                continue
            if old is not None and old.account != key:
                lost.add(old.account)
            changed.append((address, key, current))
        upsert(connection, tables.alias, ("address", "account", "current"), changed)
    return lost


def _around(
    connection: Connection, query: Any, keys: Iterable[int] | None, *columns: ColumnElement[Any]
) -> Iterable[Any]:
    """The rows of a query: all, or those where one of the columns holds one of the keys (once each, by first value)."""
    if keys is None:
        return stream(connection, query, 5000)
    listed = list(keys)
    return {row[0]: row for column in columns for row in where_in(connection, query, column, listed)}.values()


def load_judgements(connection: Connection, keys: Iterable[int] | None = None) -> list[Judgement]:
    """What humans said and have not taken back; of two words on one pair the later counts."""
    t = tables.judgement
    query = select(t.c.id, t.c.a, t.c.b, t.c.verdict).where(t.c.revoked_at.is_(None))
    rows = _around(connection, query, keys, t.c.a, t.c.b)
    last: dict[tuple[int, int], tuple[int, Judgement]] = {}
    for id_, a, b, verdict in sorted(tuple(row) for row in rows):
        pair = (a, b) if a < b else (b, a)
        last[pair] = id_, Judgement(*pair, verdict)
    return [judgement for _, judgement in last.values()]


def load_evidence(connection: Connection, keys: Iterable[int] | None = None) -> Iterator[tuple[int, Evidence]]:
    """Live evidence with its row ids: all, or that of these accounts."""
    t = tables.evidence
    query = select(t.c.id, t.c.kind, t.c.a, t.c.b, t.c.agrees, t.c.anchored, t.c.source_url).where(LIVE, OURS)
    for id_, kind, a, b, agrees, anchored, url in _around(connection, query, keys, t.c.a, t.c.b):
        yield id_, Evidence(intern(kind), a, b, _parts(agrees), anchored, url)


@lru_cache(maxsize=1000)
def _parts(agrees: str) -> tuple[str, ...]:
    return tuple(agrees.split())


def save_evidence(
    connection: Connection, old: Iterable[tuple[int, Evidence]], new: list[Evidence], now: datetime, run: int | None
) -> int:
    """Dates what is new and what holds no longer; gives how many rows changed. A new source page is no change."""
    waiting = {_print(e): place for place, e in enumerate(new)}
    gone = [id_ for id_, e in old if waiting.pop(_print(e), None) is None]
    t = tables.evidence
    for ids in chunks(gone):
        connection.execute(update(t).where(t.c.id.in_(ids)).values(expired_at=now))
    shown = ("a", "b", "kind", "tier", "agrees", "anchored", "source_url")
    fresh = (
        (e.a, e.b, e.kind, e.tier, " ".join(e.agrees), e.anchored, e.source_url)
        for e in map(new.__getitem__, waiting.values())
    )
    return len(gone) + upsert(connection, t, shown, fresh, rule=VERSION, run=run, seen_at=now)


def _print(e: Evidence) -> int:
    """A fingerprint for this process: 64 bits, where a row of a million would cost ten times as much to keep."""
    return hash(e[:5])


def load_shared(connection: Connection, keys: Iterable[int] | None = None) -> dict[int, str]:
    t = tables.shared_account
    query = select(t.c.account, t.c.kind).where(t.c.until.is_(None))
    return {row.account: row.kind for row in _around(connection, query, keys, t.c.account)}


def save_shared(connection: Connection, old: Mapping[int, str], new: Mapping[int, str], now: datetime) -> set[int]:
    """Dates what became shared and what is so no longer; gives the accounts whose state changed."""
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    t = tables.shared_account
    for some in chunks(sorted(changed & old.keys())):
        connection.execute(update(t).where(t.c.account.in_(some), t.c.until.is_(None)).values(until=now))
    rows = ((key, new[key], None) for key in sorted(changed & new.keys()))
    upsert(connection, t, ("account", "kind", "until"), rows, since=now)
    return changed


def load_members(
    connection: Connection, keys: Iterable[int] | None = None, creators: Iterable[int] | None = None
) -> dict[int, int]:
    """Account -> creator, of all, of these accounts, or of these creators' accounts."""
    query = select(creator_member.c.account, creator_member.c.creator)
    column = creator_member.c.account if creators is None else creator_member.c.creator
    return {row[0]: row[1] for row in _around(connection, query, keys if creators is None else creators, column)}


def save_changes(connection: Connection, changes: Changes, now: datetime) -> None:
    """Writes who bears which id from now on."""
    upsert(connection, creator, ("id",), ((id_,) for id_ in sorted(changes.created)), created_at=now)
    member, redirect = creator_member, creator_redirect
    upsert(connection, member, ("account", "creator"), sorted(changes.members.items()), since=now, reason=VERSION)
    for some in chunks(sorted(changes.released)):
        connection.execute(delete(member).where(member.c.account.in_(some)))
    for some in chunks(sorted(changes.revived)):
        connection.execute(delete(redirect).where(redirect.c.old.in_(some)))
    moved = sorted(changes.redirects.items())
    further = update(redirect).where(redirect.c.new == bindparam("b_old")).values(new=bindparam("b_new"))
    known = {row.new for row in where_in(connection, select(redirect.c.new), redirect.c.new, (old for old, _ in moved))}
    for old, new in moved:
        if old in known:
            connection.execute(further, {"b_old": old, "b_new": new})
    upsert(connection, redirect, ("old", "new"), moved, at=now, reason="merged")


def upsert(
    connection: Connection, table: Table, shown: tuple[str, ...], rows: Iterable[tuple[Any, ...]], **always: Any
) -> int:
    """Inserts rows of the columns ``shown`` and the values of ``always``, or sets them where the primary key is there.

    Values go to the driver as they are (numbers and text): of a million rows that saves most of the time.
    """
    dialect = connection.dialect
    own = {column.name for column in table.primary_key}
    names = (*shown, *always)
    statement = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    if own <= set(names):
        taken = {name: statement.excluded[name] for name in names if name not in own}
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=taken)
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    ready = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in always}
    fixed = {name: process(value) if (process := ready[name]) else value for name, value in always.items()}
    count = 0
    rest = tuple(fixed[name] for name in always)
    order = itemgetter(*map(names.index, compiled.positiontup or names))
    for some in chunks(rows, 5000):
        filled: list[Any] = [order(row + rest) for row in some]
        if not compiled.positional:
            filled = [dict(zip(names, row, strict=True)) for row in filled]
        connection.exec_driver_sql(str(compiled), filled)
        count += len(some)
    return count
