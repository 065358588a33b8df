"""The tables, all on one MetaData; migrations/ brings a database to them.

Keys are 63-bit hashes of natural keys (storage.records.key_of), so that rows may arrive in any order and no write waits
for an id. Times are UTC. No foreign key binds a post or link to its account: either may arrive first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Date, Dialect, Double, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import DateTime, TypeDecorator

from storage.policy import NEW, VISITED, host_of

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """Aware UTC times: ``timestamptz`` on PostgreSQL; on SQLite text, ``YYYY-MM-DD HH:MM:SS.ffffff``, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Key = BigInteger().with_variant(Integer(), "sqlite")
Word = Text().with_variant(Text(collation="C"), "postgresql")  # sorts by code point on both databases, as in Python
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def key(name: str = "key") -> Column[Any]:
    """A primary key that is a hash, made by us."""
    return Column(name, Key, primary_key=True, autoincrement=False)


def partial(condition: str) -> dict[str, Any]:
    """The options of an index that holds only the rows under a condition."""
    return dict.fromkeys(("sqlite_where", "postgresql_where"), text(condition))


def some(kind: Any, names: str, *, null: bool = True) -> tuple[Column[Any], ...]:
    """Columns of one type, by their names."""
    return tuple(Column(name, kind, nullable=null) for name in names.split())


def seen() -> tuple[Column[Any], ...]:
    """When a row was first and last seen, by which run last; where and by which reader its content was read."""
    times, origin = some(Utc, "first_seen last_seen", null=False), some(Text, "source_url extractor", null=False)
    return (*times, Column("run", Key), *origin)


def _digest() -> Column[Any]:
    """A hash of the last record: an unchanged one only moves last_seen and run."""
    return Column("digest", Key, nullable=False)


run = Table(
    "run",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    *(Column("finished_at", Utc), Column("outcome", Text)),
    *some(Json, "versions stats"),
)

source = Table(  # the frontier: what to visit, and when it is due
    "source",
    metadata,
    key(),
    *some(Text, "platform url kind", null=False),
    Column("account", Key, index=True),
    *some(Text, "outcome detail etag last_modified"),
    Column("due_at", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    *some(Double, "rate weight"),
    *some(Utc, "last_seen quarantined_at"),
    Column("first_seen", Utc, nullable=False),
    Column("run", Key),
    *some(Text, "source_url extractor", null=False),
    _digest(),
    Column("host", Text, default=lambda made: host_of(made.get_current_parameters()["url"])),
    Column("band", Integer, default=lambda made: NEW if made.get_current_parameters()["kind"] in VISITED else None),
    Column("visits", Json),  # [[day since 1970, was there anything new], ...] where posts have no dates
    Index("ix_source_frontier", "platform", "band", "due_at"),
)

lease = Table(  # who holds which source: a small table, so that a claim rewrites no row of the frontier
    "lease",
    metadata,
    key(),
    *some(Text, "platform host by", null=False),
    Column("until", Utc),  # None: given up by one who died
    Column("begun", Integer, nullable=False),  # visits begun that never ended, the one under way among them
)

account = Table(
    "account",
    metadata,
    key(),
    *some(Text, "platform native_id url kind status", null=False),
    *some(Text, "handle name bio owner avatar place declared_language"),
    Column("created_at", Utc),
    *some(Json, "aliases details"),
    *seen(),
    Index("ix_account_url", "url"),
)

post = Table(
    "post",
    metadata,
    key(),
    Column("account", Key, nullable=False),
    *some(Text, "platform native_id url", null=False),
    *some(Text, "title author declared_language text summary language niche sponsorship"),
    *some(Utc, "published_at updated_at"),
    Column("published_on", Date),
    *some(Key, "images comments"),
    *some(Double, "language_confidence niche_probability"),
    *some(Json, "tags details findings"),
    *seen(),
    _digest(),
    Index("ix_post_account", "account", "published_at", "language", "niche"),
)

link = Table(
    "link",
    metadata,
    key(),
    Column("account", Key, nullable=False, index=True),
    Column("post", Key),
    *some(Text, "platform url kind", null=False),
    *some(Text, "text target"),
    *seen(),
    _digest(),
    Index("ix_link_target", "target", **partial("target IS NOT NULL"), postgresql_ops={"target": "text_pattern_ops"}),
)

observation = Table(  # one row a value and stretch of time; ``until`` is when another value took its place
    "observation",
    metadata,
    key("series"),
    Column("first_seen", Utc, primary_key=True),
    Column("source_url", Text, primary_key=True),
    Column("account", Key, nullable=False, index=True),
    *some(Text, "platform metric definition extractor", null=False),
    Column("value", Key, nullable=False),
    *some(Key, "post low high run"),
    Column("text", Text),
    Column("last_seen", Utc, nullable=False),
    Column("until", Utc),
    sqlite_with_rowid=False,
)

fact = Table(  # every value that a field of a row ever had; accounts always, other rows once a value was contested
    "fact",
    metadata,
    key("subject"),
    Column("field", Text, primary_key=True),
    Column("first_seen", Utc, primary_key=True),
    Column("source_url", Text, primary_key=True),
    *some(Text, "value extractor", null=False),
    Column("last_seen", Utc, nullable=False),
    Column("until", Utc),
    Column("run", Key),
    sqlite_with_rowid=False,
)

creator = Table(
    "creator",
    metadata,
    key("id"),
    Column("name", Text),
    Column("created_at", Utc, nullable=False),
    Column("details", Json),
)

creator_member = Table(
    "creator_member",
    metadata,
    key("account"),
    Column("creator", Key, nullable=False, index=True),
    Column("since", Utc, nullable=False),
    Column("reason", Text),
)

creator_redirect = Table(
    "creator_redirect",
    metadata,
    key("old"),
    Column("new", Key, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("reason", Text),
)


def _score() -> tuple[Column[Any], ...]:
    measures = (*some(Double, "value low high"), Column("n", Integer, nullable=False), *some(Text, "unit label"))
    made = (*some(Text, "formula formula_hash", null=False), Column("computed_at", Utc, nullable=False))
    return (key("creator"), Column("name", Word, primary_key=True), *measures, Column("evidence", Json), *made)


score = Table("score", metadata, *_score())  # the latest value of every score; publication keeps the history

quarantine = Table(  # what was refused or mended, and why
    "quarantine",
    metadata,
    key(),
    *some(Text, "record platform natural_key reason", null=False),
    *some(Text, "field detail source_url extractor"),
    *some(Utc, "first_seen last_seen", null=False),
    Column("run", Key),
)

# The published index. A row is part of publication N when ``since`` <= N < ``until`` (no until: it still stands): a new
# publication is built beside the standing one, unseen, and shown by the one row in ``publication`` that says so.


def _holds() -> tuple[Column[Any], Column[Any]]:
    return Column("since", Integer, primary_key=True, autoincrement=False), Column("until", Integer)


publication = Table(
    "publication",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    *some(Text, "status built_by", null=False),  # status: building, published, refused
    *some(Utc, "started_at beat_at", null=False),
    Column("published_at", Utc),
    Column("counts", Json),
)

published_creator = Table(
    "published_creator",
    metadata,
    key("creator"),
    *_holds(),
    *some(Integer, "accounts posts first_publication", null=False),
    *some(Utc, "first_post_at last_post_at"),
    *some(Text, "name language niche"),
    *some(Double, "language_share niche_share"),
    *some(Json, "platforms urls languages niches links"),
    *(Index(f"ix_published_creator_{name}", name) for name in ("last_post_at", "posts")),
    Index("ix_published_creator_listed", "creator", "since", "until", "posts", "accounts", "last_post_at"),
    *(Index(f"ix_published_creator_{name}", name, "last_post_at") for name in ("niche", "language")),
    Index("ix_published_creator_niche_language", "niche", "language", "last_post_at"),
    Index("ix_published_creator_niche_posts", "niche", "posts"),
)

published_member = Table(
    "published_member", metadata, key("account"), *_holds(), Column("creator", Key, nullable=False, index=True)
)

published_score = Table(
    "published_score",
    metadata,
    *_score(),
    *_holds(),
    Index("ix_published_score_name", "name", "value", "creator", "since", "until"),
)

change = Table(  # what a publication changed
    "change",
    metadata,
    Column("publication", Integer, primary_key=True, autoincrement=False),
    key("creator"),
    Column("change", Text, nullable=False),  # added, changed, merged, split, removed
    Column("other", Key),
    Column("fields", Json),
)

data_test = Table(
    "data_test",
    metadata,
    Column("publication", Integer, primary_key=True, autoincrement=False),
    *(Column(name, Text, primary_key=True) for name in ("view", "column", "test")),
    Column("severity", Text, nullable=False),
    *some(Key, "failed rows", null=False),
    Column("ran_at", Utc, nullable=False),
)
