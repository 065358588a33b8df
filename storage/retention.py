"""How long what is kept: raw responses, numbers, silent creators, rows under a platform's policy, old publications.

Each limit is one function; it runs in short transactions, may be repeated, and says how many rows it took.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from storage import tables as t
from storage.database import reading, writing
from storage.forget import forget
from storage.read import chunks, creator_of, stream, where_in
from storage.removal import archived_until, clean_archives, files_in
from storage.search import facet
from storage.tables import Json, Utc, metadata
from storage.takeout import take_out_posts

RAW = timedelta(days=30)
"""Raw responses in archives."""
NUMBERS = timedelta(days=730)
"""Single observations; older ones are one a month."""
SILENT = timedelta(days=365)
"""Accounts that could not be read, and creators who published or changed nothing, for so long are deleted."""
PUBLICATIONS = timedelta(days=730)
"""What a publication said and no later one does."""
BATCH = 200
API = "youtube_api"

retention = Table(  # what each pass took away, by rule
    "retention",
    metadata,
    Column("at", Utc, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("counts", Json, nullable=False),
)

Taken = Counter[str]
"""What was taken away -> how much."""


def keep_limits(
    engine: Engine, now: datetime, archives: Iterable[Path] = (), *, dry_run: bool = False
) -> dict[str, dict[str, int]]:
    """Enforces every limit as of ``now``; rule -> what -> how much went (``dry_run``: would go).

    Nothing is prolonged by reading it again: what counts is when its maker last published or changed something, and
    when it could last be read. Raises DatabaseProblem.
    """
    rules: dict[str, Callable[[], Taken]] = {
        "raw responses, 30 days": lambda: _raw(archives, now - RAW, dry_run),
        "rows of the YouTube API, by their date": lambda: _api(engine, now, dry_run),
        "accounts unreadable, 12 months": lambda: _accounts(engine, unreadable(now - SILENT), dry_run),
        "creators silent, 12 months": lambda: _accounts(engine, silent(now - SILENT), dry_run, whole=True),
        "single numbers, 24 months": lambda: _numbers(engine, now - NUMBERS, dry_run),
        "old publications, 24 months": lambda: _publications(engine, now - PUBLICATIONS, dry_run),
    }
    report = {rule: {what: n for what, n in run().items() if n} for rule, run in rules.items()}
    if not dry_run:
        rows = [{"at": now, "rule": rule, "counts": counts} for rule, counts in report.items()]
        with writing(engine) as connection:
            connection.execute(delete(retention).where(retention.c.at == now))
            connection.execute(insert(retention), rows)
    return report


def _raw(archives: Iterable[Path], before: datetime, dry_run: bool) -> Taken:
    """Responses older than the limit; a file in which nothing younger is left goes as a whole."""
    taken, problems = Taken(), list[str]()
    stamp = before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for path in list(files_in(archives, (".warc", ".warc.gz"))):
        newest = archived_until(path)
        if newest and newest < stamp and not dry_run:
            path.unlink()
        if newest and newest < stamp:
            taken["files"] += 1
            continue
        gone = clean_archives([path], lambda r: _stamp(r) < stamp, problems, dry_run=dry_run)
        taken["responses"] += sum(gone.values())
    taken["unreadable"] = len(problems)
    return taken


def _stamp(record: Any) -> str:
    """When a response was recorded; what is none (the file's own head) is never too old."""
    date = record.rec_headers.get_header("WARC-Date") if record.rec_type != "warcinfo" else None
    return str(date or "9")


def unreadable(before: datetime) -> ColumnElement[bool]:
    """Accounts last read before."""
    return t.account.c.last_seen < before


def silent(before: datetime) -> ColumnElement[bool]:
    """Accounts met before, that published nothing since and changed nothing that they say of themselves."""
    account, post, fact = t.account.c, t.post.c, t.fact.c
    dated = exists().where(post.account == account.key, post.published_at >= before)
    undated = exists().where(post.account == account.key, post.published_at.is_(None), post.first_seen >= before)
    changed = exists().where(fact.subject == account.key, fact.first_seen >= before)
    return (account.first_seen < before) & ~dated & ~undated & ~changed


def _accounts(engine: Engine, over: ColumnElement[bool], dry_run: bool, *, whole: bool = False) -> Taken:
    """Deletes the accounts that are over, ``whole``: only those of creators all of whose accounts are."""
    joined, creator = creator_of()
    taken = Taken()
    with reading(engine) as connection:
        rows = connection.execute(select(t.account.c.key, creator.label("creator")).select_from(joined).where(over))
        whose: dict[int, int] = {row.key: row.creator for row in rows}
        if whole:
            sizes, over_ = _sizes(connection, set(whose.values())), Counter(whose.values())
            whose = {key: of for key, of in whose.items() if over_[of] == sizes[of]}
    for some in chunks(sorted(whose), BATCH):
        found = forget(engine, some, reason="retention", dry_run=dry_run, suppress=False, verify=False)
        taken.update({f"rows of {name}": n for name, n in found.rows.items()})
    return taken


def _sizes(connection: Connection, creators: set[int]) -> Counter[int]:
    """How many accounts each of these creators has."""
    joined, creator = creator_of()
    query = select(creator, func.count()).select_from(joined).group_by(creator)
    return Counter(dict(map(tuple, where_in(connection, query, creator, creators))))


def _api(engine: Engine, now: datetime, dry_run: bool) -> Taken:
    """What the YouTube Data API told and was not refreshed by its date: accounts, posts, numbers (policy III.E.4.d)."""
    today, taken = now.date().isoformat(), Taken()

    def due(table: Table) -> ColumnElement[bool]:
        date: ColumnElement[str] = table.c.details["refresh_by"].as_string()
        stale: ColumnElement[bool] = (table.c.platform == "youtube") & (date < today)
        return stale

    taken += _accounts(engine, due(t.account), dry_run)
    with reading(engine) as connection:
        posts = list(connection.scalars(select(t.post.c.key).where(due(t.post))))
    o = t.observation.c
    old = o.extractor.like(f"{API}/%") & (o.last_seen < now - timedelta(days=30))
    with writing(engine) as connection:
        trial = connection.begin_nested()
        taken["rows of observation"] += connection.execute(delete(t.observation).where(old)).rowcount
        for some in chunks(posts, BATCH):
            taken.update({f"rows of {name}": n for name, n in take_out_posts(connection, some).items()})
        if dry_run:
            trial.rollback()
    return taken


def _numbers(engine: Engine, before: datetime, dry_run: bool) -> Taken:
    """Of the observations that ended before the limit one a month and series stays: the month's last.

    Its stretch is drawn out to the next one kept, so that a view as of a day still finds a number.
    """
    o, taken = t.observation.c, Taken()
    same = (o.series == bindparam("b_series")) & (o.first_seen == bindparam("b_seen"))
    same &= o.source_url == bindparam("b_url")
    with reading(engine) as connection:
        old = select(o.series, o.first_seen, o.source_url, o.until).where(o.until < before)
        rows = stream(connection, old.order_by(o.series, o.first_seen, o.source_url))
        for some in chunks(_rolled(rows), 5000):
            gone = [key for key, until in some if until is None]
            taken["rows of observation"] += len(gone)
            if dry_run:
                continue
            with writing(engine) as other:
                longer = [key | {"new": until} for key, until in some if until is not None]
                if gone:
                    other.execute(delete(t.observation).where(same), gone)
                if longer:
                    other.execute(update(t.observation).where(same).values(until=bindparam("new")), longer)
    return taken


def _rolled(rows: Iterator[Any]) -> Iterator[tuple[dict[str, Any], datetime | None]]:
    """(key, None) of the rows to delete, (key, new end) of those whose end moves."""
    for _, some in groupby(rows, key=lambda row: row.series):
        kept: Any = None
        for _, month in groupby(some, key=lambda row: (row.first_seen.year, row.first_seen.month)):
            *others, last = month
            for row in others:
                yield _key(row), None
            if kept is not None and kept.until < last.first_seen:
                yield _key(kept), last.first_seen
            kept = last


def _key(row: Any) -> dict[str, Any]:
    return {"b_series": row.series, "b_seen": row.first_seen, "b_url": row.source_url}


def _publications(engine: Engine, before: datetime, dry_run: bool) -> Taken:
    """Rows that no publication of the last two years holds, and the notes on older publications."""
    pub, taken = t.publication.c, Taken()
    with writing(engine) as connection:
        trial = connection.begin_nested()
        shown = select(func.max(pub.number)).where(pub.status == "published", pub.published_at < before)
        oldest = connection.execute(shown).scalar()
        if oldest is not None:
            for table in (t.published_creator, t.published_member, t.published_score, facet):
                taken[f"rows of {table.name}"] += connection.execute(
                    delete(table).where(table.c.until <= oldest)
                ).rowcount
            for column in (t.change.c.publication, t.data_test.c.publication):
                gone = connection.execute(delete(column.table).where(column < oldest)).rowcount
                taken[f"rows of {column.table.name}"] += gone
        if dry_run:
            trial.rollback()
    return taken
