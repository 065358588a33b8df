"""The commands that ask the index, run as a user runs them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from index.filters import FILTERS, checked
from index.publish import publish
from index.scores.run import run
from index.words import parse
from tests import command
from tests.index.test_publish import write
from tests.index.test_query import author

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "query.md").read_text(encoding="utf-8")


def scrapy(url: str, *args: str) -> subprocess.CompletedProcess[str]:
    return command.scrapy(*args, env={"GRAPEVINE_DATABASE_URL": url, "PATH": ""})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_user_asks_keeps_lists_and_saves_searches(engine: Engine, database_url: str, tmp_path: Path) -> None:
    write(engine, *author("ida", {"text": "rye", "niche": "food.baking"}), *author("bo", {"text": "oats"}))
    publish(engine)
    told = json.loads(scrapy(database_url, "top", "--topic", "baking", "--search", "rye", "--format", "json").stdout)
    assert [row["name"] for row in told["creators"]] == ["ida"]
    assert scrapy(database_url, "shortlist", "never", "add", "bo", "--exclude").returncode == 0
    assert "Creators (1 of 1)" in scrapy(database_url, "top").stdout
    assert scrapy(database_url, "saved", "add", "rye", "--search", "rye").returncode == 0
    assert scrapy(database_url, "saved", "feed", "--to", str(tmp_path / "feeds")).returncode == 0
    assert (tmp_path / "feeds" / "rye.atom").exists()
    wrong = scrapy(database_url, "saved", "add", "bad", "--where", "tyer=micro")
    assert (wrong.returncode, "did you mean tier" in wrong.stderr) == (2, True)
    assert json.loads(scrapy(database_url, "show", "ida", "--format", "json").stdout)["creator"]["name"] == "ida"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_name_is_shown_as_it_is_whatever_it_looks_like(engine: Engine, database_url: str) -> None:
    posts, like = [{"text": text, "niche": "food.baking"} for text in ("rye", "oats")], "[/b] [red]Ida"
    ida, bo = author("ida", *posts), author("bo", *posts)
    ida[0].name, bo[0].name = like, f"{like} too"
    write(engine, *ida, *bo)
    run(engine)
    publish(engine)
    for ask in (("top",), ("similar", "https://bo.example/"), ("score", "https://ida.example/"), ("show", like)):
        told = scrapy(database_url, *ask)
        assert (told.returncode, like in told.stdout) == (0, True), (ask, told.stderr)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_stops_reading_ends_a_command_without_a_complaint(engine: Engine, database_url: str) -> None:
    write(engine, *author("ida", {"text": "rye"}))
    publish(engine)
    reader, writer = os.pipe()
    os.close(reader)  # as `| head` does, yet before the first byte
    done = [sys.executable, "-m", "scrapy", "top", "--format", "json"]
    env = {"GRAPEVINE_DATABASE_URL": database_url, "PATH": ""}
    ended = subprocess.run(done, stdout=writer, stderr=subprocess.PIPE, cwd=ROOT, env=env, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_every_documented_option_and_search_is_one_that_works() -> None:
    options = re.findall(r"^\| (.+?) \|", DOCUMENT, re.M)
    named = {name for cell in options for name in re.findall(r"`--([a-z-]+)`", cell)} - {"where"}
    assert {name.replace("-", "_") for name in named} == set(FILTERS) - {"search"}
    for search in re.findall(r"--search '([^']+)'", DOCUMENT):
        parse(search)
    for line in re.findall(r"^    scrapy top (.+)$", DOCUMENT, re.M):
        where = [part for part in shlex.split(line) if "=" in part]
        checked(dict(part.split("=") for part in where))
