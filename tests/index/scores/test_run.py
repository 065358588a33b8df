"""Scoring a database: idempotent, streamed, verified; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, insert, select, update

from benchmarks.scores_world import NOW, Person, fill
from index.publish import publish
from index.scores import reader
from index.scores import run as runner
from index.scores.audience import table
from index.scores.explain import explain
from index.scores.run import run
from index.scores.verify import verify
from storage import tables as t
from storage.database import reading, writing
from storage.find import UnknownCreatorError, find_creator
from storage.records import Account, Observation
from storage.write import Writer

PEOPLE = 12


@pytest.fixture
def people(engine: Engine) -> Engine:
    """A dozen invented creators of twenty posts each."""
    fill(engine, (Person(number, 20, 3) for number in range(PEOPLE)))
    return engine


def stored(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return [
            dict(row._mapping)
            for row in connection.execute(select(t.score).order_by(t.score.c.creator, t.score.c.name))
        ]


def wrong(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return [mismatch for _, mismatch in verify(connection) if mismatch is not None]


def test_scoring_the_same_input_again_changes_no_row(people: Engine) -> None:
    first = run(people)
    before = stored(people)
    again = run(people)
    assert first.creators == PEOPLE
    assert first.written == len(before) > 8 * PEOPLE
    assert (again.written, again.dropped, again.unchanged) == (0, 0, len(before))
    assert stored(people) == before
    publish(people)
    run(people)
    assert publish(people).counts["changed"] == 0


def test_every_score_is_found_again_from_its_evidence(people: Engine) -> None:
    run(people)
    assert wrong(people) == []


def test_a_score_that_its_evidence_does_not_give_is_found(people: Engine) -> None:
    run(people)
    key = Person(0, 20, 3).key
    with writing(people) as connection:
        connection.execute(
            update(t.score).where(t.score.c.creator == key, t.score.c.name == "closeness").values(value=1)
        )
        post = connection.execute(
            select(func.min(t.post.c.key)).where(t.post.c.account == Person(1, 20, 3).key)
        ).scalar()
        connection.execute(delete(t.post).where(t.post.c.key == post))
    found = {(mismatch.creator, mismatch.name): mismatch.problem for mismatch in wrong(people)}
    assert "its evidence gives" in found[key, "closeness"]
    assert "gone" in found[Person(1, 20, 3).key, "regularity"]
    assert {creator for creator, _ in found} == {key, Person(1, 20, 3).key}


def test_scores_without_evidence_left_are_dropped(people: Engine) -> None:
    run(people)
    gone, poor = Person(0, 20, 3).key, Person(1, 20, 3).key
    with writing(people) as connection:
        connection.execute(delete(t.account).where(t.account.c.key == gone))
        connection.execute(delete(t.post).where(t.post.c.account == poor))
    run(people)
    left = {(row["creator"], row["name"]) for row in stored(people)}
    assert not any(creator == gone for creator, _ in left)
    assert (poor, "loyalty") in left
    assert (poor, "specialist") not in left


def test_who_is_deleted_while_scores_are_reckoned_gets_none(people: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, real = set[int](), reader.cases

    def cases(*args: Any, **given: Any) -> Any:
        for batch in real(*args, **given):
            gone.add(batch[0].creator)
            with writing(people) as connection:
                connection.execute(delete(t.account).where(t.account.c.key.in_(gone)))
            yield batch

    monkeypatch.setattr(runner, "cases", cases)
    run(people)
    assert len({row["creator"] for row in stored(people)} | gone) == PEOPLE
    assert not {row["creator"] for row in stored(people)} & gone


def test_two_processes_write_what_one_writes(people: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    run(people)
    before = stored(people)
    with writing(people) as connection:
        connection.execute(delete(t.score))
    monkeypatch.setattr(runner, "MANY", 3)
    assert run(people).written == len(before)
    assert stored(people) == before


def test_a_cell_with_creators_enough_is_its_own_measure(people: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    run(people)
    assert not any(row["name"] == "engagement" for row in stored(people))
    prior = table("priors.toml")
    monkeypatch.setitem(prior, "least_own", 2)
    run(people)
    ranked = [row for row in stored(people) if row["name"] == "engagement"]
    assert len(ranked) > PEOPLE / 2
    assert wrong(people) == []


def test_a_creator_is_explained_part_by_part_and_without_what_was_paid(people: Engine) -> None:
    run(people)
    silent = next(p for p in (Person(n, 20, 3) for n in range(PEOPLE)) if p.paid > 0.2)
    with reading(people) as connection:
        assert find_creator(connection, f"@p{silent.number}") == silent.key
        found = explain(connection, silent.key)
        with pytest.raises(UnknownCreatorError, match="no stored creator"):
            find_creator(connection, "@nobody")
    assert found is not None
    assert set(found.parts) <= set(found.rows)
    free = next(made for made in found.what_ifs if "without what is" in made.without)
    before, after = free.changes["independence"]
    assert (after or 0) - (before or 0) == pytest.approx(100 * len(free.posts) / 20, abs=0.1)
    assert "specialist" not in free.changes


def test_a_retired_id_leads_to_the_creator_that_took_its_place(people: Engine) -> None:
    with writing(people) as connection:
        row = {"old": 77, "new": Person(0, 20, 3).key, "at": NOW, "reason": "merged"}
        connection.execute(insert(t.creator_redirect), row)
        assert find_creator(connection, "77") == Person(0, 20, 3).key


def test_a_channel_that_was_gone_for_a_while_is_told_so(engine: Engine) -> None:
    """As a crawl writes it: micro in spring, not there in summer, back in autumn and a tier higher."""
    writer = Writer(engine, 1)
    for at, status, count in ((0, "active", 45_000), (90, "gone", None), (180, "active", 132_000)):
        seen: dict[str, Any] = {
            "platform": "youtube",
            "extractor": "youtube/1",
            "source_url": "https://video.example/ida",
        }
        seen["fetched_at"] = NOW + timedelta(days=at)
        writer.add(Account(**seen, native_id="UCida", url="https://video.example/ida", status=status))
        if count:
            writer.add(Observation(**seen, account_id="UCida", metric="followers", value=count))
    writer.close()
    run(engine)
    (row,) = [row for row in stored(engine) if row["name"] == "tier"]
    assert row["label"] == "mid"
    assert [tier for _, tier in row["evidence"]["told"]["path"]] == ["micro", "gone", "mid"]
    assert wrong(engine) == []
