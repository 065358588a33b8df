"""The tables of the atlas of scores and of the bets: percentiles of cells, and what was said would rise."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, Table, Text

from storage.tables import Json, Key, Utc, Word, metadata

published_benchmark = Table(  # as the other published tables: part of publication N when since <= N < until
    "published_benchmark",
    metadata,
    *(Column(name, Word, primary_key=True) for name in ("score", "platform", "tier", "topic", "language")),
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("until", Integer),
    Column("n", Integer, nullable=False),
    *(Column(name, Double, nullable=False) for name in ("p10", "p25", "p50", "p75", "p90")),
)

bet = Table(  # ``leaves``: the hashes of the entries, sorted; they outlive an entry that was forgotten
    "bet",
    metadata,
    Column("publication", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Utc, nullable=False),
    Column("hash", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("leaves", Json, nullable=False),
)

bet_entry = Table(  # the salt goes with the entry, so that the hash that stays names nobody
    "bet_entry",
    metadata,
    Column("publication", Integer, primary_key=True, autoincrement=False),
    Column("creator", Key, primary_key=True, autoincrement=False, index=True),
    Column("salt", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("size", Double),
    Column("chance", Double, nullable=False),
)
