"""What each pass over the limits of retention took away; what sites say of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Json, Utc

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "voice",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accounts", Json, nullable=True),
        sa.Column("asked_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_voice")),
    )
    op.create_table(
        "retention",
        sa.Column("at", Utc, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.PrimaryKeyConstraint("at", "rule", name=op.f("pk_retention")),
    )


def downgrade() -> None:
    op.drop_table("retention")
    op.drop_table("voice")
