"""Identity: addresses of accounts, evidence, judgements, shared accounts."""

from __future__ import annotations

from alembic import op

from storage.tables import columns, partial

revision = "0003"
down_revision = "0002"

TABLES = {
    "identity_alias": "text address*, key account!+, flag current!",
    "identity_evidence": """
        serial id*, key a! b!, text kind!, int tier!, text agrees!, flag anchored!, real weight, json detail
        text source_url! rule!, key run, time seen_at! expired_at
    """,
    "judgement": "serial id*, key a!+ b!+, text verdict! by! reason!, time at! revoked_at",
    "shared_account": "key account*, time since*, text kind!, time until",
}


def upgrade() -> None:
    for name, told in TABLES.items():
        op.create_table(name, *columns(told))
    for side in ("a", "b"):
        op.create_index(f"ix_identity_evidence_{side}", "identity_evidence", [side], **partial("expired_at IS NULL"))


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
