"""Verification: every score computed again from its evidence rows alone, and compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from index.scores import reader
from index.scores.model import FORMULAS, Case, Score, Series
from index.scores.run import creators_scored
from storage import tables as t
from storage.read import PLACES, chunks, where_in


@dataclass(slots=True, frozen=True)
class Mismatch:
    """A stored score that its evidence does not give."""

    creator: int
    name: str
    problem: str


def verify(connection: Connection, creator: int | None = None) -> Iterator[tuple[Any, Mismatch | None]]:
    """(stored row, what is wrong with it or None) for every score, of all creators or one."""
    for rows in creators_scored(connection, creator):
        stored = {row.name: row for row in rows}
        pool = _Pool(connection, rows)
        for row in rows:
            yield row, _check(row, pool, stored)


def _check(row: Any, pool: _Pool, stored: dict[str, Any]) -> Mismatch | None:
    formula = FORMULAS.get(row.name)
    if formula is None or formula.id != row.formula:
        return Mismatch(row.creator, row.name, f"formula {row.formula} is not known here; score again")
    if formula.hash != row.formula_hash:
        return Mismatch(row.creator, row.name, f"computed by other code or numbers of {row.formula}; score again")
    missing = pool.missing(row.evidence or {})
    if missing:
        return Mismatch(row.creator, row.name, f"{missing} rows of its evidence are gone; score again")
    found = formula(pool.case(row, stored), accepted=True)  # its rows were chosen under the policy of their time
    told = (row.value, row.low, row.high, row.n, row.label)
    if found is None or found.told() != told:
        return Mismatch(row.creator, row.name, f"stored {told}, its evidence gives {found.told() if found else None}")
    return None


class _Pool:
    """The evidence rows of one creator's scores, read once."""

    def __init__(self, connection: Connection, rows: list[Any]) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            for kind in ("accounts", "posts", "links"):
                wanted[kind].update((row.evidence or {}).get(kind, ()))
            for series in (row.evidence or {}).get("observations", {}).values():
                wanted["series"].update(series)
        self.accounts = _rows(connection, reader.ACCOUNT, t.account.c.key, wanted["accounts"])
        self.posts = _rows(connection, reader.POST, t.post.c.key, wanted["posts"])
        self.series = {}
        for chunk in chunks(sorted(wanted["series"])):
            query = select(*reader.SEEN).where(t.observation.c.series.in_(chunk))
            self.series.update({one.key: one for one in reader.series_of(connection, query)})
        columns = [t.link.c[name] for name in ("key", "account", "url", "kind")]
        self.vouches, self.places = {}, _rows(connection, columns, t.link.c.key, wanted["links"])
        for chunk in chunks(sorted(wanted["links"])):
            for link in reader.vouch_rows(connection, t.link.c.key.in_(chunk)):
                self.vouches[link.key] = reader.vouch_of(link)
        self.absences = reader.absences(connection, sorted(wanted["accounts"]))

    def missing(self, evidence: dict[str, Any]) -> int:
        """How many of the rows that it names are no longer there."""
        known: dict[str, Any] = {"accounts": self.accounts, "posts": self.posts, "links": self.places}
        gone = sum(key not in rows for kind, rows in known.items() for key in evidence.get(kind, ()))
        times = {(key, _utc(seen.first)) for key, one in self.series.items() for seen in one.seen}
        return gone + sum(
            (key, at) not in times for at, keys in evidence.get("observations", {}).items() for key in keys
        )

    def case(self, row: Any, stored: dict[str, Any]) -> Case:
        """The case that the evidence of a score describes, and nothing else."""
        evidence = row.evidence or {}
        accounts = [self.accounts[key] for key in evidence.get("accounts", ())]
        own = set(evidence.get("accounts", ()))
        case = Case(row.creator, row.computed_at, accounts)
        case.posts = reader.order(self.posts[key] for key in evidence.get("posts", ()))
        times: dict[int, set[str]] = defaultdict(set)
        for at, keys in evidence.get("observations", {}).items():
            for key in keys:
                times[key].add(at)
        case.series = [self._cut(self.series[key], some) for key, some in times.items()]
        for key in evidence.get("links", ()):
            if self.places[key].account in own and self.places[key].kind in PLACES:
                case.places.append(self.places[key])
            elif key in self.vouches:
                case.vouches.append(self.vouches[key])
        given = dict(evidence.get("given") or {})
        if "asked" in given:
            given["asked"] = datetime.fromisoformat(given["asked"])
        case.given = given | {"absences": [told for key in sorted(own) for told in self.absences.get(key, ())]}
        for name in evidence.get("scores", ()):
            if (part := stored.get(name)) is not None:
                case.scores[name] = Score(part.value, part.low, part.high, part.n, part.label)
        return case

    @staticmethod
    def _cut(one: Series, times: set[str]) -> Series:
        return one._replace(seen=tuple(seen for seen in one.seen if _utc(seen.first) in times))


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()


def _rows(connection: Connection, columns: list[Any], key: Any, wanted: set[int]) -> dict[int, Any]:
    return {row.key: row for row in where_in(connection, select(*columns), key, wanted)}
