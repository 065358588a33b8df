"""Resolving while crawling: only what the touched accounts can have changed, in the writer's own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from pipelines.identity import claims, ledger
from pipelines.identity.evidence import CLAIM, Claim, Evidence, gather
from pipelines.identity.ids import assign
from pipelines.identity.names import OWN_LOGIN, SITES, Profile
from pipelines.identity.resolve import resolve
from pipelines.identity.shared import shared_accounts
from storage import identity as tables
from storage.read import where_in
from storage.tables import creator

WIDEST = 5000
"""A neighbourhood may not grow beyond so many accounts here; a wider one waits for the batch."""


def resolve_touched(
    connection: Connection, account_keys: Iterable[int], run: int | None = None, now: datetime | None = None
) -> int:
    """Brings evidence and creators up to date around these accounts; gives the number of memberships that changed.

    Runs in the caller's transaction, after its rows are written. What it leaves is what the batch (``scrapy resolve``)
    would leave for these accounts.
    """
    now = now or datetime.now(UTC)
    touched = set(account_keys)
    touched |= ledger.save_aliases(connection, touched)
    area = _Area(connection, touched)
    area.refresh_shared(now)
    old = ledger.load_evidence(connection, area.keys)
    ledger.save_evidence(connection, old, area.evidence(), now, run)
    return settle(connection, area.keys, now)


def settle(connection: Connection, keys: Collection[int], now: datetime) -> int:
    """Resolves around these accounts from stored evidence and judgements; gives how many memberships changed."""
    component, evidence = component_of(connection, set(keys))
    if len(component) >= WIDEST:
        return 0
    profiles = {profile.key: profile for profile in ledger.load_profiles(connection, component)}
    judgements = ledger.load_judgements(connection, component)
    resolution = resolve({key: p.platform for key, p in profiles.items()}, evidence, judgements)
    before = ledger.load_members(connection, component)
    known = component | set(before.values())
    taken = {row.id for row in where_in(connection, select(creator.c.id), creator.c.id, known)}
    seen = {key: profile.seen for key, profile in profiles.items()}
    changes = assign(resolution.clusters, before, seen, resolution.proven, taken)
    ledger.save_changes(connection, changes, now)
    return len(changes.members) + len(changes.released)


class _Area:
    """The touched accounts, those whose shared state they changed, and all claims by and on them."""

    def __init__(self, connection: Connection, keys: set[int]) -> None:
        self.connection = connection
        self.keys = keys
        self.profiles: dict[int, Profile] = {}
        self.claims: set[Claim] = set()
        self.shared: dict[int, str] = {}
        self._load(keys)

    def _load(self, keys: set[int]) -> None:
        self.claims.update(claims.load_claims(self.connection, keys, keys))
        self._know(keys | self.ends())
        for profile in ledger.load_profiles(self.connection, self._partners(keys)):
            self.profiles[profile.key] = profile

    def ends(self) -> set[int]:
        return {end for claim in self.claims for end in (claim.source, claim.target)}

    def _know(self, keys: set[int]) -> None:
        for profile in ledger.load_profiles(self.connection, keys - self.profiles.keys()):
            self.profiles[profile.key] = profile

    def _partners(self, keys: set[int]) -> set[int]:
        """Accounts that the address of one of these names: the site of a handle that is a domain, and the like."""
        pages = {login: page for page, login in OWN_LOGIN.items()}
        wanted = set()
        for key in keys & self.profiles.keys():
            profile = self.profiles[key]
            login = profile.handle.casefold().lstrip("@")
            if profile.platform == "bluesky":
                wanted.add(login)
            elif profile.platform in OWN_LOGIN:
                wanted.add(f"{OWN_LOGIN[profile.platform]}:{login}")
            elif profile.platform in pages:
                wanted.add(f"{pages[profile.platform]}:{login}")
            elif profile.platform in SITES:
                wanted.add(f"bluesky:{login}")
        query = select(tables.alias.c.account)
        return {row.account for row in where_in(self.connection, query, tables.alias.c.address, wanted)}

    def refresh_shared(self, now: datetime) -> None:
        """Judges anew who is shared among the accounts and their neighbours; who changed joins the area."""
        judged: set[int] = set()
        while True:
            around = (self.keys | self.ends()) - judged
            listed = set(claims.load_claims(self.connection, by=around))
            self._know({claim.target for claim in listed})
            answers = set(claims.load_claims(self.connection, by={claim.target for claim in listed}))
            pairs = ((claim.source, claim.target, claim.kind) for claim in listed | answers | self.claims)
            fresh = shared_accounts(self.profiles, pairs, around)
            changed = ledger.save_shared(self.connection, ledger.load_shared(self.connection, around), fresh, now)
            self.shared |= fresh
            judged |= around
            joined = (changed - self.keys) & self.profiles.keys()
            if not joined or len(self.profiles) > WIDEST:
                return
            self.keys |= joined
            self._load(joined)

    def evidence(self) -> list[Evidence]:
        rows = gather(self.profiles, self.claims, self.shared)
        return [row for row in rows if row.a in self.keys or row.b in self.keys]


def component_of(connection: Connection, keys: set[int]) -> tuple[set[int], set[Evidence]]:
    """All accounts that evidence which may join, judgements or a common creator lead to, and that evidence."""
    component, edge = set(keys), set(keys)
    evidence: set[Evidence] = set()
    while edge and len(component) < WIDEST:
        rows = [row for _, row in ledger.load_evidence(connection, edge) if row.tier <= CLAIM or row.kind == "copy"]
        evidence.update(rows)
        found = {end for row in rows for end in (row.a, row.b)}
        found |= {end for j in ledger.load_judgements(connection, edge) for end in (j.a, j.b)}
        ids = set(ledger.load_members(connection, edge).values())
        found |= ledger.load_members(connection, creators=ids).keys()
        edge = found - component
        component |= edge
    return component, evidence
