"""Opting out without an account of ours: what sites say of themselves, remembered, and honoured after every run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, literal, or_, select

from storage import tables as t
from storage.addresses import home_address, identify
from storage.database import reading, writing
from storage.forget import Whom, forget
from storage.hosts import voice
from storage.identity import alias
from storage.read import chunks, where_in
from storage.removal import WARCS, files_in, held
from storage.rows import upsert
from storage.suppression import folder_of, names
from storage.takeout import take_out_posts

OPTED = (
    "noindex",
    "opted_out",
    "not_discoverable",
    "hidden_from_web",
    "locked",
    "no_unauthenticated",
    "made_for_kids",
    "minor",
)
"""Outcomes of a source by which its owner (or the law, for minors) asks that nothing of it be kept."""
WAITS = "consent waits"
"""Outcome of a run in which who said no could not be deleted; the next one does it."""
LASTING = ("minor",)
"""Reasons that keep an account out for good; the others are asked anew at each visit."""
ASK_AGAIN = timedelta(days=7)
"""How long it is remembered that an origin has no word for us, or which."""


class Voices:
    """Which origins were asked for their word, and when; what is new is written in batches."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.fresh: dict[str, dict[str, Any]] = {}
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self.kept = not file or Path(file).exists()
        if self.kept:
            with reading(engine) as connection:
                self.kept = inspect(connection).has_table("voice")

    def silent(self, origin: str, now: datetime) -> bool:
        """Whether it said nothing when asked not long ago."""
        if origin in self.fresh:
            return bool(self.fresh[origin]["state"] == "silent")
        if not self.kept:
            return False
        with reading(self.engine) as connection:
            known = connection.execute(select(voice).where(voice.c.origin == origin)).first()
        return known is not None and known.state == "silent" and now - ASK_AGAIN < known.asked_at <= now

    def heard(self, origin: str, state: str, accounts: list[str], now: datetime) -> None:
        self.fresh[origin] = {"origin": origin, "state": state, "accounts": accounts or None, "asked_at": now}
        if state == "opted_out":
            self.write()  # what is stored of them goes when the run ends

    def write(self) -> None:
        """Writes what was heard since; raises DatabaseProblem."""
        if self.kept and self.fresh:
            with writing(self.engine) as connection:
                upsert(connection, voice, list(self.fresh.values()), ("state", "accounts", "asked_at"))


def honour(engine: Engine, run: int, refused: Mapping[int, str]) -> int:
    """Deletes what is stored of those who said no, in this run or one that could not do this; how many accounts went.

    ``refused``: keys of accounts whose own words said so -> reason. A site's file also speaks for accounts that it
    names and that link back to it: those are suppressed, since their own platform does not know. An archive that
    another crawl is writing is left alone: what it holds ends by its age. Raises InUse while the index is published.
    """
    with reading(engine) as connection:
        reasons = {row.key: row.outcome for row in _said_no(connection, run)} | dict(refused)
        began = connection.execute(select(t.run.c.started_at).where(t.run.c.id == run)).scalar_one()
        named: set[int] = set()
        for row in _opted_out(connection, began):
            named |= _linking_back(connection, row)
        asked = sorted(key for key, why in reasons.items() if why not in LASTING and key not in named)
        once = sorted(row.key for row in where_in(connection, select(t.account.c.key), t.account.c.key, asked))
        lasting = sorted(named | {key for key, why in reasons.items() if why in LASTING})
    with writing(engine) as connection:
        no_longer_indexable(connection, run)
    archives = [path for path in files_in([Path(folder_of(engine))], WARCS) if not held(path)]
    for some in chunks(once, 200):
        forget(engine, some, reason="opted out", archives=archives, suppress=False, verify=False)
    if lasting:
        forget(engine, Whom(set(lasting)), reason="own word", archives=archives, verify=False)
    return len(once) + len(lasting)


def kept_against_their_word(connection: Connection) -> list[Any]:
    """(url, outcome, account's key) of sources that said no and whose account is stored; the audit wants none."""
    return list(_said_no(connection))


def _said_no(connection: Connection, run: int | None = None) -> Iterator[Any]:
    """The stored accounts of sources that said no (in a run, or one that was cut short): by the account's key, else by
    what the address names."""
    s, a = t.source.c, t.account.c
    said = select(s.url, s.outcome, a.key).where(s.outcome.in_(OPTED))
    due = select(t.run.c.id).where(or_(t.run.c.id == run, t.run.c.outcome.is_(None), t.run.c.outcome == WAITS))
    said = said if run is None else said.where(s.run.in_(due))
    yield from connection.execute(said.join(t.account, a.key == s.account)).all()
    nameless = select(s.url, s.outcome, s.platform).where(s.outcome.in_(OPTED), s.account.is_(None))
    for row in connection.execute(nameless if run is None else nameless.where(s.run.in_(due))).all():
        forms = names(row.url, row.platform)
        of = select(alias.c.account).where(alias.c.address.in_(forms))
        stored = select(literal(row.url).label("url"), literal(row.outcome).label("outcome"), a.key)
        yield from connection.execute(stored.where(a.key.in_(of))).all()


def no_longer_indexable(connection: Connection, run: int) -> int:
    """Deletes the posts of accounts that, in this run, let their profile be found and no longer their posts (R5)."""
    a, p = t.account.c, t.post.c
    flag = a.details["indexable"].as_string()
    of = select(a.key).where(a.run == run, a.platform == "fediverse", flag.in_(("false", "0")))
    keys = list(connection.scalars(select(p.key).where(p.account.in_(of))))
    for some in chunks(keys, 200):
        take_out_posts(connection, some)
    return len(keys)


def _opted_out(connection: Connection, since: datetime) -> list[Any]:
    if not inspect(connection).has_table("voice"):
        return []
    asked = select(voice).where(voice.c.state == "opted_out", voice.c.asked_at >= since)
    return list(connection.execute(asked).all())


def _linking_back(connection: Connection, row: Any) -> set[int]:
    """Accounts that an origin's file names and that name the origin as their owner's."""
    homes, keys = {home_address(row.origin)}, set[int]()
    for url in row.accounts or ():
        found = identify(url)
        forms = [form for form in (found and found.key, home_address(url)) if form]
        of = connection.scalars(select(alias.c.account).where(alias.c.address.in_(forms))).all()
        link = t.link.c
        targets = select(link.account).where(link.account.in_(of), link.target.in_(homes))
        keys |= set(connection.scalars(targets.where(link.kind.in_(("me", "verified", "bio", "profile", "hub")))))
    return keys
