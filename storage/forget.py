"""Forgetting a person: out of every table, archive and export, with a keyed hash kept so that they never come back.

What others wrote stays theirs: a post that mentions the person keeps its words, a link to them is deleted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, or_, select, update

from storage import tables as t
from storage.database import writing
from storage.identity import alias
from storage.person import gather
from storage.removal import InUse, clean_archives, refuse_held, residues, sweep, theirs, withdraw_exports
from storage.suppression import Suppressor, folder_of, names
from storage.takeout import take_out

TOMBSTONES = "forgotten.jsonl"
SILENT = timedelta(minutes=10)
"""A publication that gave no sign for so long is not being built any more."""


__all__ = ["InUse", "NobodyNamed", "Report", "Whom", "find", "forget"]


class NobodyNamed(Exception):
    """What was given names no account; the message says how to name one."""


@dataclass(slots=True)
class Report:
    """What was (or, in a dry run, would be) taken away; ``problems`` says what is left to do, and how."""

    dry_run: bool
    accounts: list[int] = field(default_factory=list)
    creators: list[int] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    archives: dict[str, int] = field(default_factory=dict)
    """File -> responses taken out."""
    exports: dict[str, list[str]] = field(default_factory=dict)
    """Folder -> files that were withdrawn; ``scrapy publish`` and ``scrapy export`` make them anew."""
    claims: list[str] = field(default_factory=list)
    """Addresses that they call their own, of no account of theirs here: name them, too, if they are."""
    imports: list[str] = field(default_factory=list)
    """Files of the user's own that told of them."""
    marks: int = 0
    residues: list[str] = field(default_factory=list)
    mentions: dict[str, int] = field(default_factory=dict)
    """Column -> rows in which others' own words name them; these stay."""
    problems: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Whom:
    """Whose everything goes: accounts that are stored, and canonical forms of what was named."""

    accounts: set[int]
    names: list[str] = field(default_factory=list)


def find(connection: Connection, given: str, platform: str | None = None, *, alone: bool = False) -> Whom:
    """Whom an address, handle, account key or creator id names: with all accounts of that person, or ``alone``.

    No account where nobody stored is named so. Raises NobodyNamed where it names nobody, or several people.
    """
    forms: list[str] = []
    a, m = t.account.c, t.creator_member.c
    if given.isdecimal():
        number = int(given)
        number = connection.scalar(select(t.creator_redirect.c.new).where(t.creator_redirect.c.old == number)) or number
        found = set(connection.scalars(select(m.account).where(m.creator == number)))
        found |= set(connection.scalars(select(a.key).where(a.key == number)))
    else:
        forms = names(given, platform)
        same = or_(a.url == given, a.url.in_([f"{start}{form}{end}" for form in forms for start, end in _DRESSES]))
        found = set(connection.scalars(select(alias.c.account).where(alias.c.address.in_(forms))))
        found |= set(connection.scalars(select(a.key).where(same)))
        if not found and not forms:
            found = set(connection.scalars(select(a.key).where(or_(a.handle == given, a.handle == given.lstrip("@")))))
        if not found and not forms:
            raise NobodyNamed(f"{given}: this names nobody; give a web address, or say --platform with the handle")
    if alone:
        return Whom(found, forms)
    members = {
        row.account: row.creator for row in connection.execute(select(m.account, m.creator).where(m.account.in_(found)))
    }
    whose = set(members.values())
    if len(whose) + len(found - members.keys()) > 1:
        raise NobodyNamed(f"{given}: {len(found)} accounts of several people bear it; give one's address or key")
    return Whom(found | set(connection.scalars(select(m.account).where(m.creator.in_(whose)))), forms)


_DRESSES = tuple((start, end) for start in ("https://", "http://", "https://www.", "http://www.") for end in ("", "/"))


def forget(
    engine: Engine,
    given: str | Whom | Collection[int],
    *,
    reason: str = "asked",
    archives: Iterable[Path] = (),
    exports: Iterable[Path] = (),
    dry_run: bool = False,
    suppress: bool = True,
    verify: bool = True,
) -> Report:
    """Takes a person out of the database, the WARC ``archives`` and the ``exports`` (files or folders), for good.

    ``given``: an address, handle, account key or creator id; what ``find`` gave; or keys of accounts. ``suppress``:
    keep a keyed hash and write a tombstone (a retention limit, unlike a person's wish, lets them come back). Raises
    NobodyNamed, DatabaseProblem, InUse.
    """
    archives, exports = list(archives), list(exports)
    if not dry_run:
        refuse_held(archives)
    report, clock = Report(dry_run), _Clock()
    suppressor = Suppressor.of(engine, make=suppress and not dry_run)
    now, marks = datetime.now(UTC), list[str]()
    with writing(engine) as connection:
        if not dry_run:
            _refuse_while_publishing(connection, now)
        whom = find(connection, given) if isinstance(given, str) else given
        whom = whom if isinstance(whom, Whom) else Whom(set(whom))
        who = gather(connection, whom.accounts, whom.names)
        trial = connection.begin_nested()
        report.rows = take_out(connection, who)
        if dry_run:
            trial.rollback()
        elif suppress:
            suppressor.refresh(connection)
            marks = suppressor.add_forms(connection, who.forms(), reason, now)
    report.accounts, report.creators, report.marks = sorted(who.accounts), sorted(who.creators), len(marks)
    report.imports, report.claims = who.imports, sorted(who.claims)
    report.seconds["database"] = clock()
    report.archives = clean_archives(archives, lambda r: theirs(r, who), report.problems, dry_run=dry_run)
    report.exports = withdraw_exports(exports, who, dry_run=dry_run)
    report.seconds["files"] = clock()
    if dry_run:
        return report
    if suppress:
        line = {"at": now.isoformat(), "accounts": report.accounts, "creators": report.creators, "marks": marks}
        for folder in (folder_of(engine), *map(Path, report.exports)):
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / TOMBSTONES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
    sweep(engine, report.rows, report.problems)
    report.seconds["sweep"] = clock()
    if verify:
        report.residues, report.mentions = residues(engine, who, [*archives, *exports])
        report.seconds["verify"] = clock()
    return report


def _refuse_while_publishing(connection: Connection, now: datetime) -> None:
    """A publication that is being built reads from a state of the database in which they still are; one whose builder
    has been silent for so long loses it, should it wake up."""
    pub = t.publication.c
    busy = select(pub.number).where(pub.status == "building", pub.beat_at > now - SILENT)
    if (number := connection.scalar(busy)) is not None:
        raise InUse(f"publication {number} is being built; nothing was done, forget when it is there")
    connection.execute(update(t.publication).where(pub.status == "building").values(built_by=""))


class _Clock:
    def __init__(self) -> None:
        self.at = time.monotonic()

    def __call__(self) -> float:
        before, self.at = self.at, time.monotonic()
        return round(self.at - before, 3)
