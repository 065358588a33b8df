"""Everything that is held about one person, with source, time and purpose, for that person: as data and as a page.

Right of access: GDPR Art. 15; what each table is for stands in purposes.toml.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from storage.forget import Whom
from storage.person import gather
from storage.takeout import rows_of

_SOURCES = ("source_url", "url", "origin", "host")
_TIMES = ("first_seen", "seen_at", "since", "at", "created_at", "computed_at", "fetched_at")
_UNTIL = ("last_seen", "expired_at", "revoked_at", "until")
_STYLE = """body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin:2rem 0 0}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem;table-layout:fixed}
th,td{border:1px solid #bbb;padding:.3rem .5rem;text-align:start;vertical-align:top;overflow-wrap:anywhere}
th{width:11rem;background:#f4f4f4;font-weight:600}p{margin:.2rem 0}
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}"""


@cache
def purposes() -> dict[str, dict[str, str]]:
    """Table -> ``what`` it holds, its ``purpose``, and its ``columns``: there are no others."""
    return tomllib.loads(Path(__file__).with_name("purposes.toml").read_text("utf-8"))


def everything(connection: Connection, whom: Whom) -> dict[str, Any]:
    """All that is held of them: ``held`` has for each kind ``what``, ``purpose``, ``rows``; each row says ``source``,
    ``from`` and ``until`` (ISO 8601) beside its ``values``. Empty values are left out; others' accounts are numbers.
    """
    who = gather(connection, whom.accounts, whom.names)
    held: dict[str, dict[str, Any]] = {}
    for table, row in rows_of(connection, who):
        values = {name: _plain(value) for name, value in row.items() if value not in (None, "", [], {})}
        about = purposes()[table]
        kind = held.setdefault(table, {"what": about["what"], "purpose": about["purpose"], "rows": []})
        known = {"source": _first(values, _SOURCES), "from": _first(values, _TIMES), "until": _first(values, _UNTIL)}
        kind["rows"].append({**known, "values": values})
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"made_at": made_at, "known_as": sorted(who.names), "held": held}


def _first(values: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if name in values), None)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value > 1e9:  # hosts' times are seconds since 1970
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else value


def page(told: dict[str, Any]) -> str:
    """The same as a page of HTML that needs nothing else, to read or print."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>What is held about you</title><style>{_STYLE}</style><h1>What is held about you</h1>"
    yield f"<p>As of {escape(told['made_at'])}. Known as: {escape(', '.join(told['known_as']) or 'nobody')}.</p>"
    if not told["held"]:
        yield "<p>Nothing is held about you.</p>"
    else:
        yield "<p>All of it was read from public pages, or from a file that an operator imported. You can have it "
        yield "corrected or deleted: ask whoever gave you this page.</p>"
    for kind in told["held"].values():
        rows = kind["rows"]
        yield f"<h2>{escape(kind['what'])}</h2><p>What for: {escape(kind['purpose'])}. Entries: {len(rows)}.</p>"
        for row in rows:
            yield "<table>" + "".join(_cell(name, value) for name, value in _shown(row)) + "</table>"


def _shown(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, row[name]) for name in ("source", "from", "until") if row[name] is not None)
    told = {*_SOURCES, *_TIMES, *_UNTIL, "digest", "run"} - {"url"}
    yield from ((name, value) for name, value in row["values"].items() if name not in told)


def _cell(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{escape(text)}</td></tr>"
