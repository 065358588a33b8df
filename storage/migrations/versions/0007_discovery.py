"""Discovery: candidates, places that known creators lead to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Json, Key, Utc

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "candidate",
        sa.Column("key", Key, autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("vouchers", sa.Integer(), nullable=False),
        sa.Column("path", Json, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", Key, nullable=True),
        sa.Column("first_seen", Utc, nullable=False),
        sa.Column("last_seen", Utc, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_candidate")),
    )
    op.create_index("ix_candidate_status", "candidate", ["status", "score"], unique=False)
    op.create_index(op.f("ix_candidate_address"), "candidate", ["address"], unique=False)
    op.create_index(op.f("ix_candidate_source"), "candidate", ["source"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_candidate_source"), table_name="candidate")
    op.drop_index(op.f("ix_candidate_address"), table_name="candidate")
    op.drop_index("ix_candidate_status", table_name="candidate")
    op.drop_table("candidate")
