"""Saved searches: filters under a name, what each publication changed in their answer, and feeds that tell it."""

from __future__ import annotations

import json
import logging
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from sqlalchemy import Connection, Engine, delete, insert, select, update

from index.filters import Filters, UnknownFilterError, checked
from index.query import whom
from index.sinks import plain
from storage import tables as t
from storage.database import reading, writing
from storage.search import saved_hit, saved_search

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 200
log = logging.getLogger(__name__)
_NAME = re.compile(r"[\w-]{1,80}")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SavedSearchError(ValueError):
    """A name that can't be a file's, or that no saved search has."""


def save(connection: Connection, name: str, filters: Filters) -> None:
    """Saves a search and whom it finds now; one of the same name is replaced and its history forgotten.

    Raises SavedSearchError, UnknownFilterError.
    """
    if not _NAME.fullmatch(name):
        raise SavedSearchError(f"{name!r}: a name is made of letters, digits, - and _")
    forget(connection, name, must_be=False)
    row = {"name": name, "filters": filters, "created_at": datetime.now(UTC)}
    connection.execute(insert(saved_search).values(row))
    _note(connection, name, filters)


def forget(connection: Connection, name: str, *, must_be: bool = True) -> None:
    """Deletes a saved search and its history. Raises SavedSearchError."""
    if must_be:
        _must_be(connection, name)
    connection.execute(delete(saved_hit).where(saved_hit.c.search == name))
    connection.execute(delete(saved_search).where(saved_search.c.name == name))


def searches(connection: Connection) -> dict[str, Filters]:
    """Name -> filters, as they were saved."""
    query = select(saved_search).order_by(saved_search.c.name)
    return {row.name: row.filters for row in connection.execute(query)}


def filters_of(connection: Connection, name: str) -> Filters:
    """Raises SavedSearchError; UnknownFilterError where what was saved is no filter any more."""
    return checked(_must_be(connection, name))


def _must_be(connection: Connection, name: str) -> dict[str, str]:
    known = searches(connection)
    if name not in known:
        raise SavedSearchError(f"no search is saved as {name!r}; there are: {', '.join(known) or 'none yet'}")
    return known[name]


def note_hits(engine: Engine, _: int) -> int:
    """After a publication: notes who came into and who left each saved search; gives how many. A search that can't be
    asked any more (its list was dropped) is named in the log and stays as it was."""
    count = 0
    with reading(engine) as connection:
        known = searches(connection)
    for name, filters in known.items():
        try:
            with writing(engine) as connection:
                count += _note(connection, name, checked(filters))
        except UnknownFilterError as problem:
            log.warning("saved search %s: %s; save it anew", name, problem)
    return count


def _note(connection: Connection, name: str, filters: Filters) -> int:
    ids, _, number = whom(connection, filters, "posts", None)
    now, h = set(ids), saved_hit.c
    stood = set(connection.scalars(select(h.creator).where(h.search == name, h.until.is_(None))))
    for gone in stood - now:
        same = (h.search == name, h.creator == gone, h.until.is_(None))
        connection.execute(update(saved_hit).where(*same).values(until=number))
    if new := now - stood:
        rows = [{"search": name, "creator": one, "since": number} for one in sorted(new)]
        connection.execute(insert(saved_hit), rows)
    return len(stood ^ now)


def entries(connection: Connection, name: str) -> list[dict[str, Any]]:
    """What changed in the answer, the latest first: publication, at, creator, name, url, change (added, removed or
    changed) and fields; at most 200. Raises SavedSearchError."""
    _must_be(connection, name)
    h, ch, pub = saved_hit.c, t.change.c, t.publication.c
    hits = connection.execute(select(saved_hit).where(h.search == name)).all()
    told = [(row.since, row.creator, "added", None) for row in hits]
    told += [(row.until, row.creator, "removed", None) for row in hits if row.until is not None]
    inside = t.change.join(saved_hit, (h.creator == ch.creator) & (h.since < ch.publication))
    changed = select(ch.publication, ch.creator, ch.fields).select_from(inside)
    changed = changed.where(h.search == name, ch.change == "changed")
    changed = changed.where(h.until.is_(None) | (h.until > ch.publication)).order_by(ch.publication.desc())
    told += [
        (row.publication, row.creator, "changed", row.fields) for row in connection.execute(changed.limit(ENTRIES))
    ]
    told = sorted(told, key=lambda one: (-one[0], one[2], one[1]))[:ENTRIES]
    when = {row.number: row.published_at for row in connection.execute(select(pub.number, pub.published_at))}
    who = _who(connection, {creator for _, creator, *_ in told})
    return [
        {"publication": number, "at": when[number], "creator": creator, "change": change, "fields": fields}
        | who.get(creator, {"name": None, "url": None})
        for number, creator, change, fields in told
    ]


def _who(connection: Connection, creators: set[int]) -> dict[int, dict[str, Any]]:
    c = t.published_creator.c
    query = select(c.creator, c.name, c.urls).where(c.creator.in_(creators)).order_by(c.since)
    return {row.creator: {"name": row.name, "url": (row.urls or [None])[0]} for row in connection.execute(query)}


def write_feeds(engine: Engine, folder: Path, names: list[str] | None = None) -> list[Path]:
    """Writes ``NAME.atom`` (RFC 4287) and ``NAME.json`` (JSON Feed 1.1) of saved searches (default: all) into a folder,
    each in one step; gives the files. Raises SavedSearchError, OSError."""
    made = []
    with reading(engine) as connection:
        for name in names or searches(connection):
            told = entries(connection, name)
            for path, content in ((f"{name}.atom", atom(name, told)), (f"{name}.json", json_feed(name, told))):
                folder.mkdir(parents=True, exist_ok=True)
                part = folder / f".{path}.part"
                part.write_text(content, encoding="utf-8")
                os.replace(part, folder / path)
                made.append(folder / path)
    return made


def _told(entry: dict[str, Any]) -> tuple[str, str, str]:
    """(id, title, sentence) of an entry."""
    name = _NOT_XML.sub("", entry["name"] or str(entry["creator"]))
    what = f"{entry['change']} in publication {entry['publication']}"
    fields = f": {', '.join(entry['fields'])}" if entry["fields"] else ""
    return f"urn:grapevine:{entry['publication']}:{entry['creator']}:{entry['change']}", name, what + fields


def atom(name: str, told: list[dict[str, Any]]) -> str:
    """The entries as an Atom feed."""
    feed = Xml.Element("feed", xmlns=ATOM)
    latest = plain(told[0]["at"]) if told else "1970-01-01T00:00:00Z"
    for tag, words in (("id", f"urn:grapevine:saved:{name}"), ("title", name), ("updated", latest)):
        Xml.SubElement(feed, tag).text = words
    Xml.SubElement(Xml.SubElement(feed, "author"), "name").text = "grapevine"
    for one in told:
        key, title, sentence = _told(one)
        entry = Xml.SubElement(feed, "entry")
        Xml.SubElement(entry, "id").text = key
        Xml.SubElement(entry, "title").text = f"{title}: {one['change']}"
        Xml.SubElement(entry, "updated").text = plain(one["at"])
        Xml.SubElement(entry, "summary").text = sentence
        if one["url"]:
            Xml.SubElement(entry, "link", rel="alternate", href=one["url"])
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(feed, encoding="unicode") + "\n"


def json_feed(name: str, told: list[dict[str, Any]]) -> str:
    """The entries as a JSON Feed 1.1; ``_grapevine`` holds them as data."""
    items = []
    for one in told:
        key, title, sentence = _told(one)
        data = {field: one[field] for field in ("publication", "creator", "change", "fields")}
        item: dict[str, Any] = {"id": key, "title": f"{title}: {one['change']}", "content_text": sentence}
        item |= {"date_published": plain(one["at"]), "_grapevine": data}
        items.append(item | ({"url": one["url"]} if one["url"] else {}))
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": name, "items": items}
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"
