"""Forget: the suppression table, and the indexes by which everything of one person is found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Key, Utc

revision = "0008"
down_revision = "0007"

BY_PREFIX = ("source", "url"), ("quarantine", "natural_key"), ("quarantine", "source_url")
WHOLE = ("request_log", "host"), ("robots", "sha"), ("change", "creator")
PARTIAL = (
    ("ix_identity_evidence_a_expired", "identity_evidence", "a", "expired_at IS NOT NULL"),
    ("ix_identity_evidence_b_expired", "identity_evidence", "b", "expired_at IS NOT NULL"),
    ("ix_change_other", "change", "other", "other IS NOT NULL"),
    ("ix_link_unresolved", "link", "url", "target IS NULL"),
)


def upgrade() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("key_print", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("mark", name=op.f("uq_suppression_mark")),
    )
    for table, column in BY_PREFIX:
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_ops={column: "text_pattern_ops"})
    for table, column in WHOLE:
        op.create_index(f"ix_{table}_{column}", table, [column])
    for name, table, column, where in PARTIAL:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    _targets({"target": "text_pattern_ops"})


def downgrade() -> None:
    _targets({})
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table)
    for table, column in (*BY_PREFIX, *WHOLE):
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_table("suppression")


def _targets(ops: dict[str, str]) -> None:
    """PostgreSQL finds what begins with a prefix only by an index that compares byte by byte."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_link_target", "link")
        where = sa.text("target IS NOT NULL")
        op.create_index("ix_link_target", "link", ["target"], postgresql_where=where, postgresql_ops=ops)
