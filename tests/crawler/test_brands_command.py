"""``scrapy brands`` and ``scrapy bets`` as their user sees them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from sqlalchemy import update

from storage.atlas import bet_entry
from storage.database import connect, writing
from tests.crawler.conftest import RunScrapy
from tests.index.test_atlas import a_world as a_world_that_rises
from tests.index.test_brands import a_world


@pytest.fixture
def project(run_scrapy: RunScrapy, tmp_path: Path) -> Path:
    assert run_scrapy("migrate").returncode == 0
    engine = connect(f"sqlite:///{tmp_path / 'test.db'}")
    a_world(engine)
    engine.dispose()
    file = tmp_path / "brands.toml"
    file.write_text('[[brand]]\nname = "BrewCo"\naliases = ["Brew & Co"]\ndomains = ["brewco.example"]\n')
    return file


def test_the_command_names_the_large_and_counts_the_small(run_scrapy: RunScrapy, project: Path) -> None:
    told = run_scrapy("brands", str(project))
    assert (told.returncode, told.stderr) == (0, "")
    assert "Baker 0" in told.stdout
    assert "Baker 2" not in told.stdout
    assert "3 more below the tier nano are not named" in told.stdout
    rows = json.loads(run_scrapy("brands", str(project), "--format", "json").stdout)
    assert [(row["name"], row["organic"], len(row["posts"])) for row in rows] == [("Baker 0", 2, 3), ("Baker 1", 0, 1)]
    lines = list(csv.DictReader(io.StringIO(run_scrapy("brands", str(project), "--format", "csv").stdout)))
    assert [line["name"] for line in lines] == ["Baker 0", "Baker 1"]
    crowd = run_scrapy("brands", str(project), "--next")
    assert "Baker" not in crowd.stdout
    assert "<3" in crowd.stdout
    bad = run_scrapy("brands", "missing.toml")
    assert (bad.returncode, "can't be read" in bad.stderr) == (2, True)


def test_bets_are_told_by_their_command(run_scrapy: RunScrapy, project: Path) -> None:
    nothing = run_scrapy("bets")
    assert (nothing.returncode, "no bets yet" in nothing.stdout) == (0, True)
    assert run_scrapy("bets", "--after", "soon").returncode == 2


def test_a_bet_is_shown_and_a_list_that_was_changed_is_an_error(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    run_scrapy("migrate")
    engine = connect(f"sqlite:///{tmp_path / 'test.db'}")
    a_world_that_rises(engine)
    made = run_scrapy("publish")
    assert "bet on 3 who rise: sha256 " in made.stdout
    told = run_scrapy("bets")
    assert (told.returncode, told.stderr) == (0, "")
    assert made.stdout.split("sha256 ")[1][:8] in told.stdout
    with writing(engine) as connection:
        connection.execute(update(bet_entry).values(value=9.0))
    engine.dispose()
    caught = run_scrapy("bets")
    assert caught.returncode == 1
    assert "was changed or added later" in caught.stdout
