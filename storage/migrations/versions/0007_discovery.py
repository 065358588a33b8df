"""Discovery: candidates, places that known creators lead to."""

from __future__ import annotations

from alembic import op

from storage.tables import columns

revision = "0007"
down_revision = "0006"

CANDIDATE = """
    key key*, text platform! address!+ url!, real score!, int depth! vouchers!, json path! topics!, text status!
    key source+, time first_seen! last_seen!
"""


def upgrade() -> None:
    op.create_table("candidate", *columns(CANDIDATE))
    op.create_index("ix_candidate_status", "candidate", ["status", "score"])


def downgrade() -> None:
    op.drop_table("candidate")
