"""The tables of search: facets of creators by publication, documents of the full-text index, lists, saved searches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, Double, Index, Integer, Table, Text, column, delete, select, table, text

from storage.tables import Json, Key, Utc, Word, key, metadata, post, published_score

facet = Table(  # what a creator is found by; versioned as the other published tables
    "published_facet",
    metadata,
    Column("creator", Key, primary_key=True, autoincrement=False),
    Column("kind", Word, primary_key=True),  # niche, domain, language, platform, place, sponsorship
    Column("value", Word, primary_key=True),
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("until", Integer),
    Column("share", Double, nullable=False),  # of their posts; 1 for platform and place
    Index("ix_published_facet_kind", "kind", "value", "share", "creator", "since", "until"),
)

block = Table(  # a row of the full-text index: some texts of an account, so that a common word costs little
    "search_block",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account", Key, nullable=False, index=True),
)

document = Table(  # which text stands in which block: a post, or the bio of an account
    "search_document",
    metadata,
    key(),
    Column("account", Key, nullable=False, index=True),
    Column("block", Key, nullable=False, index=True),
    Column("digest", Key, nullable=False),
)
words = table("search_text", column("rowid"), column("words"))
"""By block. SQLite: an FTS5 table; PostgreSQL: rowid and a tsvector. Made by the migration: no one Table is both."""


def take_out(connection: Connection, keys: Iterable[int]) -> dict[str, int]:
    """Takes the blocks of these posts and accounts (by their keys) out of the full-text index, in the caller's
    transaction; table -> rows. Other texts of these blocks are indexed anew at the next publication."""
    of = list(keys)
    some = select(document.c.block).where(document.c.key.in_(of))
    whole = select(block.c.id).where(block.c.account.in_(of))  # also blocks all of whose posts are gone
    return take_out_blocks(connection, list(connection.scalars(some.union(whole))))


def take_out_blocks(connection: Connection, ids: list[int]) -> dict[str, int]:
    gone = {words: words.c.rowid, block: block.c.id, document: document.c.block} if ids else {}
    return {of.name: connection.execute(delete(of).where(column.in_(ids))).rowcount for of, column in gone.items()}


def leave_no_word(connection: Connection) -> None:
    """SQLite: FTS5 keeps deleted words in older segments of its index until they are written anew, as here."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO search_text(search_text) VALUES ('optimize')"))


creator_list = Table(
    "creator_list",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # list, exclude
    Column("created_at", Utc, nullable=False),
)

list_entry = Table(
    "list_entry",
    metadata,
    Column("list", Text, primary_key=True),
    Column("creator", Key, primary_key=True, autoincrement=False, index=True),
    Column("note", Text),
    Column("added_at", Utc, nullable=False),
)

saved_search = Table(
    "saved_search",
    metadata,
    Column("name", Text, primary_key=True),
    Column("filters", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
)

saved_hit = Table(  # which creators a saved search found, and between which publications
    "saved_hit",
    metadata,
    Column("search", Text, primary_key=True),
    Column("creator", Key, primary_key=True, autoincrement=False, index=True),
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("until", Integer),
)

Index("ix_post_changed", post.c.account, post.c.key, post.c.digest)  # what changed, without reading a text
Index(
    "ix_post_sponsorship",
    post.c.account,
    post.c.sponsorship,
    sqlite_where=post.c.sponsorship != "none",
    postgresql_where=post.c.sponsorship != "none",
)
_LABELLED = published_score.c
Index(
    "ix_published_score_label",
    *(_LABELLED[name] for name in ("name", "label", "creator", "since", "until")),
    sqlite_where=_LABELLED.label.is_not(None),
    postgresql_where=_LABELLED.label.is_not(None),
)


def _described(_: Any, name: str | None, kind: str, *__: Any) -> bool:
    return not (kind in ("table", "index") and str(name).startswith("search_text"))


OURS: dict[str, Any] = {"include_object": _described}
"""Alembic's options to compare tables without those of the full-text index (FTS5 keeps five of its own)."""
