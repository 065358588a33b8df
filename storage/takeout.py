"""Taking one person out of the tables: what of them stands where, found by an index and deleted."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Text,
    and_,
    cast,
    delete,
    or_,
    select,
    true,
    update,
)

from storage import atlas, discovery, search  # noqa: F401 - their tables are known with the others
from storage import tables as t
from storage.hosts import request_log, robots
from storage.identity import alias, evidence
from storage.person import Person
from storage.read import chunks, where_in

_BY_PREFIX = ((t.source, "url"), (t.quarantine, "natural_key"), (t.quarantine, "source_url"))
_PARTIAL = (
    ("ix_identity_evidence_a_expired", evidence.c.a, "expired_at IS NOT NULL"),
    ("ix_identity_evidence_b_expired", evidence.c.b, "expired_at IS NOT NULL"),
    ("ix_change_other", t.change.c.other, "other IS NOT NULL"),
    ("ix_link_unresolved", t.link.c.url, "target IS NULL"),
)
INDEXES = (  # without these one person is found only by reading all
    *(Index(f"ix_{of.name}_{c}", of.c[c], postgresql_ops={c: "text_pattern_ops"}) for of, c in _BY_PREFIX),
    *(Index(f"ix_{of.name}_{c}", of.c[c]) for of, c in ((request_log, "host"), (robots, "sha"), (t.change, "creator"))),
    *(Index(name, column, **t.partial(where)) for name, column, where in _PARTIAL),
)

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
HOLDS: dict[str, dict[str, str]] = _TOLD["holds"]
"""Table -> column -> what of a person stands there (a field of Person, or a word of ``_conditions``)."""
NOBODY = frozenset(_TOLD["nobody"].split())
"""Tables whose rows are nobody's."""


def take_out(connection: Connection, who: Person) -> dict[str, int]:
    """Deletes what is held of a person, in the caller's transaction; table -> rows."""
    around = neighbours(connection, who)
    _learn(connection, who)
    counts = Counter(_published(connection, who))
    for some in chunks(who.accounts | who.posts):
        counts.update(search.take_out(connection, some))
    for name, columns in HOLDS.items():
        table = t.metadata.tables[name]
        for column, kind in columns.items():
            for condition in _conditions(connection, who, table.c[column], kind):
                counts[name] += connection.execute(delete(table).where(condition)).rowcount
    emptied = connection.scalar(select(search.block.c.id).limit(1)) is None  # by a migration, which leaves words, too
    if counts[search.words.name] or emptied:
        search.leave_no_word(connection)
    counts.update(_scrub(connection, who, around))
    return {name: count for name, count in counts.items() if count}


def take_out_posts(connection: Connection, keys: list[int]) -> dict[str, int]:
    """Deletes these posts (a few hundred at most) with all that hangs on them; table -> rows."""
    counts = Counter(search.take_out(connection, keys))
    subjects = [*keys, *connection.scalars(select(t.link.c.key).where(t.link.c.post.in_(keys)))]
    gone = (t.fact.c.subject, subjects), (t.link.c.post, keys), (t.observation.c.post, keys), (t.post.c.key, keys)
    for column, some in gone:
        counts[column.table.name] += connection.execute(delete(column.table).where(column.in_(some))).rowcount
    return counts


def rows_of(connection: Connection, who: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of all that is held of a person, each row once: what ``take_out`` would delete."""
    _learn(connection, who)
    for name, columns in HOLDS.items():
        table, seen = t.metadata.tables[name], set[tuple[Any, ...]]()
        for column, kind in columns.items():
            for condition in _conditions(connection, who, table.c[column], kind):
                for row in connection.execute(select(table).where(condition)).mappings():
                    key = tuple(row[column.key] for column in table.primary_key)
                    if key not in seen:
                        seen.add(key)
                        yield name, dict(row)


def _learn(connection: Connection, who: Person) -> None:
    """What only the log of requests, a source without an account or robots.txt knows of them."""
    hosts = who.hosts | {url.partition("//")[2].partition("/")[0].partition(":")[0] for url in who.urls | who.pages}
    for row in where_in(connection, select(request_log.c.id, request_log.c.url), request_log.c.host, hosts):
        if row.url in who.pages or who.is_theirs(row.url):
            who.requests.add(row.id)
            who.pages.add(row.url)
    for condition in _conditions(connection, who, t.source.c.url, "address"):
        for row in connection.execute(select(t.source.c.key, t.source.c.url).where(condition)):
            who.subjects.add(row.key)
            who.pages.add(row.url)
    bodies = where_in(connection, select(robots.c.sha), robots.c.origin, who.origins)
    who.orphans |= {row.sha for row in bodies if row.sha}


def _published(connection: Connection, who: Person) -> dict[str, int]:
    """What publications say of creators while they had an account of this person: also of creators with others'."""
    m, counts = t.published_member.c, Counter[str]()
    for row in list(where_in(connection, select(m.creator, m.since, m.until), m.account, who.accounts)):
        for table in (t.published_creator, t.published_score, search.facet):
            late = or_(table.c.until.is_(None), table.c.until > row.since)
            early = table.c.since < row.until if row.until is not None else table.c.since >= 0
            gone = delete(table).where(table.c.creator == row.creator, late, early)
            counts[table.name] += connection.execute(gone).rowcount
    return counts


def _conditions(connection: Connection, who: Person, column: Column[Any], kind: str) -> Iterator[ColumnElement[bool]]:
    """The conditions, each answered by an index, under which a column tells of this person."""
    if kind in ("target", "address"):
        yield from _addresses(connection, who, column, kind)
        return
    more: list[ColumnElement[bool]] = [true()]
    if kind == "pair":  # both of its indexes are partial
        expired = column.table.c.expired_at
        kind, more = "accounts", [expired.is_(None), expired.is_not(None)]
    elif kind == "unresolved":
        kind, more = "urls", [column.table.c.target.is_(None)]
    elif kind == "orphans":
        more = [~select(robots.c.sha).where(robots.c.sha == column).exists()]
    for some in chunks(getattr(who, kind)):
        yield from (and_(column.in_(some), one) for one in more)


def _addresses(connection: Connection, who: Person, column: Column[Any], kind: str) -> Iterator[ColumnElement[bool]]:
    """Columns of addresses: canonical ones (``target``), or as they were met."""
    low, high = ("~>=~", "~<~") if connection.dialect.name == "postgresql" else (">=", "<")
    starts = ("",) if kind == "target" else ("https://", "http://", "https://www.", "http://www.", "")
    homes = {start + home for home in who.homes for start in starts}
    for some in chunks(homes | who.names | (who.urls | who.ids if kind == "address" else set())):
        yield column.in_(some)
    for home in sorted(homes):
        for mark in ("/", "?"):
            yield and_(column.bool_op(low)(home + mark), column.bool_op(high)(home + chr(ord(mark) + 1)))


def neighbours(connection: Connection, who: Person) -> set[int]:
    """Accounts of others whose rows may name this person: those that link to them, and those they link to."""
    link, found = t.link, set[int]()
    for condition in _conditions(connection, who, link.c.target, "target"):
        found |= set(connection.scalars(select(link.c.account).where(condition)))
    to = select(alias.c.account).join(link, link.c.target == alias.c.address)
    for some in chunks(who.accounts):
        found |= set(connection.scalars(to.where(link.c.account.in_(some))))
    for one, other in ((evidence.c.a, evidence.c.b), (evidence.c.b, evidence.c.a)):
        for condition in _conditions(connection, who, one, "pair"):
            found |= set(connection.scalars(select(other).where(condition)))
    return found - who.accounts


def _scrub(connection: Connection, who: Person, around: Collection[int]) -> dict[str, int]:
    """Takes this person out of what the index says of others, and runs of anybody; others' own words stay."""
    m, pm, counts = t.creator_member.c, t.published_member.c, Counter[str]()
    near = set(around)
    for column, owner in ((m.creator, m.account), (pm.creator, pm.account)):
        near |= {row[0] for row in where_in(connection, select(column), owner, around)}
    told = [cast(t.run.c.stats, Text).contains(one, autoescape=True) for one in sorted(who.needles)]
    runs = set(connection.scalars(select(t.run.c.id).where(or_(*told)))) if told else set()
    places = (
        (t.account.c.key, around, ("aliases", "details")),
        (t.score.c.creator, near, ("evidence",)),
        (t.published_creator.c.creator, near, ("urls", "links")),
        (t.published_score.c.creator, near, ("evidence",)),
        (t.run.c.id, runs, ("stats",)),
    )
    for owner, keys, columns in places:
        table = owner.table
        for row in list(where_in(connection, select(table), owner, keys)):
            known = {name: getattr(row, name) for name in columns}
            clean = {name: without(value, who) for name, value in known.items()}
            if clean != known:
                counts[table.name] += connection.execute(update(table).where(_same(table, row)).values(clean)).rowcount
    f = t.fact.c
    for row in list(where_in(connection, select(t.fact), f.subject, around)):
        if row.field == "aliases" or row.field.startswith("details."):
            value = json.loads(row.value)
            if without(value, who) != value:
                counts["fact"] += connection.execute(delete(t.fact).where(_same(t.fact, row))).rowcount
    return counts


def _same(table: Any, row: Any) -> ColumnElement[bool]:
    return and_(*(column == getattr(row, column.key) for column in table.primary_key))


def without(value: Any, who: Person, *, listed: bool = False) -> Any:
    """A JSON value without what names this person (None where nothing is left); an entry of a list goes as a whole."""
    if isinstance(value, str):
        return None if value in who.names or who.is_theirs(value) or who.mentioned(value) else value
    if isinstance(value, int) and not isinstance(value, bool):
        return None if value in who.accounts or value in who.posts else value
    if isinstance(value, list):
        return [kept for one in value if (kept := without(one, who, listed=True)) is not None]
    if isinstance(value, dict):
        kept = {name: without(one, who) for name, one in value.items() if not who.mentioned(name)}
        lost = len(kept) < len(value) or any(kept[name] is None and value[name] is not None for name in kept)
        return (
            (None if listed else {n: v for n, v in kept.items() if v is not None or value[n] is None}) if lost else kept
        )
    return value
