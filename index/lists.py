"""Named lists of creators with notes; those of kind ``exclude`` are left out of every answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from storage import tables as t
from storage.search import creator_list, list_entry
from storage.views import in_force, published

KINDS = ("list", "exclude")


class UnknownListError(LookupError):
    """There is no list of this name; the message says which there are."""


def add(
    connection: Connection, name: str, creators: list[int], note: str | None = None, kind: str | None = None
) -> None:
    """Puts creators on a list, which is made where it is new; a note given takes the place of the former one.

    Raises ValueError where the list is there and of another kind.
    """
    there = connection.execute(select(creator_list.c.kind).where(creator_list.c.name == name)).scalar()
    now = datetime.now(UTC)
    if there is None:
        connection.execute(insert(creator_list).values(name=name, kind=kind or "list", created_at=now))
    elif kind not in (None, there):
        raise ValueError(f"{name} is a list of kind {there}; choose another name")
    known = {row.creator: row.note for row in connection.execute(select(list_entry).where(list_entry.c.list == name))}
    remove(connection, name, creators, must_be=False)
    for one in dict.fromkeys(creators):
        kept = known.get(one) if note is None else note
        connection.execute(insert(list_entry).values(list=name, creator=one, note=kept, added_at=now))


def remove(connection: Connection, name: str, creators: list[int], *, must_be: bool = True) -> int:
    """Takes creators off a list; gives how many. Raises UnknownListError."""
    if must_be:
        kind_of(connection, name)
    gone = delete(list_entry).where(list_entry.c.list == name, list_entry.c.creator.in_(creators))
    return connection.execute(gone).rowcount


def drop(connection: Connection, name: str) -> None:
    """Deletes a list and its notes. Raises UnknownListError."""
    kind_of(connection, name)
    connection.execute(delete(list_entry).where(list_entry.c.list == name))
    connection.execute(delete(creator_list).where(creator_list.c.name == name))


def kind_of(connection: Connection, name: str) -> str:
    """list or exclude. Raises UnknownListError."""
    known = {row.name: row.kind for row in connection.execute(select(creator_list))}
    if name not in known:
        raise UnknownListError(f"no list is called {name!r}; there are: {', '.join(sorted(known)) or 'none yet'}")
    return str(known[name])


def entries(connection: Connection, name: str) -> list[dict[str, Any]]:
    """creator (the present id), name, posts, note, added_at; the latest first. Raises UnknownListError."""
    kind_of(connection, name)
    redirect, shown = t.creator_redirect, t.published_creator
    now = func.coalesce(redirect.c.new, list_entry.c.creator)
    joined = list_entry.outerjoin(redirect, redirect.c.old == list_entry.c.creator)
    joined = joined.outerjoin(shown, (shown.c.creator == now) & in_force(shown, published()))
    columns = (now.label("creator"), shown.c.name, shown.c.posts, list_entry.c.note, list_entry.c.added_at)
    query = select(*columns).select_from(joined).where(list_entry.c.list == name)
    return [dict(row) for row in connection.execute(query.order_by(list_entry.c.added_at.desc(), now)).mappings()]


def lists(connection: Connection) -> list[dict[str, Any]]:
    """name, kind, creators of every list."""
    joined = creator_list.outerjoin(list_entry, list_entry.c.list == creator_list.c.name)
    count = func.count(list_entry.c.creator).label("creators")
    query = select(creator_list.c.name, creator_list.c.kind, count).select_from(joined)
    query = query.group_by(creator_list.c.name, creator_list.c.kind).order_by(creator_list.c.name)
    return [dict(row) for row in connection.execute(query).mappings()]
