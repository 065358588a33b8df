"""Zeroing what SQLite's secure_delete leaves: copies of rows in the gaps of pages from which they moved elsewhere.

Run as a program (``clean PATH``, or ``find PATH`` with JSON words on standard input): a process that has the database
open must not open and close its file besides, for that drops its locks (SQLite, "How To Corrupt", 2.2).
File format: https://www.sqlite.org/fileformat2.html, 1.6 (b-tree pages).
"""

from __future__ import annotations

import json
import mmap
import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

TREES = {2: 12, 5: 12, 10: 8, 13: 8}
"""Kind of b-tree page -> size of its header."""
MOST_PAGES = 0x02000000
"""From here on the first byte of an overflow page (a page number) may look like a kind of b-tree page."""


def unused(data: Any, at: int, size: int, head: int) -> Iterator[tuple[int, int]]:
    """(from, to) of the stretches of a page that hold no cell: the gap before the cells, and freed blocks."""
    kind = data[at + head]
    if kind not in TREES:
        return
    free, cells, start = struct.unpack_from(">HHH", data, at + head + 1)
    gap, start = head + TREES[kind] + 2 * cells, start or 65536
    if gap <= start <= size:
        yield at + gap, at + start
    while 0 < free <= size - 4:
        after, length = struct.unpack_from(">HH", data, at + free)
        if length > 4 and free + length <= size:
            yield at + free + 4, at + free + length
        free = after if after > free else 0


def clean(path: str) -> str:
    """Zeroes all unused stretches; a sentence about what stood in the way, or nothing."""
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("BEGIN IMMEDIATE")  # from here on nobody writes, and what is written stands in the file
    if os.path.exists(path + "-wal") and os.path.getsize(path + "-wal"):
        return "another program reads the database, so that its log could not be emptied"
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        size, reserved = struct.unpack_from(">H", data, 16)[0], data[20]
        size = 65536 if size == 1 else size
        if len(data) // size >= MOST_PAGES:
            return "the database is too large to be cleaned in place; VACUUM cleans it"
        for at in range(0, len(data) - size + 1, size):
            for low, high in unused(data, at, size - reserved, 0 if at else 100):
                if data[low:high].count(0) != high - low:
                    data[low:high] = bytes(high - low)
        data.flush()
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version={int(version)}")  # a write, so that others drop the pages they remember
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    return ""


def find(path: str, words: list[str]) -> list[str]:
    """Each place where one of the words (lower case) stands in a file, with a few letters around it."""
    found: list[str] = []
    if not os.path.exists(path) or not os.path.getsize(path):
        return found
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for coded in (word.encode() for word in words):
            at = -1
            while (at := data.find(coded, at + 1)) >= 0 and len(found) < 1000:
                found.append(data[max(at - 4, 0) : at + len(coded) + 4].decode("utf-8", "replace"))
    return found


def apart(command: str, path: str, words: tuple[str, ...] = ()) -> Any:
    """``clean`` or ``find`` in a process of its own."""
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-I", __file__, command, path],
        input=json.dumps(words),
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else f"{path} could not be looked into: {done.stderr[-200:]}"


if __name__ == "__main__":
    what, where = sys.argv[1:]
    sys.stdout.write(json.dumps(clean(where) if what == "clean" else find(where, json.load(sys.stdin))))
