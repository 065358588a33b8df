"""Where a person leaves traces outside the rows: archives, exports, freed pages, logs before writing; and the proof."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Engine, Text, cast, inspect, or_, select, text
from sqlalchemy import types as kinds
from sqlalchemy.exc import DBAPIError
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from storage import tables as t
from storage.database import reading
from storage.freed import apart, find
from storage.person import Person
from storage.suppression import folder_of

WARCS = (".warc", ".warc.gz")
FULL_BYTES = 1 << 30
"""PostgreSQL: tables up to this size are written anew, so that no dead row is left on the disk."""
OTHERS_WORDS = frozenset(
    f"{table}.{column}"
    for table, columns in {
        "post": "title author text summary tags details findings url",
        "account": "bio name owner place",
        "link": "text url",
        "fact": "value",
    }.items()
    for column in columns.split()
)
"""Columns in which somebody else may speak of a person."""


def files_in(paths: Iterable[Path], endings: tuple[str, ...] = ("",)) -> Iterator[Path]:
    """The files given, and those in the folders given."""
    for path in paths:
        some = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in some if one.name.endswith(endings) and one.is_file() and not one.is_symlink())


class InUse(Exception):
    """An archive can't be rewritten now; the message says which, and what to do."""


def refuse_held(paths: Iterable[Path]) -> None:
    """Raises InUse where a crawl is writing an archive: what it holds could not be found again by names forgotten."""
    if path := next(filter(held, files_in(paths, WARCS)), None):
        raise InUse(f"{path}: a crawl is writing it; nothing was done, forget when it has ended")


def held(path: Path) -> bool:
    """Whether a crawl is writing an archive."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def clean_archives(
    paths: Iterable[Path], doomed: Callable[[Any], bool], problems: list[str], *, dry_run: bool = False
) -> dict[str, int]:
    """Writes WARC files anew without the records that are doomed; file -> records taken out.

    The others stay byte for byte. A file that a crawl is writing, or that can't be read, is left and told.
    """
    gone: dict[str, int] = {}
    for path in files_in(paths, WARCS):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, (fcntl.LOCK_SH if dry_run else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                spans = list(_spans(file, doomed))
                if count := sum(gone_ for _, _, gone_ in spans):
                    gone[str(path)] = count
                    if not dry_run:
                        _copy(file, path, [(start, end) for start, end, gone_ in spans if not gone_])
        except BlockingIOError:
            problems.append(f"{path}: a crawl is writing it; forget again when it has ended")
        except (OSError, ArchiveLoadFailed, EOFError) as error:
            problems.append(f"{path}: not readable as WARC ({str(error)[:80]}); look into it, or delete it")
    return gone


def _spans(file: BinaryIO, doomed: Callable[[Any], bool]) -> Iterator[tuple[int, int, bool]]:
    """(start, end, is it doomed) of every record."""
    records, last = ArchiveIterator(file), None
    for record in records:
        gone = doomed(record)  # first: asking for the offset reads the record to its end
        start = records.get_record_offset()
        if last is not None:
            yield last[0], start, last[1]
        last = start, gone
    if last is not None:
        yield last[0], os.fstat(file.fileno()).st_size, last[1]


def archived_until(path: Path) -> str | None:
    """When the newest response of a WARC file was recorded (as written, UTC), or None where none can be read."""
    try:
        with path.open("rb") as file:
            records = ArchiveIterator(file)
            dates = [str(r.rec_headers.get_header("WARC-Date")) for r in records if r.rec_type != "warcinfo"]
            return max(dates, default=None)
    except (OSError, ArchiveLoadFailed, EOFError):
        return None


def theirs(record: Any, who: Person) -> bool:
    """Whether an archived response is this person's, or names them."""
    url = record.rec_headers.get_header("WARC-Target-URI")
    if url and (url in who.pages or who.is_theirs(url)):
        return True
    try:
        body = record.content_stream().read()
    except Exception:  # a stranger's broken encoding: what can be seen of it is searched
        body = b""
    told = " ".join(value for _, value in record.http_headers.headers) if record.http_headers else ""
    return who.mentioned(told + "\n" + body.decode("utf-8", "replace").replace("\\/", "/"))


def _copy(file: BinaryIO, path: Path, spans: list[tuple[int, int]]) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as clean:
        for start, end in spans:
            file.seek(start)
            clean.write(file.read(end - start))
        clean.flush()
        os.fsync(clean.fileno())
    shutil.copymode(path, part)
    os.replace(part, path)


def withdraw_exports(folders: Iterable[Path], who: Person, *, dry_run: bool = False) -> dict[str, list[str]]:
    """Deletes the files of every export (a folder with manifest.json) that tells of them, and says so in its manifest.

    Folder -> its files. The views of one publication belong together, so all of an export goes or none.
    """
    gone: dict[str, list[str]] = {}
    for manifest in files_in(folders, ("manifest.json",)):
        folder, told = manifest.parent, json.loads(manifest.read_text("utf-8"))
        files = [str(file["file"]) for file in told.get("files", ()) if (folder / file["file"]).is_file()]
        if not any(_tells(folder / name, who) for name in files):
            continue
        gone[str(folder)] = files
        if not dry_run:
            told["withdrawn"] = {"at": datetime.now(UTC).isoformat(), "files": told.pop("files")}
            told["files"] = []
            part = manifest.with_name(".manifest.json.part")
            part.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(part, manifest)
            for name in files:
                (folder / name).unlink()
    return gone


def _tells(path: Path, who: Person) -> bool:
    """Whether an exported file holds a row of theirs: one that names them, or bears their number."""
    words = [*who.shortest, *(str(key) for key in who.accounts | who.creators), *(page.lower() for page in who.pages)]
    if path.suffix == ".parquet":
        try:
            table = import_module("pyarrow.parquet").read_table(path)
        except ImportError:
            return True  # it can't be looked into, so it may
        rows = (json.dumps(batch.to_pylist(), default=str, ensure_ascii=False) for batch in table.to_batches(1000))
        return any(word in row.lower() for row in rows for word in words)
    return bool(find(str(path), words))


def _found(path: Path, who: Person) -> int:
    """How often the bytes of a file name them."""
    return sum(map(who.mentioned, find(str(path), list(who.shortest))))


def sweep(engine: Engine, touched: Iterable[str], problems: list[str]) -> None:
    """Leaves no deleted byte in the database's files: SQLite's log is emptied into the database, and what its freed
    stretches hold is zeroed; PostgreSQL's tables are written anew and its log moves on."""
    if engine.dialect.name == "sqlite":
        if engine.url.database and (problem := apart("clean", engine.url.database)):
            problems.append(f"{problem}; forget again")
        return
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SET lock_timeout = '30s'"))
        for name in sorted(set(touched) & {*t.metadata.tables, "search_text"}):
            size = connection.execute(text("SELECT pg_total_relation_size(:name)"), {"name": name}).scalar_one()
            if size > FULL_BYTES:
                problems.append(
                    f"{name}: dead rows stay in its file until they are overwritten; VACUUM FULL {name} ends it"
                )
            _run(connection, f"VACUUM ({'FULL, ' * (size <= FULL_BYTES)}ANALYZE) {name}", problems)
        for command in ("VACUUM FULL pg_statistic", "SELECT pg_switch_wal()", "CHECKPOINT"):
            _run(connection, command, problems)


def _run(connection: Connection, command: str, problems: list[str]) -> None:
    try:
        connection.execute(text(command))
    except DBAPIError as error:
        problems.append(f"{command}: {str(error.orig).splitlines()[0]}; let the owner of the database run it")


def residues(engine: Engine, who: Person, paths: Iterable[Path]) -> tuple[list[str], dict[str, int]]:
    """(what is left of them, where others' own words name them: column -> rows) in every table and file."""
    listed, left, mentions = list(paths), list[str](), Counter[str]()
    main = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
    logs = [main.with_name(main.name + end) for end in ("", "-wal", "-journal")] if main else []
    answers = [apart("find", str(path), who.shortest) for path in logs]
    left += [answer for answer in answers if isinstance(answer, str)]
    told = [line for answer in answers if isinstance(answer, list) for line in answer]
    hits = sum(map(who.mentioned, told))
    if main is None or hits:
        with reading(engine) as connection:
            _rows(connection, who, left, mentions)
        if hits and not left and not mentions:
            left.append(f"{main}: {hits} places that no row uses; forget again, or run `sqlite3 {main} VACUUM`")
    named = clean_archives(listed, lambda r: theirs(r, who), [], dry_run=True)
    left += [f"{path}: {n} responses" for path, n in named.items()]
    left += [f"{folder}: {', '.join(files)}" for folder, files in withdraw_exports(listed, who, dry_run=True).items()]
    beside = [path for path in folder_of(engine).glob("*") if path not in logs and not path.name.endswith(WARCS)]
    left += [f"{path}: {n} places" for path in beside if path.is_file() and (n := _found(path, who))]
    return left, dict(mentions)


def _rows(connection: Connection, who: Person, left: list[str], mentions: Counter[str]) -> None:
    known = inspect(connection)
    for name in known.get_table_names():
        table = t.metadata.tables.get(name)
        for column in table.columns if table is not None else ():
            if not isinstance(column.type, kinds.Text | kinds.String | kinds.JSON):
                continue
            shown = cast(column, Text)
            told = or_(*(shown.contains(one, autoescape=True) for one in who.shortest)) if who.shortest else None
            if told is None:
                return
            count = sum(who.mentioned(value) for value in connection.scalars(select(shown).where(told).limit(10_000)))
            if count and f"{name}.{column.name}" in OTHERS_WORDS:
                mentions[f"{name}.{column.name}"] += count
            elif count:
                left.append(f"{name}.{column.name}: {count} rows")
