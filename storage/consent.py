"""Opting out without an account of ours: what sites say of themselves, remembered, and honoured after every run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, select

from storage import tables as t
from storage.addresses import home_address, identify
from storage.database import reading, writing
from storage.forget import Whom, forget
from storage.hosts import voice
from storage.identity import alias
from storage.rows import upsert
from storage.suppression import folder_of

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
LASTING = ("minor",)
"""Reasons that keep an account out for good; the others are asked anew at each visit."""
ASK_AGAIN = timedelta(days=7)
"""How long it is remembered that an origin has no word for us, or which."""


class Voices:
    """Which origins were asked for their word, and when; what is new is written in batches."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.fresh: dict[str, dict[str, Any]] = {}
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
    """Deletes what is stored of those who, in this run, said no; how many accounts went.

    ``refused``: keys of accounts whose own words said so -> reason. A site's file also speaks for accounts that it
    names and that link back to it: those are suppressed, since their own platform does not know.
    """
    with reading(engine) as connection:
        s = t.source.c
        said = select(s.account, s.outcome).where(s.run == run, s.outcome.in_(OPTED), s.account.is_not(None))
        reasons = {row.account: row.outcome for row in connection.execute(said)} | dict(refused)
        began = connection.execute(select(t.run.c.started_at).where(t.run.c.id == run)).scalar_one()
        named: set[int] = set()
        for row in _opted_out(connection, began):
            named |= _linking_back(connection, row)
        stored = t.account.c.key.in_
        asked = sorted(key for key, why in reasons.items() if why not in LASTING and key not in named)
        once = [key for key in asked if connection.execute(select(t.account.c.key).where(stored([key]))).first()]
        lasting = sorted(named | {key for key, why in reasons.items() if why in LASTING})
    archives, keys = [Path(folder_of(engine))], iter(once)
    while some := list(islice(keys, 200)):
        forget(engine, some, reason="opted out", archives=archives, suppress=False, verify=False)
    if lasting:
        forget(engine, Whom(set(lasting)), reason="own word", archives=archives, verify=False)
    return len(once) + len(lasting)


def kept_against_their_word(connection: Connection) -> list[Any]:
    """(url, outcome) of sources that said no and whose account is stored all the same; the audit wants none."""
    s = t.source.c
    stored = select(s.url, s.outcome).join(t.account, t.account.c.key == s.account).where(s.outcome.in_(OPTED))
    return list(connection.execute(stored).all())


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
