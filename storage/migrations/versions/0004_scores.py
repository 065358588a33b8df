"""Scores in a word, and the hash of what computed them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = ("score", "published_score")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("label", sa.Text()))
        op.add_column(table, sa.Column("formula_hash", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("formula_hash")
            batch.drop_column("label")
