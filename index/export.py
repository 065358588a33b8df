"""Exports of a publication: files for each view, and a manifest from which anybody can check them.

The same publication gives the same bytes: rows in the order of their key as they stood when it was published, without
the columns that move of themselves. Data read late (older than the publication, stored after it) is the one exception.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from sqlalchemy import Connection, Engine, select

from index.public import VALID, not_for_all
from index.sinks import SINKS, Row, plain
from storage import tables as t
from storage.database import DatabaseProblem, reading, where
from storage.views import dictionary, rows, stood

FORMATS = (*SINKS, "opml")
SNAPSHOT = "grapevine.sqlite"
OPML = "feeds.opml"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class _Output:
    path: Path
    """Where it is written until it is whole."""
    format: str
    views: dict[str, int] = field(default_factory=dict)


def columns_of(view: str) -> dict[str, str]:
    """The exported columns of a view and their types; those that move of themselves are left out."""
    columns = dictionary()[view]["columns"]
    return {name: column["type"] for name, column in columns.items() if not column.get("moving")}


def schema_hash(view: str) -> str:
    """SHA-256 over names and types, in their order: it changes when and only when the shape does."""
    return hashlib.sha256(json.dumps(list(columns_of(view).items())).encode()).hexdigest()


def export(
    engine: Engine,
    folder: Path,
    formats: Iterable[str],
    views: Iterable[str] | None = None,
    *,
    as_of: datetime | None = None,
    publication: int | None = None,
    public: bool = False,
) -> dict[str, Any]:
    """Writes the views (default: all) into ``folder`` and gives the manifest, which is written last.

    ``as_of``: everything as it stood then; ``publication``: as it was published under that number; default: the one in
    force; ``public``: only what may be given to everybody (index.public). Raises DatabaseProblem where nothing was
    published by then, MissingLibraryError, OSError.
    """
    formats, views = list(dict.fromkeys(formats)), list(views or dictionary())
    with reading(engine) as connection:
        number, at = _chosen(connection, where(engine), as_of, publication)
        folder.mkdir(parents=True, exist_ok=True)
        outputs: dict[str, _Output] = {}
        for view in views:
            given = _rows(connection, view, at, public)
            _export_view(given, view, folder, [name for name in formats if name != "opml"], outputs)
        if "opml" in formats:
            _export_feeds(connection, at, folder, outputs, public)
    manifest: dict[str, Any] = {"publication": number, "as_of": plain(at)}
    if public:
        manifest |= {"public": True, "valid_until": plain(datetime.now(UTC) + VALID)}
    manifest["files"] = [_shown(folder, *item) for item in outputs.items()]
    _replace(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest


def _chosen(connection: Connection, place: str, at: datetime | None, number: int | None) -> tuple[int, datetime]:
    pub = t.publication.c
    query = select(pub.number, pub.published_at).where(pub.status == "published").order_by(pub.number.desc())
    if number is not None:
        query = query.where(pub.number == number)
    if at is not None:
        query = query.where(pub.published_at <= at)
    found = connection.execute(query.limit(1)).first()
    if found is None:
        asked = f"no publication {number}" if number is not None else f"nothing was published by {at or 'now'}"
        raise DatabaseProblem(f"{place}: {asked}; run `scrapy publish`, or see v1_publications for what there is")
    return found.number, at or found.published_at


def _rows(connection: Connection, view: str, at: datetime, public: bool) -> Iterator[Row]:
    found = rows(connection, view, at)
    return not_for_all(connection, view, found) if public else found


def _export_view(
    given: Iterator[Row], view: str, folder: Path, formats: list[str], outputs: dict[str, _Output]
) -> None:
    sinks = []
    for name in formats:
        file = SNAPSHOT if name == "sqlite" else f"{view}.{name}"
        if file not in outputs:
            outputs[file] = _Output(folder / f".{file}.part", name)
            outputs[file].path.unlink(missing_ok=True)
        sinks.append((SINKS[name](outputs[file].path, view, columns_of(view)), outputs[file]))
    count = 0
    for row in given:
        count += 1
        for sink, _ in sinks:
            sink.add(row)
    for sink, output in sinks:
        sink.close()
        output.views[view] = count


def _export_feeds(
    connection: Connection, at: datetime, folder: Path, outputs: dict[str, _Output], public: bool
) -> None:
    """The feeds that could be read, as OPML 2.0, for a feed reader (or as seeds of another crawl)."""
    output = outputs[OPML] = _Output(folder / f".{OPML}.part", "opml")
    with output.path.open("w", encoding="utf-8", newline="") as file:
        head = f"<head><title>grapevine</title><dateCreated>{plain(at)}</dateCreated></head>"
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">{head}<body>\n')
        count = 0
        for url, name, page in _feeds(connection, at, public):
            count += 1
            shown = {"type": "rss", "text": name or url, "xmlUrl": url, "htmlUrl": page}
            told = (f"{key}={quoteattr(_NOT_XML.sub('', value))}" for key, value in shown.items() if value)
            file.write(f"<outline {' '.join(told)}/>\n")
        file.write("</body></opml>\n")
    output.views["sources"] = count


def _feeds(connection: Connection, at: datetime, public: bool) -> Iterator[tuple[str, str | None, str | None]]:
    for source in _rows(connection, "sources", at, public):
        if source["kind"] == "feed" and source["outcome"] in ("ok", "unchanged"):
            name, page = (stood(connection, source["account"], field, at) for field in ("name", "url"))
            yield source["url"], name, page


def _shown(folder: Path, name: str, output: _Output) -> dict[str, Any]:
    """Puts a finished file in its place and describes it."""
    digest = hashlib.sha256()
    with output.path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    os.replace(output.path, folder / name)
    size = (folder / name).stat().st_size
    views = [{"view": f"v1_{v}", "rows": n, "schema_sha256": schema_hash(v)} for v, n in output.views.items()]
    return {"file": name, "format": output.format, "bytes": size, "sha256": digest.hexdigest(), "views": views}


def _replace(path: Path, content: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(content, encoding="utf-8")
    os.replace(part, path)
