"""The refresh cycle: what a source needs to be claimed by worth, and which slots of the clock were run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Json, Key, Utc

revision = "0006"
down_revision = "0005"

NEW = 100
VISITED = ("seed", "channel", "profile")
LEASED = sa.text("lease_until IS NOT NULL")
ADDED = ("quarantined_at", "host", "band", "visits")


def upgrade() -> None:
    op.add_column("source", sa.Column("quarantined_at", Utc))
    op.add_column("source", sa.Column("host", sa.Text()))
    op.add_column("source", sa.Column("band", sa.Integer()))
    op.add_column("source", sa.Column("visits", Json))
    enlist()
    op.create_index("ix_source_frontier", "source", ["platform", "band", "due_at"])
    op.create_index("ix_source_leased", "source", ["lease_until"], sqlite_where=LEASED, postgresql_where=LEASED)
    op.create_table(
        "cycle",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("slot", Key, nullable=True),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("finished_at", Utc, nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("summary", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle")),
    )
    op.create_index(op.f("ix_cycle_slot"), "cycle", ["slot"], unique=True)
    op.create_table(
        "pace",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("root", sa.Double(), nullable=False),
        sa.Column("mean_days", sa.Double(), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_pace")),
    )


def enlist() -> None:
    """Sources that stand already: their hosts, and a place in the band of a rate that nobody knows yet."""
    op.execute("UPDATE source SET band = -4, due_at = coalesce(due_at, last_seen) WHERE last_seen IS NOT NULL")
    op.execute(f"UPDATE source SET band = {NEW} WHERE last_seen IS NULL")  # noqa: S608 - a constant
    op.execute(f"UPDATE source SET band = NULL WHERE kind NOT IN {VISITED}")  # noqa: S608 - a constant
    # scheme://user@HOST/path: what stands after // and before the next slash; users in addresses are not worth a loop
    find = "instr" if op.get_bind().dialect.name == "sqlite" else "strpos"
    rest = f"substr(url, {find}(url, '//') + 2)"
    host = f"lower(substr({rest}, 1, {find}({rest} || '/', '/') - 1))"
    op.execute(f"UPDATE source SET host = {host}")  # noqa: S608 - made of constants


def downgrade() -> None:
    op.drop_table("pace")
    op.drop_index(op.f("ix_cycle_slot"), table_name="cycle")
    op.drop_table("cycle")
    op.drop_index("ix_source_leased", table_name="source", sqlite_where=LEASED, postgresql_where=LEASED)
    op.drop_index("ix_source_frontier", table_name="source")
    for name in reversed(ADDED):
        op.drop_column("source", name)
