"""Resolving everything at once: the check that the nightly batch makes of what crawling left."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from pipelines.identity import ledger
from pipelines.identity.claims import AllClaims
from pipelines.identity.evidence import by_address, gather_ordered
from pipelines.identity.ids import assign
from pipelines.identity.resolve import resolve
from pipelines.identity.shared import COUPLE, LISTED, is_platform, shared_accounts
from storage import identity as tables
from storage.tables import account, creator


@dataclass(slots=True)
class Outcome:
    """What a full resolve saw and changed."""

    accounts: int = 0
    shared: int = 0
    evidence: int = 0
    evidence_changed: int = 0
    clusters: int = 0
    largest: int = 0
    review: int = 0
    memberships_changed: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def resolve_all(connection: Connection, now: datetime | None = None, run: int | None = None) -> Outcome:
    """Brings shared accounts, evidence and creators of the whole database up to date, in the caller's transaction."""
    now = now or datetime.now(UTC)
    with _no_collector():
        return _resolve_all(connection, now, run)


def _resolve_all(connection: Connection, now: datetime, run: int | None) -> Outcome:
    ledger.save_aliases(connection, _unnamed(connection))
    profiles = {profile.key: profile for profile in ledger.load_profiles(connection, addresses=False)}
    claims = AllClaims(connection)
    platforms = [key for key in profiles if is_platform(profiles[key])]
    shared = shared_accounts(profiles, claims.pairs(COUPLE, LISTED, platforms))
    ledger.save_shared(connection, ledger.load_shared(connection), shared, now)
    evidence = list(gather_ordered(profiles, claims.ordered(), shared))
    evidence += by_address(profiles.values(), shared)
    outcome = Outcome(len(profiles), len(shared), len(evidence))
    outcome.evidence_changed = ledger.save_evidence(connection, ledger.load_evidence(connection), evidence, now, run)
    judgements = ledger.load_judgements(connection)
    ends = {end for row in evidence for end in (row.a, row.b)} | {end for j in judgements for end in (j.a, j.b)}
    found = resolve({key: profiles[key].platform for key in ends if key in profiles}, evidence, judgements)
    del evidence, claims, ends
    before = ledger.load_members(connection)
    seen = {key: profiles[key].seen for part in (*found.clusters, before) for key in part if key in profiles}
    del profiles
    taken = set(connection.scalars(select(creator.c.id)))
    changes = assign(found.clusters, before, seen, found.proven, taken)
    ledger.save_changes(connection, changes, now)
    outcome.clusters, outcome.review = len(found.clusters), len(found.review)
    outcome.largest = max(map(len, found.clusters), default=0)
    outcome.memberships_changed = len(changes.members) + len(changes.released)
    return outcome


def _unnamed(connection: Connection) -> list[int]:
    """Accounts whose addresses nobody has noted yet."""
    named = select(tables.alias.c.account).where(tables.alias.c.account == account.c.key).exists()
    return list(connection.scalars(select(account.c.key).where(~named)))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Millions of small lasting objects, no cycles: the cycle collector would only walk them again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
