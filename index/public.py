"""What an export for everybody leaves out: contacts, rows under an API's terms, who wants no data sets, full texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, or_, select

from storage import tables as t
from storage.merge import DETAIL
from storage.read import chunks

VALID = timedelta(days=30)
"""How long a public export may be used; then it has to be fetched anew, without those who left meanwhile."""
API = "youtube_api"
CONTACTS = frozenset({"contact", "contact_opt_in", "about"})
"""Details of accounts that stay here: addresses, and the text of an about page."""
WORDS = frozenset({"text", "summary", "author", "findings"})
"""Fields of posts that stay here; title, address, days, language and niche go out."""
_OWNERS = {"accounts": "account", "observations": "account", "links": "account", "sources": "account"}
Row = dict[str, Any]


def not_for_all(connection: Connection, view: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of a view that may be given to everybody, without the values that may not.

    What counts is what is known now, also for an older publication: a wish of today holds for it as well. A creator
    one of whose accounts may not be published has no line, no scores and no changes; their other accounts stay.
    """
    for chunk in chunks(rows):
        left_out = _left_out(connection, view, chunk)
        yield from (_bare(view, row) for row, out in zip(chunk, left_out, strict=True) if not out)


def _left_out(connection: Connection, view: str, rows: list[Row]) -> list[bool]:
    if view in ("creators", "scores", "changes"):
        mixed = _creators(connection, {row["creator"] for row in rows})
        return [row["creator"] in mixed for row in rows]
    if view in _OWNERS:
        hidden = _hidden(connection, t.account.c.key, {row[_OWNERS[view]] for row in rows})
    if view == "posts":
        hidden = _hidden(connection, t.account.c.key, {row["account"] for row in rows})
        theirs = _posts(connection, {row["post"] for row in rows})
        return [row["account"] in hidden or row["post"] in theirs for row in rows]
    if view == "observations":
        return [row["account"] in hidden or _by_api(row) for row in rows]
    if view == "facts":
        about = {row["subject"] for row in rows}
        hidden = _hidden(connection, t.account.c.key, about) | _posts(connection, about)
        return [row["subject"] in hidden or _by_api(row) or _unsaid(row["field"]) for row in rows]
    return [row[_OWNERS[view]] in hidden for row in rows] if view in _OWNERS else [False] * len(rows)


def _by_api(row: Row) -> bool:
    return str(row["extractor"]).startswith(f"{API}/")


def _unsaid(field: str) -> bool:
    return field in WORDS or field.removeprefix(DETAIL) in CONTACTS


def _bare(view: str, row: Row) -> Row:
    if view == "posts":
        return row | dict.fromkeys(WORDS | {"details"})
    if view == "accounts" and row["details"]:
        return row | {"details": {k: v for k, v in row["details"].items() if k not in CONTACTS} or None}
    return row


def _under_terms(table: Any) -> ColumnElement[bool]:
    """Rows that YouTube's Data API told: its terms (III.E.4) let nobody pass them on."""
    policy: ColumnElement[str] = table.c.details["source_policy"].as_string()
    return or_(policy.is_not(None), table.c.extractor.startswith(f"{API}/", autoescape=True))


def _no_data_set() -> ColumnElement[bool]:
    """Bluesky accounts that do not say that they may stand in data sets (proposal 0008; silence is no yes)."""
    said: ColumnElement[str] = t.account.c.details["bulk_dataset"].as_string()
    return (t.account.c.platform == "bluesky") & (func.coalesce(said, "") != "allow")


def _hidden(connection: Connection, column: Column[Any], keys: set[Any]) -> set[int]:
    found = select(t.account.c.key).where(column.in_(keys - {None}), or_(_under_terms(t.account), _no_data_set()))
    return set(connection.scalars(found))


def _posts(connection: Connection, keys: set[int]) -> set[int]:
    """Posts among ``keys`` that may not be published, by themselves or by their account."""
    p = t.post.c
    held = select(p.key).join(t.account, t.account.c.key == p.account, isouter=True).where(p.key.in_(keys))
    return set(connection.scalars(held.where(or_(_under_terms(t.post), _under_terms(t.account), _no_data_set()))))


def _creators(connection: Connection, keys: set[int]) -> set[int]:
    """Creators among ``keys`` with an account that may not be published, now or in a publication."""
    hidden = or_(_under_terms(t.account), _no_data_set())
    mixed = _hidden(connection, t.account.c.key, keys)  # an account that nothing ties to another is its own creator
    for member in (t.creator_member, t.published_member):
        of = select(member.c.creator).join(t.account, t.account.c.key == member.c.account)
        mixed |= set(connection.scalars(of.where(member.c.creator.in_(keys), hidden)))
    return mixed
