"""Publishing the index: built beside the standing one, tested, then shown by one row; readers see the old or the new.

What a publication does not change costs nothing: rows carry the publications between which they hold.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, bindparam, delete, func, insert, select, update

from index import atlas, bets, fulltext
from index.datatests import Outcome, run_tests
from index.facets import facets, index_row, paid_posts
from index.saved import note_hits
from storage import search
from storage import tables as t
from storage.atlas import bet, bet_entry, published_benchmark
from storage.database import DatabaseProblem, reading, where, writing
from storage.forget import SILENT
from storage.read import creator_of, creators, stream
from storage.views import in_force, published

Row = dict[str, Any]
BATCH = 500
PUBLISHED: tuple[Table, ...] = (
    *(t.published_creator, t.published_member, t.published_score),
    *(search.facet, published_benchmark),
)
OF_ONE: tuple[Table, ...] = (t.change, bet, bet_entry)
"""Tables whose rows belong to a single publication."""
AFTERWARDS: tuple[Callable[[Engine, int], object], ...] = (note_hits,)
"""What is built from a publication once it is shown: called with its number; each costs nothing where it is unused."""


@dataclass(slots=True)
class Publication:
    """What came of it; ``published`` is False where a data test of severity error failed."""

    number: int
    published: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    tests: list[Outcome] = field(default_factory=list)
    bet: tuple[int, str] | None = None
    """How many are said to rise, and the hash of that list; None without scores."""


def publish(engine: Engine, *, force: bool = False) -> Publication:
    """Builds, tests and shows the next publication; ``force`` shows it although a test failed.

    Raises DatabaseProblem where another publication is being built.
    """
    made = Publication(_begin(engine))
    with reading(engine) as snapshot:
        for table, rows in _contents(snapshot):
            _build(engine, snapshot, table, rows, made)
    for builder in BUILDERS:
        builder(engine, made)
    fulltext.refresh(engine)
    with reading(engine) as connection:
        made.tests = run_tests(connection, made.number)
        made.counts["creators"] = _count(connection, made.number)
    made.published = force or not any(test.stops for test in made.tests)
    with writing(engine) as connection:
        _hold(connection, made.number)
        connection.execute(insert(t.data_test), [test.row(made.number) for test in made.tests])
        if not made.published:
            _take_back(connection, made.number)
        state: Row = {"status": "published" if made.published else "refused", "counts": dict(made.counts)}
        if made.published:
            state["published_at"] = datetime.now(UTC)
        connection.execute(update(t.publication).where(t.publication.c.number == made.number).values(state))
    if made.published:
        for then in AFTERWARDS:
            then(engine, made.number)
    return made


def _begin(engine: Engine) -> int:
    """Opens a publication and clears away what a killed one left."""
    now, pub = datetime.now(UTC), t.publication
    with writing(engine) as connection:
        for other in connection.execute(select(pub).where(pub.c.status == "building")).all():
            if other.beat_at > now - SILENT and _alive(other.built_by):
                raise DatabaseProblem(
                    f"{where(engine)}: publication {other.number} is being built by process {other.built_by} "
                    f"since {other.started_at:%H:%M}; wait for it, or end that process"
                )
            _take_back(connection, other.number)
            connection.execute(update(pub).where(pub.c.number == other.number).values(status="refused"))
        number = (connection.execute(select(func.max(pub.c.number))).scalar() or 0) + 1
        row = {"number": number, "status": "building", "started_at": now, "beat_at": now, "built_by": _builder()}
        connection.execute(insert(pub), row)
    return int(number)


def _builder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _hold(connection: Connection, number: int) -> None:
    """Says that a publication is being built. Raises DatabaseProblem where we were taken for dead meanwhile."""
    pub = t.publication
    mine = update(pub).where(pub.c.number == number, pub.c.status == "building", pub.c.built_by == _builder())
    if not connection.execute(mine.values(beat_at=datetime.now(UTC))).rowcount:
        raise DatabaseProblem(f"publication {number} was silent for so long that others went on; publish again")


def _alive(builder: str) -> bool:
    host, _, process = builder.rpartition(":")
    if host != socket.gethostname():
        return True  # cannot be asked; its silence will tell
    if int(process) == os.getpid():
        return False  # an earlier attempt of this very process
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _take_back(connection: Connection, number: int) -> None:
    for table in PUBLISHED:
        connection.execute(delete(table).where(table.c.since == number))
        connection.execute(update(table).where(table.c.until == number).values(until=None))
    for table in OF_ONE:
        connection.execute(delete(table).where(table.c.publication == number))


def _contents(snapshot: Connection) -> Iterator[tuple[Table, Iterator[Row]]]:
    """What each published table should hold now, in the order of its key."""
    yield t.published_creator, (index_row(creator) for creator in creators(snapshot))
    joined, creator = creator_of()
    members = select(t.account.c.key.label("account"), creator.label("creator")).select_from(joined)
    yield t.published_member, (dict(row._mapping) for row in stream(snapshot, members.order_by(t.account.c.key)))
    scores = select(t.score).order_by(t.score.c.creator, t.score.c.name)
    yield t.published_score, (dict(row._mapping) for row in stream(snapshot, scores))
    paid = paid_posts(snapshot)
    yield search.facet, (row for creator in creators(snapshot) for row in facets(creator, paid))


def _keys(table: Table) -> list[str]:
    return [column.key for column in table.primary_key if column.key != "since"]


def _differences(table: Table, old: Iterator[Row], new: Iterator[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """(standing row, new row) wherever they differ; both sides in the order of the key."""
    keys = _keys(table)

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in keys)

    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        if after is None or (before is not None and key(before) < key(after)):
            yield before, None
            before = next(old, None)
        elif before is None or key(after) < key(before):
            yield None, after
            after = next(new, None)
        else:
            if any(before[name] != after[name] for name in after):
                yield before, after
            before, after = next(old, None), next(new, None)


def _build(engine: Engine, snapshot: Connection, table: Table, new: Iterator[Row], made: Publication) -> None:
    standing = select(table).where(in_force(table, published())).order_by(*(table.c[name] for name in _keys(table)))
    old = (dict(row._mapping) for row in stream(snapshot, standing))
    differences = _differences(table, old, new)
    while batch := list(islice(differences, BATCH)):
        rows, ended = [], []
        for before, after in batch:
            if before is not None:
                ended.append({f"b_{name}": before[name] for name in (*_keys(table), "since")})
            if after is not None:
                rows.append({**after, "since": made.number, "until": None})
                if table is t.published_creator:
                    rows[-1]["first_publication"] = before["first_publication"] if before else made.number
        changes = _changes(snapshot, batch, made) if table is t.published_creator else []
        with writing(engine) as connection:
            if ended:
                same = [table.c[name] == bindparam(f"b_{name}") for name in (*_keys(table), "since")]
                connection.execute(update(table).where(*same).values(until=made.number), ended)
            for target, some in ((table, rows), (t.change, changes)):
                if some:
                    connection.execute(insert(target), some)
            _hold(connection, made.number)


def _changes(snapshot: Connection, batch: list[tuple[Row | None, Row | None]], made: Publication) -> list[Row]:
    """What happened to each creator: added, changed, removed, or merged into or split from another."""
    added = [after["creator"] for before, after in batch if before is None and after is not None]
    removed = [before["creator"] for before, after in batch if after is None and before is not None]
    origin, heir = _origins(snapshot, added), _heirs(snapshot, removed)
    rows: list[Row] = []
    for before, after in batch:
        row: Row = {"publication": made.number, "other": None, "fields": None}
        if before is None and after is not None:
            row |= {"creator": after["creator"], "other": origin.get(after["creator"])}
            row["change"] = "split" if row["other"] is not None else "added"
        elif after is None and before is not None:
            row |= {"creator": before["creator"], "other": heir.get(before["creator"])}
            row["change"] = "merged" if row["other"] is not None else "removed"
        elif before is not None and after is not None:
            changed = sorted(name for name in after if after[name] != before[name])
            row |= {"creator": after["creator"], "change": "changed", "fields": changed}
        made.counts[row["change"]] += 1
        rows.append(row)
    return rows


def _origins(snapshot: Connection, creators: Iterable[int]) -> dict[int, int]:
    """Of new creators, the one whose accounts theirs were in the standing publication."""
    joined, creator = creator_of()
    was = t.published_member
    query = select(creator, was.c.creator).select_from(joined.join(was, was.c.account == t.account.c.key))
    query = query.where(in_force(was, published()), creator.in_(list(creators)), was.c.creator != creator)
    return _pairs(snapshot, query.order_by(t.account.c.first_seen.desc()))


def _heirs(snapshot: Connection, creators: Iterable[int]) -> dict[int, int]:
    """Of creators that are gone, where their accounts are now, or whither they were redirected."""
    joined, creator = creator_of()
    gone, was = list(creators), t.published_member
    query = select(was.c.creator, creator).select_from(joined.join(was, was.c.account == t.account.c.key))
    query = query.where(in_force(was, published()), was.c.creator.in_(gone), was.c.creator != creator)
    redirect = t.creator_redirect.c
    told = select(redirect.old, redirect.new).where(redirect.old.in_(gone))
    return _pairs(snapshot, query.order_by(t.account.c.first_seen.desc())) | _pairs(snapshot, told)


def _pairs(snapshot: Connection, query: Select[Any]) -> dict[int, int]:
    return {row[0]: row[1] for row in snapshot.execute(query)}


def _count(connection: Connection, number: int) -> int:
    query = select(func.count()).select_from(t.published_creator).where(in_force(t.published_creator, number))
    return int(connection.execute(query).scalar_one())


def _atlas(engine: Engine, made: Publication) -> None:
    with reading(engine) as built:
        _build(engine, built, published_benchmark, atlas.cells(built, made.number), made)


def _bet(engine: Engine, made: Publication) -> None:
    made.bet = bets.record(engine, made.number)


BUILDERS: tuple[Callable[[Engine, Publication], None], ...] = (_atlas, _bet)
"""Make what follows from a publication's own rows, in turn, before it is tested; a refused one is taken back."""
