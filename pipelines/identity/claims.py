"""Who names whom, as the database has it: the claims around some accounts, or all of them held as columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from datetime import timedelta
from sys import intern
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, and_, select

from pipelines.identity.evidence import Claim
from pipelines.identity.ledger import epoch
from storage import identity as tables
from storage.read import PLACES, where_in
from storage.tables import account, link

STALE = timedelta(days=180)
"""A link last seen so long before its account was is no longer made."""


def _claims(connection: Connection) -> Select[Any]:
    """What accounts say of each other in the places meant for it, where they still say it."""
    by, to = link.c.account, tables.alias.c.account
    earlier = epoch(connection, account.c.last_seen) - epoch(connection, link.c.last_seen) > STALE.total_seconds()
    stale = and_(link.c.last_seen < account.c.last_seen, earlier)  # the cheap look first
    return (
        select(by, to, link.c.kind, link.c.source_url)
        .join_from(link, tables.alias, tables.alias.c.address == link.c.target)
        .join(account, account.c.key == by)
        .where(link.c.kind.in_(PLACES), by != to, ~stale)
    )


def load_claims(connection: Connection, by: Iterable[int] = (), on: Iterable[int] = ()) -> Iterator[Claim]:
    """The claims that these accounts make, and those on the accounts of the second list."""
    query = _claims(connection)
    for row in where_in(connection, query, link.c.account, by):
        yield Claim(*row)
    for row in where_in(connection, query, tables.alias.c.account, on):
        yield Claim(*row)


class AllClaims:
    """Every claim, read once and kept as columns: a tenth of the memory that as many objects take."""

    def __init__(self, connection: Connection) -> None:
        ends = array("q")
        texts: list[str] = []
        for source, target, kind, url in connection.execution_options(yield_per=5000).execute(_claims(connection)):
            ends.extend((source, target))
            texts += intern(kind), intern(url)
        self._ends = np.array(ends, np.int64).reshape(-1, 2)
        self._texts = texts
        self._order = np.lexsort((self._ends.max(axis=1), self._ends.min(axis=1)))

    def pairs(self, answered: int, named: int, among: Iterable[int]) -> Iterator[tuple[int, int, str]]:
        """Who names whom how, where one end is linked both ways with so many, names so many, or is ``among`` these."""
        sources, counts = np.unique(self._ends[:, 0], return_counts=True)
        pair = np.sort(self._ends[self._order], axis=1)
        starts = np.flatnonzero(np.r_[True, (pair[1:] != pair[:-1]).any(axis=1)][: len(pair)])
        way = 1 + (self._ends[self._order, 0] == pair[:, 0])
        mutual = pair[starts[np.bitwise_or.reduceat(way, starts) == 3]] if len(starts) else pair
        partners, answers = np.unique(mutual, return_counts=True)
        many = np.r_[sources[counts >= named], partners[answers >= answered], np.fromiter(among, np.int64)]
        for place in np.flatnonzero(np.isin(self._ends, many).any(axis=1)).tolist():
            yield int(self._ends[place, 0]), int(self._ends[place, 1]), self._texts[2 * place]

    def ordered(self) -> Iterator[Claim]:
        """All of them, pair by pair (see evidence.gather_ordered)."""
        texts = self._texts
        for start in range(0, len(self._order), 10_000):
            some = self._order[start : start + 10_000]
            for place, (source, target) in zip(some.tolist(), self._ends[some].tolist(), strict=True):
                yield Claim(source, target, texts[2 * place], texts[2 * place + 1])
