"""The file formats of an export: each takes rows one after the other and holds few of them; same rows, same bytes."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]
Columns = dict[str, str]
"""Name and type (storage/v1.toml) of each column."""
ROWS_AT_ONCE = 5000
CHARACTERS_AT_ONCE = 8_000_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell starts that a spreadsheet would run (OWASP, CSV injection)."""


class MissingLibraryError(Exception):
    """A format needs a library that is not installed; the message says which and how."""


class Sink(Protocol):
    """One view in one format."""

    def add(self, row: Row) -> None: ...
    def close(self) -> None: ...


def plain(value: Any) -> Any:
    """Times as ``2026-11-01T08:00:00.000000Z``, days as ``2026-11-01``; anything else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain)


class Csv:
    """RFC 4180 in UTF-8, one heading line; JSON as text; what a spreadsheet would run gets an apostrophe."""

    def __init__(self, path: Path, _: str, columns: Columns) -> None:
        self.file = path.open("w", encoding="utf-8", newline="")
        self.columns = columns
        self.writer = csv.writer(self.file, lineterminator="\r\n")
        self.writer.writerow(columns)

    def add(self, row: Row) -> None:
        self.writer.writerow([self.cell(row[name], kind) for name, kind in self.columns.items()])

    @staticmethod
    def cell(value: Any, kind: str) -> Any:
        if kind == "json":
            value = None if value is None else as_json(value)
        if isinstance(value, str):
            return f"'{value}" if value.startswith(FORMULA) else value
        return plain(value)

    def close(self) -> None:
        self.file.close()


class JsonLines:
    """One JSON object a line."""

    def __init__(self, path: Path, *_: Any) -> None:
        self.file = path.open("w", encoding="utf-8", newline="")

    def add(self, row: Row) -> None:
        self.file.write(as_json(row) + "\n")

    def close(self) -> None:
        self.file.close()


class Parquet:
    """Apache Parquet, zstd; times as timestamps in UTC, JSON as text."""

    def __init__(self, path: Path, _: str, columns: Columns) -> None:
        try:
            arrow: Any = import_module("pyarrow")
            import_module("pyarrow.parquet")
        except ImportError:
            raise MissingLibraryError("Parquet needs `pip install pyarrow`; or choose another format") from None
        types = {"integer": arrow.int64(), "real": arrow.float64(), "date": arrow.date32()}
        types |= {"time": arrow.timestamp("us", tz="UTC"), "text": arrow.string(), "json": arrow.string()}
        self.arrow, self.columns = arrow, columns
        self.schema = arrow.schema([(name, types[kind]) for name, kind in columns.items()])
        self.writer = arrow.parquet.ParquetWriter(path, self.schema, compression="zstd")
        self.waiting: list[Row] = []
        self.characters = 0

    def add(self, row: Row) -> None:
        json_columns = {
            name: as_json(row[name]) for name, kind in self.columns.items() if kind == "json" and row[name] is not None
        }
        self.waiting.append({**row, **json_columns})
        self.characters += len(row.get("text") or "")
        if len(self.waiting) >= ROWS_AT_ONCE or self.characters >= CHARACTERS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self.waiting:
            self.writer.write_table(self.arrow.Table.from_pylist(self.waiting, schema=self.schema))
        self.waiting, self.characters = [], 0

    def close(self) -> None:
        self._write()
        self.writer.close()


class Sqlite:
    """A table in a snapshot database, named as the view, so that the same queries run on it."""

    TYPES = {"integer": "INTEGER", "real": "REAL"}  # noqa: RUF012

    def __init__(self, path: Path, view: str, columns: Columns) -> None:
        self.columns, self.waiting = columns, list[tuple[Any, ...]]()
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=OFF")
        self.database.execute("BEGIN")
        named = ", ".join(f'"{name}" {self.TYPES.get(kind, "TEXT")}' for name, kind in columns.items())
        self.database.execute(f'CREATE TABLE "v1_{view}" ({named})')
        self.insert = f'INSERT INTO "v1_{view}" VALUES ({", ".join("?" * len(columns))})'  # noqa: S608 - our own names
        self.characters = 0

    def add(self, row: Row) -> None:
        self.waiting.append(tuple(self._cell(row[name], kind) for name, kind in self.columns.items()))
        self.characters += len(row.get("text") or "")
        if len(self.waiting) >= ROWS_AT_ONCE or self.characters >= CHARACTERS_AT_ONCE:
            self._write()

    @staticmethod
    def _cell(value: Any, kind: str) -> Any:
        if kind == "json":
            return None if value is None else as_json(value)
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        return plain(value)

    def _write(self) -> None:
        self.database.executemany(self.insert, self.waiting)
        self.waiting, self.characters = [], 0

    def close(self) -> None:
        self._write()
        self.database.execute("COMMIT")
        self.database.close()


SINKS: dict[str, Callable[[Path, str, Columns], Sink]] = {
    "csv": Csv,
    "jsonl": JsonLines,
    "parquet": Parquet,
    "sqlite": Sqlite,
}
