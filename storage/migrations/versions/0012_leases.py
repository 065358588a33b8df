"""Leases in a table of their own: a claim writes a few pages of it instead of a row here and there of all sources.

The index on due_at alone goes: PostgreSQL took it for that of the frontier, and read past what other bands hold.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Key, Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LEASED = sa.text("lease_until IS NOT NULL")
TAKEN = """INSERT INTO lease (key, platform, host, by, until, begun)
SELECT key, platform, coalesce(host, ''), lease_by, lease_until, 1 FROM source WHERE lease_by IS NOT NULL"""
COUNTED = "UPDATE source SET attempts = attempts - 1 WHERE lease_by IS NOT NULL AND attempts > 0"
GIVEN = """UPDATE source SET lease_until = lease.until, lease_by = lease.by, attempts = attempts + lease.begun
FROM lease WHERE lease.key = source.key"""


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("key", Key, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("platform", "host", "by")),
        sa.Column("until", Utc, nullable=True),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lease")),
    )
    op.execute(TAKEN)
    op.execute(COUNTED)
    op.drop_index("ix_source_leased", table_name="source", sqlite_where=LEASED, postgresql_where=LEASED)
    op.drop_index(op.f("ix_source_due_at"), table_name="source")
    for name in ("lease_until", "lease_by"):
        op.drop_column("source", name)


def downgrade() -> None:
    op.add_column("source", sa.Column("lease_by", sa.Text()))
    op.add_column("source", sa.Column("lease_until", Utc))
    op.create_index("ix_source_leased", "source", ["lease_until"], sqlite_where=LEASED, postgresql_where=LEASED)
    op.create_index(op.f("ix_source_due_at"), "source", ["due_at"])
    op.execute(GIVEN)
    op.drop_table("lease")
