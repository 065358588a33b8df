"""What each pass over the limits of retention took away; what sites say of themselves."""

from __future__ import annotations

from alembic import op

from storage.tables import columns

revision = "0009"
down_revision = "0008"

TABLES = {
    "voice": "text origin* state!, json accounts, time asked_at!",
    "retention": "time at*, text rule*, json counts!",
}


def upgrade() -> None:
    for name, told in TABLES.items():
        op.create_table(name, *columns(told))


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
