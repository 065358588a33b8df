"""Bets: written down when a publication is shown, judged later by what came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from index.bets import results
from index.publish import publish
from storage import tables
from storage.database import reading, writing
from storage.search import bet
from tests.index.test_publish import write
from tests.index.test_query import HOME, author, score
from tests.storage.records import account

NOW = timedelta(0)


def test_bets_are_judged_with_losers_base_rate_and_brier_score_and_a_broken_seal_is_told(engine: Engine) -> None:
    names = ("up", "down", "left", "other")
    write(engine, *(record for name in names for record in author(name)))
    for name in names:
        score(engine, "tier", name, 1000, "nano")
    for name in names[:3]:
        score(engine, "rising", name, 0.2, "rising")
    publish(engine)
    s = tables.score.c
    with writing(engine) as connection:
        grown = update(tables.score).where(s.name == "tier", s.creator == account(native_id=HOME("up")).key)
        connection.execute(grown.values(value=1500))
        gone = account(native_id=HOME("left")).key
        connection.execute(tables.score.delete().where(s.creator == gone))
    publish(engine)
    with reading(engine) as connection:
        assert results(connection) == []
        one, two = results(connection, mature=NOW)
    assert (one.bets, one.judged, one.won, one.gone, one.sealed) == (3, 2, 1, 1, True)
    assert one.base_rate == pytest.approx(1 / 3)
    assert one.brier == pytest.approx(0.25)
    assert two.bets == 2
    with writing(engine) as connection:
        entries = connection.execute(bet.select().order_by(bet.c.publication)).first()
        assert entries is not None
        connection.execute(update(bet).where(bet.c.publication == 1).values(entries=entries.entries[:1]))
    with reading(engine) as connection:
        assert [one.sealed for one in results(connection, mature=NOW)] == [False, True]
