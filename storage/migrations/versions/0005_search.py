"""Search: facets, the full-text index, lists, saved searches."""

from __future__ import annotations

from alembic import op
from sqlalchemy import UniqueConstraint

from storage.tables import columns, partial

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
TABLES = {
    "published_facet": "key creator*, word kind* value*, int since* until, real share!",
    "search_document": "serial id*, key key! account!+ digest!",
    "creator_list": "text name* kind!, time created_at!",
    "list_entry": "text list*, key creator*+, text note, time added_at!",
    "saved_search": "text name*, json filters!, time created_at!",
    "saved_hit": "text search*, key creator*+, int since* until",
}


def upgrade() -> None:
    for name, told in TABLES.items():
        op.create_table(name, *columns(told), *([UniqueConstraint("key")] if name == "search_document" else []))
    op.create_index(
        "ix_published_facet_kind", "published_facet", ["kind", "value", "share", "creator", "since", "until"]
    )
    for statement in (FTS5,) if op.get_bind().dialect.name == "sqlite" else TSVECTOR:
        op.execute(statement)
    op.create_index("ix_post_digest", "post", ["key", "digest"])
    op.create_index("ix_post_sponsorship", "post", ["account", "sponsorship"], **partial("sponsorship <> 'none'"))
    shown = ["name", "label", "creator", "since", "until"]
    op.create_index("ix_published_score_label", "published_score", shown, **partial("label IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_published_score_label", table_name="published_score")
    op.drop_index("ix_post_sponsorship", table_name="post")
    op.drop_index("ix_post_digest", table_name="post")
    for name in (*TABLES, "search_text"):
        op.drop_table(name)
