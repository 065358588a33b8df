"""The tables of identity: addresses of accounts, and dated evidence, judgements and shared accounts."""

from __future__ import annotations

from sqlalchemy import Index

from storage.tables import partial, table

# every address that names an account; a handle that changed hands names its present holder
alias = table("identity_alias", "text address*, key account!+, flag current!")

evidence = table(  # one row a reason and stretch of time; ``expired_at`` is when it held no longer
    "identity_evidence",
    """
    serial id*, key a! b!, text kind!, int tier!, text agrees!, flag anchored!, real weight, json detail
    text source_url! rule!, key run, time seen_at! expired_at
    """,
    *(Index(f"ix_identity_evidence_{side}", side, **partial("expired_at IS NULL")) for side in ("a", "b")),
)

judgement = table("judgement", "serial id*, key a!+ b!+, text verdict! by! reason!, time at! revoked_at")
shared_account = table("shared_account", "key account*, time since*, text kind!, time until")
