"""The runner: scores every creator in key order, a batch at a time, and writes only the rows that changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from index.scores import audience, composite, content, growth, trust  # noqa: F401 - they register their formulas
from index.scores.model import API, FORMULAS, Case, Score, ordered
from index.scores.reader import Span, cases, newest_visit, within
from storage.database import connect, reading, writing
from storage.read import creator_of, still_there
from storage.tables import score

Row = dict[str, Any]
Share = Callable[..., list[Any]]
"""Does a piece of work on every part of the creators, gives the parts' results."""
QUANTILES = 21
MANY = 20_000
"""More creators are scored by two processes."""
HALF = 1 << 62


@dataclass(slots=True)
class Outcome:
    """What a run did: rows written, dropped and left, creators, and rows by score."""

    creators: int = 0
    written: int = 0
    dropped: int = 0
    unchanged: int = 0
    by_name: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, frozen=True)
class World:
    """What the scores of one creator take from all the others."""

    asked: datetime | None
    cells: dict[str, list[float]]


def world_of(engine: Engine, share: Share, accepted: bool = False) -> World:
    """The newest visit, and the engagement quantiles of every cell that holds enough creators."""
    rates: dict[str, list[float]] = defaultdict(list)
    for part in share(_rates, accepted):
        for cell, values in part.items():
            rates[cell] += values
    least = audience.table("priors.toml")["least_own"]
    cells = {cell: _quantiles(sorted(values)) for cell, values in rates.items() if len(values) >= least}
    with reading(engine) as connection:
        return World(newest_visit(connection), cells)


def _rates(engine: Engine, span: Span, accepted: bool) -> dict[str, list[float]]:
    policies = API if accepted else FORMULAS["engagement"].policies
    rates: dict[str, list[float]] = defaultdict(list)
    with reading(engine) as connection:
        for batch in cases(connection, span=span, texts=False):
            for case in batch:
                found = audience.rate(case.under(policies))
                if found is not None:
                    rates[found.cell].append(round(found.value, 4))
    return dict(rates)


def _quantiles(values: list[float]) -> list[float]:
    return [values[round(i * (len(values) - 1) / (QUANTILES - 1))] for i in range(QUANTILES)]


def scores_of(case: Case, world: World, accepted: bool = False) -> dict[str, Score]:
    """Every score of a creator for which there is enough evidence; the composite sees the others."""
    case.given |= {"cells": world.cells, "asked": world.asked}
    for formula in ordered():
        found = formula(case, accepted=accepted)
        if found is not None:
            case.scores[formula.name] = found
    return case.scores


def row_of(creator: int, name: str, found: Score, as_of: datetime) -> Row:
    """A row of table ``score``."""
    formula = FORMULAS[name]
    value, low, high, n, label = found.told()
    return {
        "creator": creator, "name": name, "value": value, "low": low, "high": high, "n": n, "label": label,
        "unit": formula.unit, "evidence": found.evidence, "formula": formula.id, "formula_hash": formula.hash,
        "computed_at": as_of,
    }  # fmt: skip


def run(engine: Engine, *, accepted: bool = False) -> Outcome:
    """Scores every creator anew; the same input changes no row. ``accepted``: see model.API."""
    done = Outcome()
    with _workers(engine) as share:
        world = world_of(engine, share, accepted)
        for part in share(_run, world, accepted):
            done.creators += part.creators
            done.written += part.written
            done.dropped += part.dropped
            done.unchanged += part.unchanged
            done.by_name += part.by_name
    return done


def _run(engine: Engine, span: Span, world: World, accepted: bool) -> Outcome:
    done, above = Outcome(), span[0]
    with reading(engine) as connection:
        for batch in cases(connection, span=span):
            rows = [
                row_of(case.creator, name, found, case.as_of)
                for case in batch
                for name, found in scores_of(case, world, accepted).items()
            ]
            done.creators += len(batch)
            _write(engine, connection, rows, (above, batch[-1].creator), done)
            above = batch[-1].creator
        _write(engine, connection, [], (above, span[1]), done)
    return done


@contextmanager
def _workers(engine: Engine) -> Iterator[Share]:
    """Shares work on all creators among two processes where there are many: ids are hashes, half lie in each half."""
    joined, number = creator_of()
    with reading(engine) as connection:
        many = connection.execute(select(number).select_from(joined).offset(MANY).limit(1)).first() is not None
    if not many:
        yield lambda work, *args: [work(engine, (None, None), *args)]
        return
    url, halves = engine.url.render_as_string(hide_password=False), [(None, HALF), (HALF, None)]
    with ProcessPoolExecutor(len(halves), mp_context=get_context("spawn")) as pool:
        yield lambda work, *args: list(pool.map(partial(_apart, work, url, args), halves))


def _apart(work: Callable[..., Any], url: str, args: tuple[Any, ...], span: Span) -> Any:
    engine = connect(url)
    try:
        return work(engine, span, *args)
    finally:
        engine.dispose()


def _write(engine: Engine, connection: Connection, rows: list[Row], span: Span, done: Outcome) -> None:
    """Brings the rows of the creators above span[0] up to span[1] to what they should be."""
    new = {(row["creator"], row["name"]): row for row in rows}
    stale = []
    for old in connection.execute(select(score).where(*within(score.c.creator, span))):
        key = (old.creator, old.name)
        if key in new and dict(old._mapping) == new[key]:
            del new[key]
            done.unchanged += 1
        else:
            stale.append(key)
            done.dropped += key not in new
    done.written += len(new)
    done.by_name.update(row["name"] for row in rows)
    if not stale and not new:
        return
    with writing(engine) as writer:
        there = still_there(writer, {creator for creator, _ in new})  # somebody may be forgotten while we reckon
        names = sorted({name for _, name in stale})
        for name in names:
            creators = [creator for creator, own in stale if own == name]
            writer.execute(delete(score).where(score.c.name == name, score.c.creator.in_(creators)))
        if kept := [row for row in new.values() if row["creator"] in there]:
            writer.execute(insert(score), kept)


def creators_scored(connection: Connection, only: int | None) -> Iterator[list[Any]]:
    """The stored scores of each creator (or of one), by creator id."""
    query = select(score).order_by(score.c.creator, score.c.name)
    if only is not None:
        query = query.where(score.c.creator == only)
    current: list[Any] = []
    for row in connection.execution_options(yield_per=2000).execute(query):
        if current and current[0].creator != row.creator:
            yield current
            current = []
        current.append(row)
    if current:
        yield current
