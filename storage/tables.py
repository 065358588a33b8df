"""The tables, all on one MetaData; migrations/ brings a database to them.

Keys are 63-bit hashes of natural keys (storage.records.key_of), so that rows may arrive in any order and no write waits
for an id. Times are UTC. No foreign key binds a post or link to its account: either may arrive first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

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
Word = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point on both databases, as Python sorts it."""
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _key(name: str = "key") -> Column[Any]:
    return Column(name, Key, primary_key=True, autoincrement=False)


def _number() -> Column[Any]:
    return Column("id", Key, primary_key=True, autoincrement=True)


def _seen() -> tuple[Column[Any], ...]:
    """When a row was first and last seen, by which run last; where and by which reader its content was read."""
    return (
        Column("first_seen", Utc, nullable=False),
        Column("last_seen", Utc, nullable=False),
        Column("run", Key),
        Column("source_url", Text, nullable=False),
        Column("extractor", Text, nullable=False),
    )


def _digest() -> Column[Any]:
    """A hash of the last record: an unchanged one only moves last_seen and run."""
    return Column("digest", Key, nullable=False)


run = Table(
    "run",
    metadata,
    _number(),
    Column("platform", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("outcome", Text),
    Column("versions", Json),
    Column("stats", Json),
)

source = Table(  # the frontier: what to visit, when it is due, who holds it
    "source",
    metadata,
    _key(),
    Column("platform", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Key, index=True),
    Column("outcome", Text),
    Column("detail", Text),
    Column("due_at", Utc, index=True),
    Column("lease_until", Utc),
    Column("lease_by", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("rate", Double),
    Column("weight", Double),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc),
    Column("run", Key),
    Column("source_url", Text, nullable=False),
    Column("extractor", Text, nullable=False),
    _digest(),
)

account = Table(
    "account",
    metadata,
    _key(),
    Column("platform", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("handle", Text),
    Column("name", Text),
    Column("bio", Text),
    Column("owner", Text),
    Column("avatar", Text),
    Column("place", Text),
    Column("declared_language", Text),
    Column("created_at", Utc),
    Column("status", Text, nullable=False),
    Column("aliases", Json),
    Column("details", Json),
    *_seen(),
    Index("ix_account_url", "url"),
)

post = Table(
    "post",
    metadata,
    _key(),
    Column("account", Key, nullable=False),
    Column("platform", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text),
    Column("author", Text),
    Column("published_at", Utc),
    Column("published_on", Date),
    Column("updated_at", Utc),
    Column("declared_language", Text),
    Column("text", Text),
    Column("summary", Text),
    Column("tags", Json),
    Column("images", Key),
    Column("comments", Key),
    Column("language", Text),
    Column("language_confidence", Double),
    Column("niche", Text),
    Column("niche_probability", Double),
    Column("sponsorship", Text),
    Column("details", Json),
    Column("findings", Json),
    *_seen(),
    _digest(),
    Index("ix_post_account", "account", "published_at", "language", "niche"),
)

link = Table(
    "link",
    metadata,
    _key(),
    Column("platform", Text, nullable=False),
    Column("account", Key, nullable=False, index=True),
    Column("post", Key),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text),
    Column("target", Text),
    *_seen(),
    _digest(),
    Index(
        "ix_link_target", "target", sqlite_where=text("target IS NOT NULL"), postgresql_where=text("target IS NOT NULL")
    ),
)

observation = Table(  # one row a value and stretch of time; ``until`` is when another value took its place
    "observation",
    metadata,
    _key("series"),
    Column("platform", Text, nullable=False),
    Column("account", Key, nullable=False, index=True),
    Column("post", Key),
    Column("metric", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("value", Key, nullable=False),
    Column("low", Key),
    Column("high", Key),
    Column("text", Text),
    Column("first_seen", Utc, primary_key=True),
    Column("last_seen", Utc, nullable=False),
    Column("until", Utc),
    Column("run", Key),
    Column("source_url", Text, primary_key=True),
    Column("extractor", Text, nullable=False),
    sqlite_with_rowid=False,
)

fact = Table(  # every value that a field of a row ever had; accounts always, other rows once a value was contested
    "fact",
    metadata,
    _key("subject"),
    Column("field", Text, primary_key=True),
    Column("first_seen", Utc, primary_key=True),
    Column("source_url", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("until", Utc),
    Column("run", Key),
    Column("extractor", Text, nullable=False),
    sqlite_with_rowid=False,
)

creator = Table(
    "creator",
    metadata,
    _key("id"),
    Column("name", Text),
    Column("created_at", Utc, nullable=False),
    Column("details", Json),
)

creator_member = Table(
    "creator_member",
    metadata,
    _key("account"),
    Column("creator", Key, nullable=False, index=True),
    Column("since", Utc, nullable=False),
    Column("reason", Text),
)

creator_redirect = Table(
    "creator_redirect",
    metadata,
    _key("old"),
    Column("new", Key, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("reason", Text),
)

score = Table(  # the latest value of every score; publication keeps the history
    "score",
    metadata,
    _key("creator"),
    Column("name", Word, primary_key=True),
    Column("value", Double),
    Column("low", Double),
    Column("high", Double),
    Column("n", Integer, nullable=False),
    Column("unit", Text),
    Column("evidence", Json),
    Column("formula", Text, nullable=False),
    Column("computed_at", Utc, nullable=False),
)

quarantine = Table(  # what was refused or mended, and why
    "quarantine",
    metadata,
    _key(),
    Column("record", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("field", Text),
    Column("reason", Text, nullable=False),
    Column("detail", Text),
    Column("source_url", Text),
    Column("extractor", Text),
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("run", Key),
)

# The published index. A row is part of publication N when ``since`` <= N < ``until`` (no until: it still stands): a new
# publication is built beside the standing one, unseen, and shown by the one row in ``publication`` that says so.

publication = Table(
    "publication",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),  # building, published, refused
    Column("started_at", Utc, nullable=False),
    Column("beat_at", Utc, nullable=False),
    Column("built_by", Text, nullable=False),
    Column("published_at", Utc),
    Column("counts", Json),
)


def _published(name: str, *columns: Column[Any], indexes: tuple[Index, ...] = ()) -> Table:
    since = Column("since", Integer, primary_key=True, autoincrement=False)
    until = Column("until", Integer)
    return Table(name, metadata, *columns, since, until, *indexes)


published_creator = _published(
    "published_creator",
    _key("creator"),
    Column("name", Text),
    Column("accounts", Integer, nullable=False),
    Column("platforms", Json),
    Column("urls", Json),
    Column("posts", Integer, nullable=False),
    Column("first_post_at", Utc),
    Column("last_post_at", Utc),
    Column("language", Text),
    Column("language_share", Double),
    Column("languages", Json),
    Column("niche", Text),
    Column("niche_share", Double),
    Column("niches", Json),
    Column("links", Json),
    Column("first_publication", Integer, nullable=False),
    indexes=(
        Index("ix_published_creator_last_post_at", "last_post_at"),
        Index("ix_published_creator_posts", "posts"),
        Index("ix_published_creator_niche", "niche", "language", "last_post_at"),
        Index("ix_published_creator_language", "language", "last_post_at"),
    ),
)

published_member = _published("published_member", _key("account"), Column("creator", Key, nullable=False, index=True))

published_score = _published(
    "published_score",
    _key("creator"),
    Column("name", Word, primary_key=True),
    Column("value", Double),
    Column("low", Double),
    Column("high", Double),
    Column("n", Integer, nullable=False),
    Column("unit", Text),
    Column("evidence", Json),
    Column("formula", Text, nullable=False),
    Column("computed_at", Utc, nullable=False),
    indexes=(Index("ix_published_score_name", "name", "value"),),
)

change = Table(  # what a publication changed
    "change",
    metadata,
    Column("publication", Integer, primary_key=True, autoincrement=False),
    _key("creator"),
    Column("change", Text, nullable=False),  # added, changed, merged, split, removed
    Column("other", Key),
    Column("fields", Json),
)

data_test = Table(
    "data_test",
    metadata,
    Column("publication", Integer, primary_key=True, autoincrement=False),
    Column("view", Text, primary_key=True),
    Column("column", Text, primary_key=True),
    Column("test", Text, primary_key=True),
    Column("severity", Text, nullable=False),
    Column("failed", Key, nullable=False),
    Column("rows", Key, nullable=False),
    Column("ran_at", Utc, nullable=False),
)
