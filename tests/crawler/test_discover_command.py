"""``scrapy discover`` as its user sees it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from storage.database import connect, reading
from storage.tables import source
from tests.crawler.conftest import RunScrapy
from tests.index.test_discover import MAREN, links, writes
from tests.pipelines.identity import world


def test_discover_explains_first_and_admits_only_when_asked(run_scrapy: RunScrapy, tmp_path: Path) -> None:
    assert run_scrapy("migrate").returncode == 0
    engine = connect(f"sqlite:///{tmp_path / 'test.db'}")
    toots = links(MAREN, "https://toots.example/@rye", "mention")
    world.store(engine, *writes(MAREN), links(MAREN, "https://rye-crumbs.example/"), toots)

    told = run_scrapy("discover", "--topic", "food.baking", "--dry-run")
    assert (told.returncode, told.stderr) == (0, "")
    assert "Maren (80% on the topic) recommends it (blogroll)" in told.stdout
    with reading(engine) as connection:
        assert connection.execute(select(source)).all() == []

    told = run_scrapy("discover", "--topic", "food.baking", "--budget", "5")
    assert (told.returncode, told.stderr) == (0, "")
    assert "2 sources are due now" in told.stdout
    with reading(engine) as connection:
        found = {row.platform: row.url for row in connection.execute(select(source))}
    assert found["blog"] == "https://rye-crumbs.example/"
    assert found["fediverse"].startswith("https://toots.example/.well-known/webfinger"), "what its spider visits"
    engine.dispose()


def test_discover_by_wishes_takes_its_share_and_without_wishes_does_nothing(
    run_scrapy: RunScrapy, tmp_path: Path
) -> None:
    run_scrapy("migrate")
    assert run_scrapy("discover", "--cycle", "100").returncode == 0
    nothing = run_scrapy("discover")
    assert nothing.returncode == 2
    assert "GRAPEVINE_WISHES" in nothing.stderr

    engine = connect(f"sqlite:///{tmp_path / 'test.db'}")
    world.store(engine, *writes(MAREN), *(links(MAREN, f"https://rye{n}.example/") for n in range(4)))
    engine.dispose()
    wishes = tmp_path / "wishes.toml"
    wishes.write_text('topics = ["food.baking"]\nshare = 0.02\n')
    told = run_scrapy("discover", "--cycle", "100", "-s", f"GRAPEVINE_WISHES={wishes}")
    assert (told.returncode, told.stderr) == (0, "")
    assert "2 sources are due now" in told.stdout
