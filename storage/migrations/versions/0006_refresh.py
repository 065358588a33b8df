"""The refresh cycle: what a source needs to be claimed by worth, and which slots of the clock were run."""

from __future__ import annotations

from alembic import op

from storage.tables import columns, partial

revision = "0006"
down_revision = "0005"

NEW = 100
VISITED = ("seed", "channel", "profile")
ADDED = "time quarantined_at, text host, int band, json visits"
TABLES = {
    "cycle": "serial id*, key slot, time started_at! finished_at, text by!, int exit_code, json summary",
    "pace": "text platform*, real root! mean_days!, time at!",
}


def upgrade() -> None:
    for column in columns(ADDED):
        op.add_column("source", column)
    enlist()
    op.create_index("ix_source_frontier", "source", ["platform", "band", "due_at"])
    op.create_index("ix_source_leased", "source", ["lease_until"], **partial("lease_until IS NOT NULL"))
    for name, told in TABLES.items():
        op.create_table(name, *columns(told))
    op.create_index("ix_cycle_slot", "cycle", ["slot"], unique=True)


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
    for name in reversed(TABLES):
        op.drop_table(name)
    op.drop_index("ix_source_leased", table_name="source")
    op.drop_index("ix_source_frontier", table_name="source")
    for column in reversed(columns(ADDED)):
        op.drop_column("source", column.name)
