"""The first tables: what a crawl stores, and what a publication shows of it."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, Date, Double, Index, Integer, Text, text

from storage.tables import Json, Key, Utc, Word, key, seen, some

revision = "0001"
down_revision = None

TABLES = (
    "run source account post link observation fact creator creator_member creator_redirect score "
    "quarantine publication published_creator published_member published_score change data_test"
)


def holds() -> tuple[Column[Any], ...]:
    return Column("since", Integer, primary_key=True, autoincrement=False), Column("until", Integer)


def score() -> tuple[Column[Any], ...]:
    measures = (*some(Double, "value low high"), Column("n", Integer, nullable=False), Column("unit", Text))
    made = (Column("formula", Text, nullable=False), Column("computed_at", Utc, nullable=False))
    return (key("creator"), Column("name", Word, primary_key=True), *measures, Column("evidence", Json), *made)


def upgrade() -> None:
    crawled()
    published()


def crawled() -> None:
    resolved = text("target IS NOT NULL")
    op.create_table(
        "run",
        Column("id", Key, primary_key=True, autoincrement=True),
        Column("platform", Text, nullable=False),
        Column("started_at", Utc, nullable=False),
        Column("finished_at", Utc),
        Column("outcome", Text),
        *some(Json, "versions stats"),
    )
    op.create_table(
        "source",
        key(),
        *some(Text, "platform url kind", null=False),
        Column("account", Key, index=True),
        *some(Text, "outcome detail"),
        Column("due_at", Utc, index=True),
        Column("lease_until", Utc),
        Column("lease_by", Text),
        Column("attempts", Integer, nullable=False, server_default="0"),
        *some(Double, "rate weight"),
        *some(Text, "etag last_modified"),
        Column("first_seen", Utc, nullable=False),
        Column("last_seen", Utc),
        Column("run", Key),
        *some(Text, "source_url extractor", null=False),
        Column("digest", Key, nullable=False),
    )
    op.create_table(
        "account",
        key(),
        *some(Text, "platform native_id url kind status", null=False),
        *some(Text, "handle name bio owner avatar place declared_language"),
        Column("created_at", Utc),
        *some(Json, "aliases details"),
        *seen(),
        Index("ix_account_url", "url"),
    )
    op.create_table(
        "post",
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
        Column("digest", Key, nullable=False),
        Index("ix_post_account", "account", "published_at", "language", "niche"),
    )
    op.create_table(
        "link",
        key(),
        Column("account", Key, nullable=False, index=True),
        Column("post", Key),
        *some(Text, "platform url kind", null=False),
        *some(Text, "text target"),
        *seen(),
        Column("digest", Key, nullable=False),
        Index("ix_link_target", "target", sqlite_where=resolved, postgresql_where=resolved),
    )
    op.create_table(
        "observation",
        key("series"),
        Column("first_seen", Utc, primary_key=True),
        Column("source_url", Text, primary_key=True),
        Column("account", Key, nullable=False, index=True),
        Column("post", Key),
        *some(Text, "platform metric definition extractor", null=False),
        Column("value", Key, nullable=False),
        *some(Key, "low high run"),
        Column("text", Text),
        Column("last_seen", Utc, nullable=False),
        Column("until", Utc),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact",
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
    op.create_table(
        "creator",
        key("id"),
        Column("name", Text),
        Column("created_at", Utc, nullable=False),
        Column("details", Json),
    )
    op.create_table(
        "creator_member",
        key("account"),
        Column("creator", Key, nullable=False, index=True),
        Column("since", Utc, nullable=False),
        Column("reason", Text),
    )
    op.create_table(
        "creator_redirect",
        key("old"),
        Column("new", Key, nullable=False, index=True),
        Column("at", Utc, nullable=False),
        Column("reason", Text),
    )
    op.create_table("score", *score())
    op.create_table(
        "quarantine",
        key(),
        *some(Text, "record platform natural_key reason", null=False),
        *some(Text, "field detail source_url extractor"),
        *some(Utc, "first_seen last_seen", null=False),
        Column("run", Key),
    )


def published() -> None:
    op.create_table(
        "publication",
        Column("number", Integer, primary_key=True, autoincrement=False),
        *some(Text, "status built_by", null=False),
        *some(Utc, "started_at beat_at", null=False),
        Column("published_at", Utc),
        Column("counts", Json),
    )
    op.create_table(
        "published_creator",
        key("creator"),
        *holds(),
        Column("name", Text),
        *some(Integer, "accounts posts first_publication", null=False),
        *some(Utc, "first_post_at last_post_at"),
        *some(Text, "language niche"),
        *some(Double, "language_share niche_share"),
        *some(Json, "platforms urls languages niches links"),
        Index("ix_published_creator_last_post_at", "last_post_at"),
        Index("ix_published_creator_posts", "posts"),
        Index("ix_published_creator_niche", "niche", "last_post_at"),
        Index("ix_published_creator_niche_language", "niche", "language", "last_post_at"),
        Index("ix_published_creator_niche_posts", "niche", "posts"),
        Index("ix_published_creator_language", "language", "last_post_at"),
    )
    op.create_table("published_member", key("account"), *holds(), Column("creator", Key, nullable=False, index=True))
    op.create_table("published_score", *score(), *holds(), Index("ix_published_score_name", "name", "value"))
    op.create_table(
        "change",
        Column("publication", Integer, primary_key=True, autoincrement=False),
        key("creator"),
        Column("change", Text, nullable=False),
        Column("other", Key),
        Column("fields", Json),
    )
    op.create_table(
        "data_test",
        Column("publication", Integer, primary_key=True, autoincrement=False),
        *(Column(name, Text, primary_key=True) for name in ("view", "column", "test")),
        Column("severity", Text, nullable=False),
        *some(Key, "failed rows", null=False),
        Column("ran_at", Utc, nullable=False),
    )


def downgrade() -> None:
    for name in TABLES.split():
        op.drop_table(name)
