"""Passes of the scheduler: one at a time, every slot once, one catch-up after any absence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from storage.cycles import AlreadyRunning, alone, begin, cycle, end, slot_of
from storage.database import connect, reading

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_two_schedulers_started_together_run_a_slot_once(database_url: str) -> None:
    """Real processes, started in the same moment, on either database."""
    env = {**os.environ, "GRAPEVINE_DATABASE_URL": database_url, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "scheduler.py", "--once", "--every", "60", "--at", "2026-10-25T00:30:00+00:00"]
    both = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [json.loads(one.communicate(timeout=120)[0].splitlines()[-1]) for one in both]
    assert sorted(one.returncode for one in both) == [0, 75], told
    engine = connect(database_url)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(cycle)).scalar() == 1
    engine.dispose()


def test_the_lock_is_free_again_when_its_holder_is_gone(engine: Engine) -> None:
    with alone(engine), pytest.raises(AlreadyRunning), alone(engine):
        pass
    with alone(engine):
        pass


def test_a_slot_that_was_run_is_not_run_again_and_one_that_was_cut_short_is(engine: Engine) -> None:
    number = begin(engine, "one", slot_of(NOW, 60), NOW)
    end(engine, number, 0, {})
    with pytest.raises(AlreadyRunning, match="this slot was run"):
        begin(engine, "two", slot_of(NOW + HOUR / 4, 60), NOW)
    begin(engine, "one, which then dies", slot_of(NOW + HOUR, 60), NOW + HOUR)
    begin(engine, "two", slot_of(NOW + HOUR, 60), NOW + HOUR)


@pytest.mark.parametrize("zone", ["+02:00", "+01:00", "+00:00"])
def test_an_hour_that_a_wall_clock_shows_twice_is_two_slots_and_none_is_left_out(zone: str) -> None:
    """The night of the change from summer time: 02:30 comes twice in Berlin, as two different hours in UTC."""
    offset = datetime.fromisoformat(f"2026-10-25T00:30:00{zone}").tzinfo
    slots = [slot_of((NOW + n * HOUR).astimezone(offset), 60) for n in range(4)]
    assert slots == list(range(slots[0], slots[0] + 4))


def test_a_week_of_downtime_and_a_clock_set_back_cost_one_pass(engine: Engine) -> None:
    def run(at: datetime) -> bool:
        try:
            end(engine, begin(engine, "one", slot_of(at, 60), at), 0, {})
        except AlreadyRunning:
            return False
        return True

    assert run(NOW)
    assert run(NOW + 7 * 24 * HOUR), "one catch-up; the slots in between are nobody's debt"
    assert not run(NOW + 7 * 24 * HOUR + HOUR / 4)
    assert not run(NOW), "the clock was set back by a week: what was run is not run again"
    assert run(NOW + HOUR)
