"""What a reviewer sees: why, a judgement, the queue; as the command line shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import connect
from tests.crawler.conftest import RunScrapy
from tests.pipelines.identity.world import account, blog, channel, link, store

SITE = "https://korvaldbrod.example/"


@pytest.fixture
def reviewed(run_scrapy: RunScrapy, tmp_path: Path) -> RunScrapy:
    """A database with one creator of two accounts, and a copy of them."""
    assert run_scrapy("migrate").returncode == 0
    engine = connect(f"sqlite:///{tmp_path / 'test.db'}")
    site, videos = blog("korvaldbrod.example", "Maren Korvald"), channel(1, "Maren Korvald", handle="@korvaldbrod")
    other = account("telegram", "marenkorvald", "https://t.me/marenkorvald", "Maren Korvald", handle="marenkorvald")
    store(engine, site, videos, other, link(site, videos), link(videos, site), link(other, site))
    engine.dispose()
    return run_scrapy


def test_explain_tells_the_evidence_and_judge_takes_it_apart_and_back(reviewed: RunScrapy) -> None:
    told = reviewed("explain", SITE, "https://www.youtube.com/@korvaldbrod")
    assert (told.returncode, told.stderr) == (0, "")
    assert (
        "one creator\n- blog korvaldbrod.example (Maren Korvald) and youtube @korvaldbrod (Maren Korvald)"
        in told.stdout
    )
    assert "link to each other, and they show the same name" in told.stdout

    judged = reviewed(
        "judge", SITE, "https://www.youtube.com/@korvaldbrod", "different", "--why", "mother and daughter"
    )
    assert (judged.returncode, judged.stderr) == (0, "")
    assert reviewed("resolve").returncode == 0
    apart = reviewed("explain", SITE, "https://www.youtube.com/@korvaldbrod")
    assert apart.returncode == 1
    assert "A human said that" in apart.stdout

    assert reviewed("judge", SITE, "@korvaldbrod", "revoke", "--why", "one person after all").returncode == 0
    assert reviewed("explain", SITE, "@korvaldbrod").returncode == 0


def test_explain_says_why_a_claim_was_not_followed(reviewed: RunScrapy) -> None:
    told = reviewed("explain", SITE, "marenkorvald")
    assert told.returncode == 1
    assert "nothing proves that the account which says so is not a copy" in told.stdout


def test_an_unknown_account_a_missing_reason_and_an_odd_verdict_are_named(reviewed: RunScrapy) -> None:
    unknown = reviewed("explain", SITE, "https://nobody.example/")
    assert unknown.returncode == 2
    assert "https://nobody.example/: no stored account bears it" in unknown.stderr
    assert "--why" in reviewed("judge", SITE, "@korvaldbrod", "same").stderr
    assert "same, different, unsure" in reviewed("judge", SITE, "@korvaldbrod", "perhaps", "--why", "x").stderr


def test_resolve_again_changes_nothing(reviewed: RunScrapy) -> None:
    told = reviewed("resolve")
    assert (told.returncode, told.stderr) == (0, "")
    assert "0 evidence changed" in told.stdout
    assert "0 memberships changed" in told.stdout


def test_candidates_lists_what_waits(reviewed: RunScrapy) -> None:
    told = reviewed("candidates", "--limit", "1")
    assert told.returncode == 0
    assert "https://t.me/marenkorvald" in told.stdout
    assert "Not followed" in told.stdout
