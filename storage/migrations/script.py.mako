"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Json, Key, Utc, Word

revision = "${up_revision}"
down_revision = ${chr(34) + down_revision + chr(34) if down_revision else None}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
