"""What a batch of cleaned rows changes: pure planning over what is already stored, so that both databases act alike.

Absent values never overwrite known ones; older readings never overwrite newer; a contested value keeps its history: an
unchanged one moves last_seen, a new one ends its source's last one. Several sources may hold different values open at
once (a feed and an about page); the one that began last counts. So a second, identical crawl starts nothing, whatever
the order in which its pages arrive.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

STALE = timedelta(days=30)
"""A value that its source has not shown for so long ends when another source brings a new one."""


@dataclass(slots=True)
class Stretch:
    """One value between its first sighting and ``until``, when another took its place (None: it stands)."""

    value: Any
    first_seen: datetime
    last_seen: datetime
    source_url: str
    extractor: str
    run: int | None
    until: datetime | None = None
    changed: bool = False
    """To be written."""

    @property
    def rank(self) -> tuple[datetime, str]:
        return self.first_seen, self.source_url


Row = dict[str, Any]
Facts = dict[str, list[Stretch]]
"""The stretches of one row, by field."""

ACCOUNT_FIELDS = (
    *("url", "kind", "handle", "name", "bio", "owner", "avatar", "place"),
    *("declared_language", "created_at", "status", "aliases"),
)
"""Fields of an account that keep every value from the first; details.* do as well."""
_KEPT = frozenset({"key", "first_seen", "last_seen", "seen", "run", "source_url", "extractor", "digest"})
_NO_HISTORY = frozenset({"findings", "detail", "platform", "native_id", "account", "post"})
DETAIL = "details."


class KeyClashError(ValueError):
    """Two different native ids have the same key; the later one is not stored."""


def _same(old: Row, row: Row) -> None:
    if old.get("native_id") != row.get("native_id"):
        raise KeyClashError(f"{row['native_id']} has the key of {old['native_id']}")


@dataclass(slots=True)
class Plan:
    """What is to be written of one table."""

    inserts: list[Row] = field(default_factory=list)
    updates: list[Row] = field(default_factory=list)
    facts: dict[int, Facts] = field(default_factory=dict)


def encoded(name: str, value: Any) -> str:
    """A field's value as a fact's text: text as it is, times in ISO form, anything else (and details.*) as JSON."""
    if isinstance(value, str) and not name.startswith(DETAIL):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def new_row(row: Row, columns: frozenset[str], run: int | None) -> Row:
    """The stored form of a row that was not there before."""
    fresh = {name: value for name, value in row.items() if name in columns}
    return fresh | {"first_seen": row["seen"], "last_seen": row["seen"], "run": run}


def _stretch(row: Row, value: Any, run: int | None) -> Stretch:
    return Stretch(value, row["seen"], row["seen"], row["source_url"], row["extractor"], run)


def account_facts(row: Row) -> Row:
    """The facts that an account record states, by field; absent ones left out."""
    stated = {name: row[name] for name in ACCOUNT_FIELDS if row[name] not in (None, "", [])}
    details = row["details"] or {}
    return stated | {DETAIL + name: value for name, value in details.items() if value not in (None, "", [], {})}


def merge_account(old: Row, row: Row, facts: Facts, run: int | None) -> None:
    """Brings an account's row (changed in place) and its facts up to a new record."""
    _same(old, row)
    if row["aliases"] or old["aliases"]:
        row["aliases"] = sorted({*(old["aliases"] or ()), *(row["aliases"] or ())})
    for name, value in account_facts(row).items():
        stretches = facts.setdefault(name, [])
        fact = _stretch(row, encoded(name, value), run)
        place(stretches, fact)
        if current(stretches) is fact:
            if name.startswith(DETAIL):
                old["details"] = {**(old["details"] or {}), name.removeprefix(DETAIL): value}
            else:
                old[name] = value
    _sighted(old, row, run)


def merge_row(old: Row, row: Row, facts: Facts, run: int | None) -> None:
    """Brings any other row (changed in place) up to a new record; facts are kept only where a value was contested."""
    _same(old, row)
    newer = row["seen"] >= (old["last_seen"] or row["seen"])
    for name in row.keys() & old.keys() - _KEPT:
        value, before = row[name], old[name]
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dict) and before:
            value = {**before, **value} if newer else {**value, **before}
        if name in _NO_HISTORY:
            old[name] = value if newer or before is None else before
            continue
        if value == before and name not in facts:
            continue
        stretches = facts.setdefault(name, [])
        if not stretches and before is not None:
            source, reader = old["source_url"], old["extractor"]
            known = Stretch(
                encoded(name, before),
                old["first_seen"],
                old["last_seen"] or old["first_seen"],
                source,
                reader,
                old["run"],
            )
            known.changed = True
            stretches.append(known)
        fact = _stretch(row, encoded(name, value), run)
        place(stretches, fact)
        if current(stretches) is fact or before is None:
            old[name] = value
    if newer:
        old["digest"] = row["digest"]
        if "etag" in old:
            old["detail"] = row["detail"]  # of this visit, whatever it was before
    _sighted(old, row, run)


def _sighted(old: Row, row: Row, run: int | None) -> None:
    if old["last_seen"] is None or row["seen"] > old["last_seen"]:  # a source may wait for its first visit
        old["last_seen"] = row["seen"]
        old["run"] = run
    old["first_seen"] = min(old["first_seen"], row["seen"])


def current(stretches: list[Stretch]) -> Stretch | None:
    """The value that counts now: of those that stand, the one that began last (ties: by source, so always the same)."""
    return max((s for s in stretches if s.until is None), key=lambda s: s.rank, default=None)


def place(stretches: list[Stretch], new: Stretch) -> None:
    """Puts a sighting among the stretches of one field; those touched are marked ``changed``.

    A late sighting (older than what stands) is kept as history and never becomes current.
    """
    standing = [s for s in stretches if s.until is None]
    at = new.first_seen
    for stretch in standing:
        if stretch.value == new.value and at >= stretch.first_seen:
            if at > stretch.last_seen:
                stretch.last_seen, stretch.run, stretch.changed = at, new.run, True
            return
    new.changed = True
    for stretch in stretches:
        if stretch.rank == new.rank:  # the same source said two things at once: what it said again later counts,
            if stretch.last_seen > at:
                return
            stretches.remove(stretch)  # else what came last
            break
    standing = [s for s in standing if s in stretches]
    if standing and at < max(s.last_seen for s in standing):
        later = [s.first_seen for s in stretches if s.first_seen > at]
        new.until = min(later, default=at)
    else:
        for stretch in standing:
            if stretch.source_url == new.source_url or stretch.last_seen < at - STALE:
                stretch.until, stretch.changed = at, True
    stretches.append(new)
