"""Rows of a user's own export (docs/import.md) as records; every fault names its row, its column and the way out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Spider

from crawler.page import now
from crawler.social import moment, opted_out
from storage.addresses import Address, canonical_url, identify
from storage.records import Account, Link, Observation, Post, Record

EXTRACTOR = "import/1"
OF_POSTS = ("views", "likes", "comments", "replies", "boosts", "quotes", "saves", "shares")
NUMBERS = ("followers", "following", "posts", *OF_POSTS)
ACCOUNT = ("handle", "id", "url", "name", "bio", "avatar", "place", "language", "created_at", "links", "observed_at")
POST = ("post_id", "post_url", "title", "text", "published_at", "tags")
COLUMNS = frozenset((*NUMBERS, *ACCOUNT, *POST))


class ImportUnreadable(Exception):
    """Nothing can be taken from what was given; the message says what, where and how to mend it."""


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file:line, row) of a CSV or JSON-lines file; a line that is no JSON object is a row with ``""`` as its fault."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportUnreadable(f"{path}: {error.strerror or error}; check the path") from error
    except UnicodeDecodeError as error:
        raise ImportUnreadable(f"{path}: not UTF-8 text; save the export as UTF-8") from error
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    row = None
                yield f"{path}:{number}", row if isinstance(row, dict) else {"": "no JSON object; write one a line"}
        return
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restkey="", strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or []]
        if not {"handle", "url", "id"} & set(names):
            told = ", ".join(names) or "nothing"
            raise ImportUnreadable(f"{path}:1: a column handle, url or id is needed; found {told}")
        reader.fieldnames = names
        for row in reader:
            yield f"{path}:{reader.line_num}", {k: "more cells than columns" if k == "" else v for k, v in row.items()}
    except csv.Error as error:
        raise ImportUnreadable(f"{path}:{reader.line_num}: not readable as CSV ({error})") from error


def records_of(given: dict[str, Any], platform: str, where: str) -> list[Record]:
    """The records of one row: its account with links and numbers, and the post that it may tell of, with its numbers.

    Raises ValueError, which names the column, for anything that is not as docs/import.md says.
    """
    row = {str(k).strip().lower(): v for k, v in given.items() if v not in (None, "", [])}
    if "" in row:
        raise ValueError(str(row[""]))
    unknown = sorted(set(row) - COLUMNS)
    if unknown:
        raise ValueError(f"unknown column {unknown[0]!r}; there are: {', '.join(sorted(COLUMNS))}")
    who = _who(row, platform)
    if words := opted_out(*(str(row.get(name, "")) for name in ("name", "bio"))):
        raise ValueError(f"bio: says {words}, so it is not taken")
    seen = _moment(row, "observed_at") or now()
    if seen > now():
        raise ValueError("observed_at: lies in the future")
    provenance: dict[str, Any] = {
        "platform": who.platform,
        "source_url": f"import:{Path(where.rpartition(':')[0]).name}",
        "fetched_at": seen,
        "extractor": EXTRACTOR,
    }
    native = str(row.get("id") or who.value)
    account = Account(
        **provenance,
        native_id=native,
        url=who.url,
        handle=who.value if who.kind == "handle" else _text(row, "handle"),
        name=_text(row, "name"),
        bio=_text(row, "bio"),
        avatar=_text(row, "avatar"),
        place=_text(row, "place"),
        declared_language=_text(row, "language"),
        created_at=_moment(row, "created_at"),
    )
    links = [Link(**provenance, account_id=native, url=url, kind="profile") for url in _links(row)]
    post = _post(row, provenance, native)
    numbers = [
        Observation(**provenance, account_id=native, metric=name, value=_number(row, name), post_id=_owner(name, post))
        for name in NUMBERS
        if name in row
    ]
    return [account, *([post] if post else []), *links, *numbers]


def checked_rows(path: Path, platform: str) -> Iterator[tuple[str, list[Record] | str]]:
    """(file:line, the row's records, or the sentence that says what is wrong with it). Raises ImportUnreadable."""
    for where, row in read_rows(path):
        try:
            yield where, records_of(row, platform, where)
        except ValueError as error:
            yield where, str(error)


class ImportSpider(Spider):
    """Asks for nothing: sends the good rows of a file through the stages that every crawl's records pass."""

    name = "import"
    extractor = EXTRACTOR
    custom_settings = {"ADDONS": {}, "DOWNLOADER_MIDDLEWARES": {}}  # noqa: RUF012 - no contact is needed to ask nobody

    def __init__(self, *args: Any, file: str, platform: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file, self.platform = Path(file), platform

    async def start(self) -> AsyncIterator[Any]:
        for _, row in checked_rows(self.file, self.platform):
            for record in () if isinstance(row, str) else row:
                yield record


def _owner(metric: str, post: Post | None) -> str | None:
    return post.native_id if post and metric in OF_POSTS else None


def _who(row: dict[str, Any], platform: str) -> Address:
    for name in ("url", "handle", "id"):
        if name in row:
            found = identify(str(row[name]), platform)
            if found is None:
                raise ValueError(f"{name}: {str(row[name])[:80]!r} names no account on {platform}")
            return found
    raise ValueError("handle: one of handle, url or id must be given")


def _text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str | int):
        raise ValueError(f"{name}: must be text")
    return str(value).strip() or None if value is not None else None


def _moment(row: dict[str, Any], name: str) -> datetime | None:
    if name not in row:
        return None
    with suppress(OverflowError):  # the first and the last day there are
        if when := moment(str(row[name])):
            return when.astimezone(UTC) if name == "observed_at" else when
    raise ValueError(f"{name}: {str(row[name])[:40]!r} is no time; write 2026-05-01 or 2026-05-01T12:00:00+02:00")


def _number(row: dict[str, Any], name: str) -> int:
    text = str(row[name]).strip()
    if isinstance(row[name], bool) or not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise ValueError(f"{name}: {text[:40]!r} is no whole number; write 12400, not 12.4K or 12,400")
    return int(text)


def _links(row: dict[str, Any]) -> list[str]:
    value = row.get("links", [])
    links = value if isinstance(value, list) else str(value).split()
    for url in links:
        if not isinstance(url, str) or canonical_url(url) is None:
            raise ValueError(f"links: {str(url)[:80]!r} is no web address; part them with blanks")
    return list(dict.fromkeys(links))


def _post(row: dict[str, Any], provenance: dict[str, Any], account: str) -> Post | None:
    if not any(name in row for name in POST):
        return None
    url = str(row.get("post_url") or "")
    if canonical_url(url) is None:
        raise ValueError("post_url: a post needs its web address")
    tags = row.get("tags", [])
    return Post(
        **provenance,
        account_id=account,
        native_id=str(row.get("post_id") or canonical_url(url)),
        url=url,
        title=_text(row, "title"),
        text=_text(row, "text"),
        published_at=_moment(row, "published_at"),
        tags=[str(t) for t in tags] if isinstance(tags, list) else str(tags).replace(",", " ").split(),
    )
