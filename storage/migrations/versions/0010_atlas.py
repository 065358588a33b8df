"""The atlas of scores, and the bets on who rises."""

from __future__ import annotations

from alembic import op

from storage.tables import columns

revision = "0010"
down_revision = "0009"

TABLES = {
    "published_benchmark": """
        word score* platform* tier* topic* language*, int since* until n!, real p10! p25! p50! p75! p90!
    """,
    "bet": "int publication*, time made_at!, text hash!, int size!, json leaves!",
    "bet_entry": "int publication*, key creator*+, text salt!, real value! size chance!",
}


def upgrade() -> None:
    for name, told in TABLES.items():
        op.create_table(name, *columns(told))


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
