"""Who asked to be left out: keyed hashes of their identities, and whether an address or record is one of theirs.

The key stands outside the database (GRAPEVINE_SUPPRESSION_KEY, else ``suppression.key`` beside the database's file), so
that the table alone tells nobody's name. A mark is HMAC-SHA256 (RFC 2104) of an identity's canonical form.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Column, Connection, Engine, Table, Text, delete, func, inspect, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.address_parts import plain_host, split
from storage.address_table import table as platforms
from storage.addresses import canonical_url, home_address, identify
from storage.database import DatabaseProblem, reading
from storage.records import Account, Link, Post, Record, Source, key_of
from storage.tables import Key, Utc, metadata

suppression = Table(
    "suppression",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("mark", Text, nullable=False, unique=True),  # HMAC-SHA256 in hex
    Column("key_print", Text, nullable=False),  # which key made it
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
KEY_VARIABLE, KEY_FILE = "GRAPEVINE_SUPPRESSION_KEY", "suppression.key"
SHORTEST_KEY = 16
SITES = ("blog", "profile")
"""Platforms whose accounts are sites: a word with a dot in it is an address there, no handle."""
_KEY = re.compile(r"(?!https?:|acct:|did:|at:|mailto:)[a-z0-9]+:[^/].*", re.S)
_WORD = re.compile(r"\S+")
_MOST_STEPS, _MOST_VALUES = 8, 30


def folder_of(engine: Engine) -> Path:
    """Where what belongs to a database but not into it stands: beside SQLite's file, else in ``var``."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(file).parent if file and file != ":memory:" else Path("var")


def read_key(engine: Engine, *, make: bool = False) -> bytes:
    """The key, or nothing where there is none; ``make``: one is drawn, once, into a file that only its owner reads."""
    given = os.environ.get(KEY_VARIABLE, "").strip()
    if given and len(given) < SHORTEST_KEY:
        raise DatabaseProblem(f"{KEY_VARIABLE} has fewer than {SHORTEST_KEY} characters; set a longer secret")
    path = folder_of(engine) / KEY_FILE
    try:
        if not given and make and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        return (given or path.read_text("ascii").strip()).encode()
    except FileNotFoundError:
        return b""
    except (OSError, ValueError) as error:
        raise DatabaseProblem(f"{path}: the suppression key can't be read ({error}); see who may read it") from error


def exact(text: str) -> str | None:
    """One address alone, without scheme and "www.": the form of what covers no other page."""
    url = canonical_url(text)
    return "=" + url.partition("://")[2].removeprefix("www.").rstrip("/") if url else None


def names(text: str, platform: str | None = None) -> list[str]:
    """The canonical forms by which an address, a handle (with ``platform`` also a bare one) or a key is marked.

    A home covers every page below it; of a host that many share it is the person's own path. Empty: it names nobody.
    """
    if _KEY.fullmatch(text):
        return [text]
    found = identify(text, platform)
    forms = [found.key] if found else []
    url = found.url if found else text if "/" in text or platform in (None, *SITES) else ""
    parts, home = split(url, bare=True), home_address(url)
    if parts is None or home is None:
        return forms
    if parts.query and found is None:
        return [form] if (form := exact(url)) else []
    shared = "/" not in home and platforms().find(plain_host(parts.host)) is not None
    return forms if shared or parts.query else [*forms, home]


def levels(text: str) -> Iterator[str]:
    """Every form under which ``text`` may be covered: whose account it is, itself, its folders up to the host, and
    whom its parameters name."""
    if _KEY.fullmatch(text):
        yield text
        return
    if (found := identify(text)) is not None:
        yield found.key
    home = home_address(text)
    if home is None:
        return
    yield from folders(home)
    if (form := exact(text if "//" in text else "//" + text)) is not None:
        yield form
    if "?" in text:
        for _, value in parse_qsl(text.partition("?")[2].partition("#")[0])[:_MOST_VALUES]:
            if "@" in value or ":" in value:
                yield from (who.key for who in [identify(value)] if who)
            elif "." in value:
                yield value.lower()


def folders(home: str) -> Iterator[str]:
    """A home and those above it: ``host``, ``host/a``, ``host/a/b`` ..."""
    steps = home.split("/", _MOST_STEPS)
    for n in range(1, len(steps) + 1):
        yield "/".join(steps[:n])


class Suppressor:
    """The marks of one database in memory; a check is an HMAC and a look-up for each level of an address."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.print = self.mark("suppression key")[:16]
        self.marks: set[str] = set()
        self._newest = 0

    @classmethod
    def of(cls, engine: Engine, *, make: bool = False) -> Suppressor:
        """Of a database, loaded. Raises DatabaseProblem where its marks were made with another key."""
        found = cls(read_key(engine, make=make))
        found.look(engine)
        return found

    def look(self, engine: Engine) -> None:
        """Learns of marks that were added since; a database that was never made has none, and is not made here."""
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        if not file or file == ":memory:" or Path(file).exists():
            with reading(engine) as connection:
                self.refresh(connection)

    def mark(self, identity: str) -> str:
        """HMAC-SHA256 in hex of the identity's canonical form."""
        return self._mark(next(iter(names(identity)), identity))

    def _mark(self, form: str) -> str:
        return hmac.digest(self.key, form.encode("utf-8", "surrogatepass"), "sha256").hex()

    def refresh(self, connection: Connection) -> bool:
        """Reads the marks anew where some were added since; whether it did. A database without the table has none."""
        if self._newest == 0 and not inspect(connection).has_table("suppression"):
            return False
        newest = connection.execute(select(func.max(suppression.c.id))).scalar() or 0
        if newest == self._newest:
            return False
        rows = connection.execute(select(suppression.c.mark, suppression.c.key_print)).all()
        if strange := sum(row.key_print != self.print for row in rows):
            raise DatabaseProblem(
                f"{strange} of {len(rows)} suppressed identities were marked with another key than the present one, so "
                f"nobody knows who they are; put that key back: {KEY_VARIABLE}, or {KEY_FILE} beside the database"
            )
        self.marks, self._newest = {row.mark for row in rows}, newest
        return True

    def has(self, form: str) -> bool:
        """Whether a canonical form is marked, or a home above it."""
        if not self.marks:
            return False
        return any(self._mark(level) in self.marks for level in ([form] if ":" in form else folders(form)))

    def holds(self, text: str, platform: str | None = None) -> bool:
        """Whether an address, handle or key (with ``platform`` also a bare handle) is of somebody who is left out."""
        if not self.marks:
            return False
        return any(self._mark(form) in self.marks for form in levels(text)) or (
            platform is not None and any(map(self.has, names(text, platform)))
        )

    def covers(self, record: Record) -> bool:
        """Whether a record is of, or leads to, somebody who is left out."""
        if not self.marks:
            return False
        owner = record.native_id if isinstance(record, Account) else getattr(record, "account_id", None)
        if owner and self._mark(account_form(key_of(record.platform, owner))) in self.marks:
            return True
        known = [owner, *([record.handle, *record.aliases] if isinstance(record, Account) else [])]
        texts = [getattr(record, "url", None), record.target if isinstance(record, Link) else None]
        texts += [record.source_url] if isinstance(record, Source) else []  # an address that led to them is theirs
        return any(self.holds(text) for text in texts if text) or any(
            self.holds(text, record.platform) for text in known if text
        )

    def scrub(self, record: Record) -> None:
        """Takes addresses of people who are left out from the details that others' accounts and posts state."""
        if self.marks and isinstance(record, Account | Post) and record.details:
            record.details = self._without(record.details)

    def _without(self, value: Any) -> Any:
        if isinstance(value, dict):
            kept = {name: self._without(one) for name, one in value.items()}
            return {name: one for name, one in kept.items() if one is not None or value[name] is None}
        if isinstance(value, list):
            return [kept for one in value if (kept := self._without(one)) is not None]
        if not isinstance(value, str):
            return value
        return _WORD.sub(lambda word: "" if self._names_one(word[0]) else word[0], value) or None

    def _names_one(self, word: str) -> bool:
        return ("." in word or ":" in word) and self.holds(word.strip(".,;:!?()[]<>\"'"))

    def add(self, connection: Connection, identities: Iterable[str], reason: str, at: datetime) -> list[str]:
        """Marks addresses, handles and keys in the caller's transaction; gives the marks."""
        return self.add_forms(connection, (form for one in identities for form in names(one)), reason, at)

    def add_forms(self, connection: Connection, forms: Iterable[str], reason: str, at: datetime) -> list[str]:
        """The same for canonical forms (``names``, ``exact``, ``account_form``)."""
        marks = sorted({self._mark(form) for form in forms})
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        rows = [{"mark": mark, "key_print": self.print, "reason": reason, "at": at} for mark in marks]
        if rows:
            connection.execute(make(suppression).on_conflict_do_nothing(index_elements=["mark"]), rows)
        return marks

    def remove(self, connection: Connection, identities: Iterable[str]) -> int:
        """Takes marks back (somebody wishes to be found again); how many. Running crawls learn of it when they end."""
        marks = [self._mark(form) for one in identities for form in names(one)]
        return connection.execute(delete(suppression).where(suppression.c.mark.in_(marks))).rowcount


def account_form(key: int) -> str:
    """The form of an account's own key."""
    return f"account:{key}"
