"""The atlas of scores, and the bets on who rises."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Json, Key, Utc, Word

revision = "0010"
down_revision = "0009"

CELL = ("score", "platform", "tier", "topic", "language")


def upgrade() -> None:
    op.create_table(
        "published_benchmark",
        *(sa.Column(name, Word, nullable=False) for name in CELL),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("p10", "p25", "p50", "p75", "p90")),
        sa.PrimaryKeyConstraint(*CELL, "since", name=op.f("pk_published_benchmark")),
    )
    op.create_table(
        "bet",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("leaves", Json, nullable=False),
        sa.PrimaryKeyConstraint("publication", name=op.f("pk_bet")),
    )
    op.create_table(
        "bet_entry",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("creator", Key, autoincrement=False, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("size", sa.Double(), nullable=True),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("publication", "creator", name=op.f("pk_bet_entry")),
    )
    op.create_index(op.f("ix_bet_entry_creator"), "bet_entry", ["creator"])


def downgrade() -> None:
    for table in ("bet_entry", "bet", "published_benchmark"):
        op.drop_table(table)
