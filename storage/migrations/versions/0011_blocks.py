"""The full-text index by blocks of an account's texts, and indexes that answer `scrapy top` without reading rows.

Words are found again from the next publication on: it fills the index anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LISTED = ["creator", "since", "until", "posts", "accounts", "last_post_at"]
VALUES = ["name", "value", "creator", "since", "until"]
ROWS = """CREATE FUNCTION search_rows(asked tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 10000
SET enable_seqscan = off AS 'SELECT rowid FROM search_text WHERE words @@ asked'"""
"""PostgreSQL would read all texts for a common word: it does not count what unpacking a long row costs."""


def upgrade() -> None:
    _emptied()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(ROWS)
    op.create_table(
        "search_block",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("account", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_block")),
    )
    op.create_index(op.f("ix_search_block_account"), "search_block", ["account"])
    op.create_table(
        "search_document",
        sa.Column("key", Key, autoincrement=False, nullable=False),
        sa.Column("account", Key, nullable=False),
        sa.Column("block", Key, nullable=False),
        sa.Column("digest", Key, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_search_document")),
    )
    for name in ("account", "block"):
        op.create_index(op.f(f"ix_search_document_{name}"), "search_document", [name])
    op.drop_index("ix_post_digest", table_name="post")
    op.create_index("ix_post_changed", "post", ["account", "key", "digest"])
    op.create_index("ix_published_creator_listed", "published_creator", LISTED)
    op.drop_index("ix_published_score_name", table_name="published_score")
    op.create_index("ix_published_score_name", "published_score", VALUES)


def downgrade() -> None:
    op.drop_index("ix_published_score_name", table_name="published_score")
    op.create_index("ix_published_score_name", "published_score", VALUES[:2])
    op.drop_index("ix_published_creator_listed", table_name="published_creator")
    op.drop_index("ix_post_changed", table_name="post")
    op.create_index("ix_post_digest", "post", ["key", "digest"])
    _emptied()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION search_rows")
    op.drop_table("search_block")
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


def _emptied() -> None:
    op.execute("DELETE FROM search_text")
    op.drop_table("search_document")
