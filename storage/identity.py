"""The tables of identity: addresses of accounts, and dated evidence, judgements and shared accounts."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Index, Integer, Table, Text

from storage.tables import Json, Key, Utc, metadata, partial

alias = Table(  # every address that names an account; a handle that changed hands names its present holder
    "identity_alias",
    metadata,
    Column("address", Text, primary_key=True),
    Column("account", Key, nullable=False, index=True),
    Column("current", Boolean, nullable=False),
)

evidence = Table(  # one row a reason and stretch of time; ``expired_at`` is when it held no longer
    "identity_evidence",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("a", Key, nullable=False),
    Column("b", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("agrees", Text, nullable=False),
    Column("anchored", Boolean, nullable=False),
    Column("weight", Double),
    Column("detail", Json),
    Column("source_url", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("run", Key),
    Column("seen_at", Utc, nullable=False),
    Column("expired_at", Utc),
    Index("ix_identity_evidence_a", "a", **partial("expired_at IS NULL")),
    Index("ix_identity_evidence_b", "b", **partial("expired_at IS NULL")),
)

judgement = Table(
    "judgement",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("a", Key, nullable=False, index=True),
    Column("b", Key, nullable=False, index=True),
    Column("verdict", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

shared_account = Table(
    "shared_account",
    metadata,
    Column("account", Key, primary_key=True, autoincrement=False),
    Column("since", Utc, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("until", Utc),
)
