"""The atlas and the bets that each publication brings, on a small invented world."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, update

import index.publish
from index.atlas import percentile
from index.bets import Verdict, hash_of, leaf_of, verdicts
from index.publish import publish
from storage import tables as t
from storage.atlas import bet, bet_entry
from storage.database import reading, writing
from storage.forget import forget
from tests.index.test_publish import bakers, view, write

NOW = datetime(2027, 12, 1, tzinfo=UTC)


def scored(engine: Engine, creator: int, name: str, value: float, label: str | None = None, **more: Any) -> None:
    row = {"creator": creator, "name": name, "value": value, "label": label, "n": 9, "formula": f"{name}/1"}
    row |= {"low": None, "high": None, "formula_hash": "f", "computed_at": NOW, "evidence": None, **more}
    with writing(engine) as connection:
        same = t.score.c.creator == creator, t.score.c.name == name
        connection.execute(delete(t.score).where(*same))
        connection.execute(insert(t.score).values(row))


def sized(engine: Engine, creator: int, size: float, tier: str = "micro", series: int = 1) -> None:
    scored(engine, creator, "tier", size, tier, evidence={"observations": {"2026-11-01T00:00:00+00:00": [series]}})


def a_world(engine: Engine, many: int = 8) -> list[int]:
    """Bakers of 1000 followers each, of whom the first three are said to rise."""
    records = bakers(many)
    write(engine, *records)
    creators = [record.key for record in records]
    for place, creator in enumerate(creators):
        sized(engine, creator, 1000)
        value = 3.0 - place
        label = "rising" if place < 3 else "steady"
        scored(engine, creator, "rising", value, label, low=value - 0.5, high=value + 0.5)
    return creators


def judged(engine: Engine, days: int = 30) -> list[Verdict]:
    with reading(engine) as connection:
        return list(verdicts(connection, days, NOW))


def later(engine: Engine, days: int) -> None:
    """As if all publications so far had been made so many days earlier."""
    with writing(engine) as connection:
        for table, column in ((t.publication, "published_at"), (bet, "made_at")):
            for row in connection.execute(table.select()).mappings().all():
                key = next(iter(table.primary_key))
                values = {column: row[column] - timedelta(days=days)}
                connection.execute(update(table).where(key == row[key.key]).values(values))


def test_percentiles_lie_between_neighbours() -> None:
    assert [percentile([0, 1, 2, 3, 4], p) for p in (0, 10, 50, 90, 100)] == [0, 0.4, 2, 3.6, 4]
    assert percentile([7], 90) == 7


def test_the_atlas_comes_with_the_publication_and_hides_small_cells(engine: Engine) -> None:
    creators = a_world(engine)
    for creator in creators[:4]:
        scored(engine, creator, "loyalty", 50)
    assert publish(engine).published
    cells = {
        tuple(row[name] for name in ("score", "platform", "tier", "topic", "language")): row
        for row in view(engine, "benchmarks")
    }
    assert {key[0] for key in cells} == {"rising", "tier"}, "four creators are too few to tell of their loyalty"
    cell = cells["rising", "blog", "micro", "unknown", "all"]
    assert (cell["n"], cell["p10"], cell["p50"], cell["p90"]) == (8, -3.3, -0.5, 2.3)
    assert len(cells) == 2 * 2**4


def test_an_atlas_that_stays_the_same_is_not_written_again(engine: Engine) -> None:
    creators = a_world(engine)
    publish(engine)
    publish(engine)
    assert {row["changed_publication"] for row in view(engine, "benchmarks")} == {1}
    scored(engine, creators[0], "rising", 9.0, "rising", low=8, high=10)
    publish(engine)
    assert {row["score"]: row["changed_publication"] for row in view(engine, "benchmarks")} == {"rising": 3, "tier": 1}


def test_without_scores_there_is_neither_atlas_nor_bet(engine: Engine) -> None:
    write(engine, *bakers(6))
    made = publish(engine)
    assert (made.published, made.bet, view(engine, "benchmarks"), view(engine, "bets")) == (True, None, [], [])


def test_a_refused_publication_leaves_no_bet_and_no_atlas(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    a_world(engine)

    def fails(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(index.publish, "run_tests", fails)
        with pytest.raises(RuntimeError):
            publish(engine)
    assert (view(engine, "bets"), view(engine, "benchmarks")) == ([], [])
    assert publish(engine).published
    assert [row["publication"] for row in view(engine, "bets")] == [2]
    with reading(engine) as connection:
        assert {row.publication for row in connection.execute(bet.select())} == {2}


def test_a_published_hash_can_be_made_again_from_the_stored_list(engine: Engine) -> None:
    a_world(engine)
    made = publish(engine)
    with reading(engine) as connection:
        entries = [dict(row) for row in connection.execute(bet_entry.select()).mappings()]
    leaves = sorted(
        hashlib.sha256(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        for entry in entries
    )
    whole = json.dumps({"leaves": leaves, "publication": 1}, sort_keys=True, separators=(",", ":"))
    assert made.bet == (3, hashlib.sha256(whole.encode()).hexdigest())
    assert [(row["hash"], row["size"]) for row in view(engine, "bets")] == [(made.bet[1], 3)]


@pytest.mark.parametrize("deed", ["value", "creator", "leaves"])
def test_a_list_that_was_changed_afterwards_is_found_out(engine: Engine, deed: str) -> None:
    a_world(engine)
    publish(engine)
    assert judged(engine)[0].problems == []
    with writing(engine) as connection:
        if deed == "leaves":
            entry = dict(connection.execute(bet_entry.select()).mappings().first() or {})
            connection.execute(update(bet).values(leaves=[leaf_of(entry)], size=1))
        else:
            one = connection.execute(bet_entry.select()).first()
            assert one is not None
            changed = update(bet_entry).where(bet_entry.c.creator == one.creator)
            connection.execute(changed.values({deed: 5}))
    assert judged(engine)[0].problems


def test_a_forgotten_person_leaves_the_bet_and_the_hash_still_holds(
    engine: Engine, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, *_ = a_world(engine)
    publish(engine)
    report = forget(engine, [first], suppress=False)
    assert report.rows["bet_entry"] == 1
    (found,) = judged(engine)
    assert (found.problems, found.withdrawn, found.size, len(found.entries)) == ([], 1, 3, 2)
    assert first not in [entry["creator"] for entry in found.entries]


def test_old_bets_are_judged_against_everybody_losers_included(engine: Engine) -> None:
    creators = a_world(engine)
    publish(engine)
    later(engine, 60)
    for creator, size in zip(creators, (4000, 900, 0, 1500, 1000, 1000, 1000, 1000), strict=True):
        sized(engine, creator, size)
    with writing(engine) as connection:
        connection.execute(delete(t.score).where(t.score.c.creator == creators[2], t.score.c.name == "tier"))
    publish(engine)
    old, new = judged(engine)
    assert (old.judged_by, new.judged_by) == (2, None)
    assert dict(old.outcomes) == {"hit": 1, "miss": 1, "gone": 1}
    assert old.base_rate == 2 / 8, "the first and the fourth grew more than the median, which is nothing"
    assert old.hit_rate == 1 / 3
    chances = {entry["creator"]: entry["chance"] for entry in old.entries}
    assert old.brier == pytest.approx(((1 - chances[creators[0]]) ** 2 + 2 * 0.99**2) / 3)


def test_a_number_of_another_account_is_no_growth_but_a_higher_tier_is_a_hit(engine: Engine) -> None:
    creators = a_world(engine)
    publish(engine)
    later(engine, 60)
    sized(engine, creators[0], 90_000, "mid", series=2)
    sized(engine, creators[1], 1000, "mid")
    publish(engine)
    assert dict(judged(engine)[0].outcomes) == {"unclear": 1, "hit": 1, "miss": 1}


def test_a_bet_is_judged_by_the_first_publication_when_it_was_due(engine: Engine) -> None:
    creators = a_world(engine)
    publish(engine)
    later(engine, 60)
    publish(engine)
    before = judged(engine)[0].outcomes
    for creator in creators[:3]:
        sized(engine, creator, 9000)
    publish(engine)
    assert (judged(engine)[0].judged_by, judged(engine)[0].outcomes) == (2, before)


def test_the_order_of_entries_does_not_matter_to_the_hash_but_the_publication_does() -> None:
    assert hash_of(1, ["a", "b"]) == hash_of(1, ["b", "a"]) != hash_of(2, ["a", "b"])
