"""Data tests, written down in storage/v1.toml beside the columns they guard; they run before every publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, distinct, func, select

from storage import tables as t
from storage.views import dictionary, in_force, published, select_view

FRESH = timedelta(days=14)
"""An index whose last crawl ended longer ago is not published anew."""
SHRINK = 0.5
"""Nor one that lost more than this share of its creators."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test's outcome: how many of how many rows failed."""

    view: str
    column: str
    test: str
    severity: str
    failed: int
    rows: int

    @property
    def stops(self) -> bool:
        return self.failed > 0 and self.severity == "error"

    def row(self, publication: int) -> dict[str, Any]:
        names = ("view", "column", "test", "severity", "failed", "rows")
        return {"publication": publication, "ran_at": datetime.now(UTC)} | {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        return f"v1_{self.view}.{self.column}: {self.test} fails on {self.failed} of {self.rows} rows"


def run_tests(connection: Connection, number: int) -> list[Outcome]:
    """All tests on the views as publication ``number`` (not yet shown) would make them; one scan a view."""
    done = [outcome for view in dictionary() if view != "tests" for outcome in _columns(connection, view, number)]
    done += [outcome for view in dictionary() for outcome in _relationships(connection, view, number)]
    return [*done, _freshness(connection), _volume(connection, number)]


def _columns(connection: Connection, view: str, number: int) -> list[Outcome]:
    query = select_view(view, number).order_by(None).subquery()
    asked: list[tuple[str, str, str, ColumnElement[Any]]] = []
    for name, column in dictionary()[view]["columns"].items():
        severity, value = column.get("severity", "error"), query.c[name]
        if "null" not in column:
            asked.append((name, "not_null", "error", func.count() - func.count(value)))
        if column.get("unique"):
            asked.append((name, "unique", "error", func.count(value) - func.count(distinct(value))))
        if accepted := column.get("accepted"):
            odd = value.is_not(None) & value.not_in(accepted)
            asked.append((name, "accepted", severity, func.coalesce(func.sum(case((odd, 1), else_=0)), 0)))
    rows, *failed = connection.execute(select(func.count(), *(what for *_, what in asked)).select_from(query)).one()
    return [Outcome(view, *asked[n][:3], int(count), rows) for n, count in enumerate(failed)]


def _relationships(connection: Connection, view: str, number: int) -> list[Outcome]:
    done = []
    for name, column in dictionary()[view]["columns"].items():
        if "refers" not in column:
            continue
        other, key = column["refers"].split(".")
        one = select_view(view, number).order_by(None).subquery()
        known = select_view(other, number).order_by(None).subquery()
        missing = select(func.count()).select_from(one.outerjoin(known, known.c[key] == one.c[name]))
        missing = missing.where(one.c[name].is_not(None), known.c[key].is_(None))
        if other == "publications":  # the one being built is no row of the view yet
            missing = missing.where(one.c[name] != number)
        failed = connection.execute(missing).scalar_one()
        rows = connection.execute(select(func.count(one.c[name]))).scalar_one()
        done.append(Outcome(view, name, "refers", column.get("severity", "error"), failed, rows))
    return done


def _freshness(connection: Connection) -> Outcome:
    last, runs = connection.execute(select(func.max(t.run.c.finished_at), func.count())).one()
    stale = last is not None and last < datetime.now(UTC) - FRESH
    return Outcome("runs", "finished_at", "freshness", "error", int(stale), runs)


def _volume(connection: Connection, number: int) -> Outcome:
    counts = []
    for publication in (published(), number):
        query = select(func.count()).select_from(t.published_creator)
        counts.append(connection.execute(query.where(in_force(t.published_creator, publication))).scalar_one())
    before, now = counts
    return Outcome("creators", "*", "volume", "error", int(now < before * (1 - SHRINK)), now)
