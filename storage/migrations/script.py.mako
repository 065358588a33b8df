"""${message}."""

from __future__ import annotations

from alembic import op

from storage.tables import columns

revision = "${up_revision}"
down_revision = ${chr(34) + down_revision + chr(34) if down_revision else None}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
