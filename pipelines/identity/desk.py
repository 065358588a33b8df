"""The reviewer's desk: find an account, ask why, judge a pair, see what waits for judgement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, or_, select, update

from pipelines.identity import candidates, explain, ledger
from pipelines.identity.addresses import address_key
from pipelines.identity.evidence import WORDS, Evidence
from pipelines.identity.names import Profile
from pipelines.identity.resolve import resolve
from pipelines.identity.touched import component_of, settle
from storage import identity as tables
from storage.tables import account

VERDICTS = ("same", "different", "unsure")


class UnknownAccountError(LookupError):
    """No stored account bears this key, address or handle."""


def find_account(connection: Connection, given: str) -> int:
    """The key of the account that a key, an address, an alias or a handle names; the handle must be one account's only.

    Raises UnknownAccountError, with what to do.
    """
    if given.isdecimal():
        found = connection.scalars(select(account.c.key).where(account.c.key == int(given))).all()
    else:
        wanted = {key for key in (address_key(given), address_key(given.lower(), "blog"), given) if key}
        found = connection.scalars(
            select(tables.alias.c.account).where(tables.alias.c.address.in_(wanted)).distinct()
        ).all()
        if not found:
            same = or_(account.c.handle == given, account.c.handle == given.lstrip("@"), account.c.url == given)
            found = connection.scalars(select(account.c.key).where(same)).all()
    if len(found) != 1:
        many = f"{len(found)} accounts bear it; give its address" if found else "no stored account bears it"
        raise UnknownAccountError(f"{given}: {many}")
    return int(found[0])


def why(connection: Connection, a: int, b: int) -> tuple[bool, list[str]]:
    """Are two accounts one creator, and the sentences that say why or why not."""
    component, evidence = component_of(connection, {a, b})
    evidence = evidence | {row for _, row in ledger.load_evidence(connection, {a, b})}
    keys = component | {end for row in evidence for end in (row.a, row.b)}
    profiles = {profile.key: profile for profile in ledger.load_profiles(connection, keys)}
    judgements = ledger.load_judgements(connection, keys)
    found = resolve({key: p.platform for key, p in profiles.items()}, evidence, judgements)
    same = a == b or any(a in cluster and b in cluster for cluster in found.clusters)
    if same:
        return True, explain.explain(found, profiles, a, b)
    said = [explain.sentence(j, profiles) for j in judgements if {j.a, j.b} == {a, b}]
    lines = said + explain.why_not(found, profiles, list(evidence), a, b)
    shared = ledger.load_shared(connection, {a, b})
    lines += [
        f"{explain.label(profiles[key])} is shared ({kind}): its links are no evidence." for key, kind in shared.items()
    ]
    return False, lines


def judge(
    connection: Connection, a: int, b: int, verdict: str, reason: str, by: str = "human", now: datetime | None = None
) -> int:
    """Records a human's word on a pair (same, different, unsure), takes back the former one, and resolves anew.

    ``verdict`` "revoke" only takes the former one back. Gives the number of memberships that changed.
    """
    now = now or datetime.now(UTC)
    t, (low, high) = tables.judgement, sorted((a, b))
    connection.execute(update(t).where(t.c.a == low, t.c.b == high, t.c.revoked_at.is_(None)).values(revoked_at=now))
    if verdict != "revoke":
        row = {"a": low, "b": high, "verdict": verdict, "by": by, "reason": reason, "at": now}
        connection.execute(insert(t), [row])
    return settle(connection, {a, b}, now)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pair that waits for a human: how likely, the waterfall of its weights in bits, what was seen."""

    a: Profile
    b: Profile
    probability: float | None
    waterfall: tuple[tuple[str, float], ...]
    seen: str


def queue(connection: Connection, backend: str = "duckdb") -> Iterator[Waiting]:
    """What waits for judgement: evidence that was not followed, then likely pairs, the likeliest first.

    Without pairs that are one creator, that a human judged, or that could not be joined. Raises MissingToolError where
    Splink is not installed, after the evidence that needs none.
    """
    profiles = {profile.key: profile for profile in ledger.load_profiles(connection)}
    evidence = [row for _, row in ledger.load_evidence(connection)]
    judgements = ledger.load_judgements(connection)
    platforms = {key: profile.platform for key, profile in profiles.items()}
    published = resolve(platforms, evidence, judgements)
    told = {frozenset((j.a, j.b)) for j in judgements}
    for edge, reason in published.review:
        if isinstance(edge, Evidence) and reason != "different" and frozenset((edge.a, edge.b)) not in told:
            line = f"{explain.sentence(edge, profiles)} Not followed: {WORDS['reasons'][reason]}."
            yield Waiting(profiles[edge.a], profiles[edge.b], None, (), line)
            told.add(frozenset((edge.a, edge.b)))
    alike = candidates.propose(profiles, evidence, ledger.load_shared(connection), backend)
    rows = [Evidence("likeness", c.a, c.b) for c in alike]
    joinable = {(e.a, e.b) for e in resolve(platforms, evidence, judgements, rows).forest if isinstance(e, Evidence)}
    for c in alike:
        if (c.a, c.b) in joinable and frozenset((c.a, c.b)) not in told:
            yield Waiting(profiles[c.a], profiles[c.b], c.probability, c.waterfall, "")
