"""A record as a table's row, made safe to store; what had to be mended or refused is named, never lost in silence."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from storage import tables
from storage.records import Account, Link, Observation, Post, Record, Source, key_of

MAX_TEXT = 1_000_000
"""Characters kept of a post's text or summary."""
MAX_LINE = 20_000
"""Characters kept of any other text, and of a JSON value as written."""
MAX_NAME = 4_096
"""An id or address longer than this is refused: cut, it would name something else."""
MAX_INT = 2**63 - 1
YEARS = range(1900, 2200)
"""Years that a date on the web can mean; outside it is a slip of the software that wrote it."""

TABLES = {Account: "account", Post: "post", Link: "link", Observation: "observation", Source: "source"}
_LONG = frozenset({"text", "summary"})
_NAMES = frozenset({"native_id", "account_id", "post_id", "url", "platform", "kind", "metric", "source_url"})
_PLATFORM = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """What was refused (``field`` None: the whole record) or mended, and why."""

    field: str | None
    reason: str
    detail: str = ""


class RefusedError(ValueError):
    """A record that cannot be stored at all."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.field}: {fault.reason}")
        self.fault = fault


Faults = list[Fault]


def _text(name: str, value: Any, faults: Faults) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        faults.append(Fault(name, "not_text", repr(value)[:200]))
        return None
    limit = MAX_TEXT if name in _LONG else MAX_LINE
    if len(value) > limit:
        faults.append(Fault(name, "too_long", f"{len(value)} characters, kept {limit}"))
        value = value[:limit]
    return (value if value.isascii() and "\x00" not in value else _legal(name, value, faults)) or None


def _legal(name: str, value: str, faults: Faults) -> str:
    if "\x00" in value:
        faults.append(Fault(name, "nul_byte", f"{value.count(chr(0))} removed"))
        value = value.replace("\x00", "")
    try:
        value.encode()
    except UnicodeEncodeError:
        faults.append(Fault(name, "lone_surrogate", "replaced by U+FFFD"))
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def _name(name: str, value: Any, faults: Faults) -> str | None:
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(Fault(name, "missing", repr(value)[:200]))
    if len(value) > MAX_NAME:
        raise RefusedError(Fault(name, "too_long", f"{len(value)} characters, at most {MAX_NAME}"))
    return value if value.isascii() and "\x00" not in value else _legal(name, value, faults)


def _no_name(name: str, value: Any, faults: Faults) -> str | None:
    return None if value is None else _name(name, value, faults)


def _time(name: str, value: Any, faults: Faults) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.year not in YEARS:
        faults.append(Fault(name, "date_out_of_range", str(value)[:200]))
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _int(name: str, value: Any, faults: Faults) -> int | None:
    if value is None or (isinstance(value, int) and -MAX_INT <= value <= MAX_INT):
        return value
    faults.append(Fault(name, "number_out_of_range", repr(value)[:200]))
    return None


def _float(name: str, value: Any, faults: Faults) -> float | None:
    if value is None or (isinstance(value, int | float) and math.isfinite(value)):
        return value
    faults.append(Fault(name, "number_out_of_range", repr(value)[:200]))
    return None


def _json(name: str, value: Any, faults: Faults) -> Any:
    if not value:
        return None
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if len(written) > MAX_TEXT:
            faults.append(Fault(name, "too_long", f"{len(written)} characters as JSON, at most {MAX_TEXT}"))
            return None
        if "\\u0000" in written:
            written = json.dumps(_without_nul(value), ensure_ascii=False)
            faults.append(Fault(name, "nul_byte", "removed"))
        return json.loads(_legal(name, written, faults))
    except (TypeError, ValueError, RecursionError) as error:
        faults.append(Fault(name, "not_json", str(error)[:200]))
        return None


def _without_nul(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name).replace("\x00", ""): _without_nul(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(inner) for inner in value]
    return value.replace("\x00", "") if isinstance(value, str) else value


_BY_TYPE: tuple[tuple[str, Callable[[str, Any, Faults], Any]], ...] = (
    ("datetime", _time),
    ("dict", _json),
    ("list", _json),
    ("str", _text),
    ("int", _int),
    ("float", _float),
)


def _cleaners(kind: type[Record]) -> list[tuple[str, Callable[[str, Any, Faults], Any]]]:
    found: list[tuple[str, Callable[[str, Any, Faults], Any]]] = []
    for field in fields(kind):
        if field.name in _NAMES:
            found.append((field.name, _no_name if "None" in str(field.type) else _name))
        else:
            found.append((field.name, next(clean for word, clean in _BY_TYPE if str(field.type).startswith(word))))
    return found


_CLEANERS = {kind: _cleaners(kind) for kind in TABLES}


def row_of(record: Record, platforms: Iterable[str] | None = None) -> tuple[str, dict[str, Any], Faults]:
    """(table, row, what was mended) of a record; ``seen`` in the row is when it was read.

    Raises RefusedError where the record has no usable platform, id, address or time. ``platforms``: the known ones;
    without it any lower-case word is one.
    """
    faults: Faults = []
    kind = type(record)
    row = {name: clean(name, getattr(record, name), faults) for name, clean in _CLEANERS[kind]}
    known = row["platform"] in platforms if platforms is not None else _PLATFORM.match(row["platform"])
    if not known:
        raise RefusedError(Fault("platform", "unknown_platform", row["platform"][:200]))
    row["seen"] = row.pop("fetched_at")
    if row["seen"] is None:
        raise RefusedError(Fault("fetched_at", "missing", repr(record.fetched_at)[:200]))
    row["extractor"] = row["extractor"] or "unknown"
    _SHAPES[kind](row, faults)
    return TABLES[kind], row, faults


@cache
def listed() -> dict[str, dict[str, dict[str, str]]]:
    """Platform (or ``any``) -> account or post -> key -> purpose."""
    return tomllib.loads(Path(__file__).with_name("allowed.toml").read_text("utf-8"))


@cache
def allowed(platform: str, table: str) -> frozenset[str]:
    """The keys that ``table`` (account or post) may hold in ``details`` for a platform."""
    return frozenset(key for name in ("any", platform) for key in listed().get(name, {}).get(table, {}))


def _listed(table: str, row: dict[str, Any], faults: Faults) -> None:
    """Drops details that allowed.toml does not list."""
    details, keys = row["details"], allowed(row["platform"], table)
    if details and not details.keys() <= keys:
        faults.append(Fault("details", "not_allowed", ", ".join(sorted(details.keys() - keys))[:200]))
        row["details"] = {name: value for name, value in details.items() if name in keys} or None


def _account(row: dict[str, Any], faults: Faults) -> None:
    _listed("account", row, faults)
    row["key"] = key_of(row["platform"], row["native_id"])
    row["kind"], row["status"] = row["kind"] or "profile", row["status"] or "active"


def _post(row: dict[str, Any], faults: Faults) -> None:
    _listed("post", row, faults)
    row["key"] = key_of(row["platform"], row["native_id"])
    row["account"] = key_of(row["platform"], row.pop("account_id"))
    row["published_on"] = row["published_at"].date() if row["published_at"] else None


def _link(row: dict[str, Any], _: Faults) -> None:
    account, post = row.pop("account_id"), row.pop("post_id")
    row["key"] = key_of(row["platform"], account, post or "", row["kind"], row["url"])
    row["account"] = key_of(row["platform"], account)
    row["post"] = key_of(row["platform"], post) if post else None


def _observation(row: dict[str, Any], _: Faults) -> None:
    account, post = row.pop("account_id"), row.pop("post_id")
    row["definition"] = row["definition"] or "1"
    row["series"] = key_of(row["platform"], account, post or "", row["metric"], row["definition"])
    row["account"] = key_of(row["platform"], account)
    row["post"] = key_of(row["platform"], post) if post else None
    if row["value"] is None:
        raise RefusedError(Fault("value", "number_out_of_range"))


def _source(row: dict[str, Any], _: Faults) -> None:
    row["key"] = key_of(row["platform"], row["url"])
    account = row.pop("account_id")
    platform = row.pop("account_platform") or row["platform"]
    row["account"] = key_of(platform, account) if account else None
    row["outcome"] = row["outcome"] or "ok"


_SHAPES = {Account: _account, Post: _post, Link: _link, Observation: _observation, Source: _source}
_MOVING = frozenset({"seen", "source_url", "extractor"})


def digest(row: dict[str, Any]) -> int:
    """A 63-bit hash of what the row says, without when and where it was read."""
    said = repr([value for name, value in row.items() if name not in _MOVING]).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big") >> 1


def quarantine_row(record: Record, fault: Fault, run_id: int | None) -> dict[str, Any]:
    """The row that tells of a fault; the same fault of the same record is always the same row."""

    def safe(value: Any) -> str:
        return _legal("", str(value)[:500], []) if value is not None else ""

    natural = safe(
        getattr(record, "native_id", None) or getattr(record, "url", None) or getattr(record, "account_id", "")
    )
    seen = record.fetched_at if _time("fetched_at", record.fetched_at, []) else datetime.now(UTC)
    kind, platform = TABLES.get(type(record), "record"), safe(record.platform)
    return {
        "key": key_of(kind, platform, natural, fault.field or "", fault.reason),
        "record": kind,
        "platform": platform,
        "natural_key": natural,
        "field": fault.field,
        "reason": fault.reason,
        "detail": safe(fault.detail),
        "source_url": safe(record.source_url),
        "extractor": safe(record.extractor),
        "first_seen": seen,
        "last_seen": seen,
        "run": run_id,
    }


COLUMNS = {name: frozenset(tables.metadata.tables[name].c.keys()) for name in TABLES.values()}
