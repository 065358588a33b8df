"""Everything that is known of a creator, with where and when it was seen: pure gathering, for commands and exports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from storage import tables as t
from storage.identity import evidence, judgement
from storage.read import creator_of
from storage.search import list_entry
from storage.views import in_force, published

Row = dict[str, Any]
_HIDDEN = {"digest", "since", "until"}


def everything(connection: Connection, creator: int) -> Row:
    """All rows about a creator: ``creator`` (as published, None before), ``accounts``, ``facts`` (each value with where
    and when), ``observations``, ``posts`` (newest first), ``links``, ``scores`` (as published, with evidence),
    ``evidence`` and ``judgements`` of identity, ``lists``, ``changes``. Times are aware datetimes, keys integers."""
    joined, number = creator_of()
    keys = list(connection.scalars(select(t.account.c.key).select_from(joined).where(number == creator)))
    in_index = in_force(t.published_creator, published())
    shown = _rows(connection, t.published_creator, t.published_creator.c.creator == creator, in_index)
    posts = _rows(connection, t.post, t.post.c.account.in_(keys))
    posts.sort(
        key=lambda row: (row["published_at"] is not None, row["published_at"] or row["first_seen"]), reverse=True
    )
    live, scores = in_force(t.published_score, published()), t.published_score
    e, j = evidence.c, judgement.c
    return {
        "id": creator,
        "creator": shown[0] if shown else None,
        "accounts": _rows(connection, t.account, t.account.c.key.in_(keys)),
        "facts": _rows(connection, t.fact, t.fact.c.subject.in_(keys), hidden={"digest"}),
        "observations": _rows(connection, t.observation, t.observation.c.account.in_(keys), hidden=set()),
        "posts": posts,
        "links": _rows(connection, t.link, t.link.c.account.in_(keys)),
        "scores": _rows(connection, scores, scores.c.creator == creator, live),
        "evidence": _rows(connection, evidence, or_(e.a.in_(keys), e.b.in_(keys))),
        "judgements": _rows(connection, judgement, or_(j.a.in_(keys), j.b.in_(keys))),
        "lists": _rows(connection, list_entry, list_entry.c.creator == creator),
        "changes": _rows(connection, t.change, or_(t.change.c.creator == creator, t.change.c.other == creator)),
    }


def _rows(connection: Connection, table: Table, *wanted: ColumnElement[bool], hidden: set[str] = _HIDDEN) -> list[Row]:
    kept = [column for column in table.columns if column.key not in hidden]
    found = connection.execute(select(*kept).where(*wanted).order_by(*table.primary_key.columns))
    return [dict(row) for row in found.mappings()]
