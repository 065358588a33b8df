"""What identity reads from the database and writes to it: profiles, claims, evidence with its dates, creators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.identity.addresses import addresses
from pipelines.identity.evidence import KINDS, VERSION, Claim, Evidence
from pipelines.identity.ids import Changes
from pipelines.identity.names import SITES, Profile
from pipelines.identity.resolve import Judgement
from storage import identity as tables
from storage.addresses import home_address, identify
from storage.read import PLACES
from storage.tables import account, creator, creator_member, creator_redirect, link

STALE = timedelta(days=180)
"""A link last seen so long before its account was is no longer made."""
CHUNK = 400
LIVE = tables.evidence.c.expired_at.is_(None)
OURS = tables.evidence.c.kind.in_(tuple(KINDS))
"""Evidence that the rules here make; candidates by other makers are theirs to expire."""
T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    listed = list(values)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


_PROFILE = [account.c[name] for name in ("key", "platform", "url", "handle", "name", "owner", "details", "first_seen")]


def profile_of(row: Any) -> Profile:
    """The profile of an account row (or of any object with its columns)."""
    platform, handle = row.platform, row.handle or ""
    if platform in SITES:
        found = identify(row.url)
        if found is not None and found.platform in SITES:
            platform, handle = found.platform, found.value
        else:
            handle = home_address(row.url) or handle
    details = row.details or {}
    return Profile(
        row.key,
        platform,
        handle,
        row.name or "",
        row.owner or "",
        row.url,
        row.first_seen.timestamp(),
        bool(details.get("bot")),
    )


def load_profiles(connection: Connection, keys: Iterable[int] | None = None) -> Iterator[Profile]:
    """The profiles of these accounts, or of all; keys without an account are left out."""
    query = select(*_PROFILE)
    if keys is None:
        yield from map(profile_of, connection.execution_options(yield_per=5000).execute(query))
        return
    for some in chunks(keys):
        yield from map(profile_of, connection.execute(query.where(account.c.key.in_(some))))


def save_aliases(connection: Connection, keys: Iterable[int]) -> set[int]:
    """Brings the addresses of these accounts up to date; gives the accounts that lost one to them.

    A handle that changed hands names its present holder; a former alias never takes an address from anybody.
    """
    lost: set[int] = set()
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
        held = {row.address: row for row in _where_in(connection, select(tables.alias), tables.alias.c.address, fresh)}
        changed = []
        for address, (key, current) in fresh.items():
            old = held.get(address)
            if old is not None and (
                (old.account, old.current) == (key, current) or (not current and (old.current or old.account != key))
            ):
                continue
            if old is not None and old.account != key:
                lost.add(old.account)
            changed.append({"address": address, "account": key, "current": current})
        upsert(connection, tables.alias, changed)
    return lost


def _where_in(connection: Connection, query: Any, column: ColumnElement[Any], values: Iterable[Any]) -> Iterator[Any]:
    for some in chunks(values):
        yield from connection.execute(query.where(column.in_(some)))


_CLAIM = (
    select(
        link.c.account,
        tables.alias.c.account.label("target"),
        link.c.kind,
        link.c.source_url,
        link.c.last_seen,
        account.c.last_seen,
    )
    .join_from(link, tables.alias, tables.alias.c.address == link.c.target)
    .join(account, account.c.key == link.c.account)
    .where(link.c.kind.in_(PLACES), link.c.account != tables.alias.c.account)
)


def load_claims(
    connection: Connection, by: Iterable[int] | None = None, on: Iterable[int] | None = None
) -> Iterator[Claim]:
    """What accounts say of each other and still say: all of it, or what those named say, or what is said of them."""
    if by is None and on is None:
        rows: Iterable[Any] = connection.execution_options(yield_per=5000).execute(_CLAIM)
    elif by is not None:
        rows = _where_in(connection, _CLAIM, link.c.account, by)
    else:
        rows = _where_in(connection, _CLAIM, tables.alias.c.account, on or ())
    for source, target, kind, url, seen, source_seen in rows:
        if source_seen - seen < STALE:
            yield Claim(source, target, kind, url)


def load_judgements(connection: Connection, keys: Iterable[int] | None = None) -> list[Judgement]:
    """What humans said and have not taken back; of two words on one pair the later counts."""
    t = tables.judgement
    query = select(t.c.id, t.c.a, t.c.b, t.c.verdict).where(t.c.revoked_at.is_(None))
    if keys is None:
        rows = list(connection.execute(query))
    else:
        listed = list(keys)
        rows = [row for column in (t.c.a, t.c.b) for row in _where_in(connection, query, column, listed)]
    last: dict[tuple[int, int], tuple[int, Judgement]] = {}
    for id_, a, b, verdict in sorted(tuple(row) for row in rows):
        pair = (a, b) if a < b else (b, a)
        last[pair] = id_, Judgement(*pair, verdict)
    return [judgement for _, judgement in last.values()]


def load_evidence(connection: Connection, keys: Iterable[int] | None = None) -> dict[int, Evidence]:
    """Live evidence by row id: all, or that of these accounts."""
    t = tables.evidence
    query = select(t.c.id, t.c.kind, t.c.a, t.c.b, t.c.agrees, t.c.anchored, t.c.source_url).where(LIVE, OURS)
    if keys is None:
        rows: Iterable[Any] = connection.execution_options(yield_per=5000).execute(query)
    else:
        listed = list(keys)
        rows = [row for column in (t.c.a, t.c.b) for row in _where_in(connection, query, column, listed)]
    return {id_: Evidence(kind, a, b, tuple(agrees), anchored, url) for id_, kind, a, b, agrees, anchored, url in rows}


def save_evidence(
    connection: Connection, old: Mapping[int, Evidence], new: Iterable[Evidence], now: datetime, run: int | None
) -> int:
    """Dates what is new and what holds no longer; gives how many rows changed. A new source page is no change."""
    stored = {(e.kind, e.a, e.b, e.agrees, e.anchored): id_ for id_, e in old.items()}
    fresh = [
        {"a": e.a, "b": e.b, "kind": e.kind, "tier": e.tier, "agrees": list(e.agrees), "anchored": e.anchored}
        | {"source_url": e.source_url, "rule": VERSION, "run": run, "seen_at": now}
        for e in new
        if stored.pop((e.kind, e.a, e.b, e.agrees, e.anchored), None) is None
    ]
    gone = sorted(stored.values())
    t = tables.evidence
    for some in chunks(gone):
        connection.execute(update(t).where(t.c.id.in_(some)).values(expired_at=now))
    for rows in chunks(fresh, 10_000):
        connection.execute(insert(t), rows)
    return len(gone) + len(fresh)


def load_shared(connection: Connection, keys: Iterable[int] | None = None) -> dict[int, str]:
    t = tables.shared_account
    query = select(t.c.account, t.c.kind).where(t.c.until.is_(None))
    rows: Iterable[Any]
    rows = connection.execute(query) if keys is None else _where_in(connection, query, t.c.account, keys)
    return {row.account: row.kind for row in rows}


def save_shared(connection: Connection, old: Mapping[int, str], new: Mapping[int, str], now: datetime) -> set[int]:
    """Dates what became shared and what is so no longer; gives the accounts whose state changed."""
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    t = tables.shared_account
    for some in chunks(sorted(changed & old.keys())):
        connection.execute(update(t).where(t.c.account.in_(some), t.c.until.is_(None)).values(until=now))
    upsert(
        connection,
        t,
        [{"account": key, "since": now, "kind": new[key], "until": None} for key in sorted(changed & new.keys())],
    )
    return changed


def load_members(
    connection: Connection, keys: Iterable[int] | None = None, creators: Iterable[int] | None = None
) -> dict[int, int]:
    """Account -> creator, of all, of these accounts, or of these creators' accounts."""
    query = select(creator_member.c.account, creator_member.c.creator)
    if keys is not None:
        rows: Iterable[Any] = _where_in(connection, query, creator_member.c.account, keys)
    elif creators is not None:
        rows = _where_in(connection, query, creator_member.c.creator, creators)
    else:
        rows = connection.execute(query)
    return {row.account: row.creator for row in rows}


def save_changes(connection: Connection, changes: Changes, now: datetime) -> None:
    """Writes who bears which id from now on."""
    upsert(connection, creator, [{"id": id_, "created_at": now} for id_ in sorted(changes.created)])
    member, redirect = creator_member, creator_redirect
    rows = [
        {"account": key, "creator": id_, "since": now, "reason": VERSION}
        for key, id_ in sorted(changes.members.items())
    ]
    upsert(connection, member, rows)
    for some in chunks(sorted(changes.released)):
        connection.execute(delete(member).where(member.c.account.in_(some)))
    for some in chunks(sorted(changes.revived)):
        connection.execute(delete(redirect).where(redirect.c.old.in_(some)))
    moved = [{"old": old, "new": new, "at": now, "reason": "merged"} for old, new in sorted(changes.redirects.items())]
    if moved:
        further = update(redirect).where(redirect.c.new == bindparam("b_old")).values(new=bindparam("b_new"))
        connection.execute(further, [{"b_old": row["old"], "b_new": row["new"]} for row in moved])
    upsert(connection, redirect, moved)


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts rows, or sets their other columns where the primary key is there."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    own = {column.name for column in table.primary_key}
    taken = {name: statement.excluded[name] for name in rows[0] if name not in own}
    statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=taken)
    for some in chunks(rows, 10_000):
        connection.execute(statement, list(some))
