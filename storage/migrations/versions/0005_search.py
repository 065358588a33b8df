"""Search: facets, the full-text index, lists, saved searches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Json, Key, Utc, Word

revision = "0005"
down_revision = "0004"

FTS5 = (
    "CREATE VIRTUAL TABLE search_text USING fts5"
    "(words, tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
)
TSVECTOR = (
    "CREATE TABLE search_text (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX search_text_words ON search_text USING GIN (words)",
)


def upgrade() -> None:
    op.create_table(
        "published_facet",
        sa.Column("creator", Key, autoincrement=False, nullable=False),
        sa.Column("kind", Word, nullable=False),
        sa.Column("value", Word, nullable=False),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer()),
        sa.Column("share", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("creator", "kind", "value", "since", name=op.f("pk_published_facet")),
    )
    columns = ["kind", "value", "share", "creator", "since", "until"]
    op.create_index("ix_published_facet_kind", "published_facet", columns)
    op.create_table(
        "search_document",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("account", Key, nullable=False),
        sa.Column("digest", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_document")),
        sa.UniqueConstraint("key", name=op.f("uq_search_document_key")),
    )
    op.create_index(op.f("ix_search_document_account"), "search_document", ["account"])
    for statement in (FTS5,) if op.get_bind().dialect.name == "sqlite" else TSVECTOR:
        op.execute(statement)
    op.create_table(
        "creator_list",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_creator_list")),
    )
    op.create_table(
        "list_entry",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("creator", Key, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("added_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("list", "creator", name=op.f("pk_list_entry")),
    )
    op.create_index(op.f("ix_list_entry_creator"), "list_entry", ["creator"])
    op.create_table(
        "saved_search",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_saved_search")),
    )
    op.create_table(
        "saved_hit",
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("creator", Key, autoincrement=False, nullable=False),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer()),
        sa.PrimaryKeyConstraint("search", "creator", "since", name=op.f("pk_saved_hit")),
    )
    op.create_index(op.f("ix_saved_hit_creator"), "saved_hit", ["creator"])
    op.create_index("ix_post_digest", "post", ["key", "digest"])
    paid = sa.text("sponsorship <> 'none'")
    op.create_index("ix_post_sponsorship", "post", ["account", "sponsorship"], sqlite_where=paid, postgresql_where=paid)
    told = sa.text("label IS NOT NULL")
    op.create_index(
        "ix_published_score_label",
        "published_score",
        ["name", "label", "creator", "since", "until"],
        sqlite_where=told,
        postgresql_where=told,
    )


def downgrade() -> None:
    op.drop_index("ix_published_score_label", table_name="published_score")
    op.drop_index("ix_post_sponsorship", table_name="post")
    op.drop_index("ix_post_digest", table_name="post")
    for name in ("saved_hit", "saved_search", "list_entry", "creator_list", "search_text", "search_document"):
        op.drop_table(name)
    op.drop_table("published_facet")
