"""The documents about people say what the code does: limits, files, tests, words and examples."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from crawler.page import Page
from crawler.platforms.youtube.api import KEEP
from crawler.politeness.ledger import KEPT_DAYS
from crawler.social import opted_out
from crawler.voice import PATH, read_voice
from index.notice import LANGUAGES
from index.public import VALID
from storage.retention import NUMBERS, PUBLICATIONS, RAW, SILENT

ROOT = Path(__file__).parents[1]
PAPERS = ("PRIVACY.md", "SECURITY.md", "docs/dpia-template.md", "docs/own-voice.md")


def paper(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def examples() -> list[str]:
    told = paper("docs/own-voice.md")
    return re.findall(r"```json\n(.*?)```", told, re.DOTALL) + re.findall(r"`({.*?})`", told)


def test_privacy_names_the_limits_that_are_enforced() -> None:
    rows = re.findall(r"^\| (.+?) \| (\d+) days", paper("PRIVACY.md"), re.MULTILINE)
    assert [(what, int(days)) for what, days in rows] == [
        ("raw responses in archives", RAW.days),
        ("the log of single requests", KEPT_DAYS),
        ("rows of YouTube's Data API", KEEP.days),
        ("single numbers", NUMBERS.days),
        ("older publications", PUBLICATIONS.days),
        ("accounts that could not be read", SILENT.days),
        ("creators who published and changed nothing", SILENT.days),
    ]
    assert f"may be used: {VALID.days} days" in paper("PRIVACY.md")


def test_privacy_links_the_notice_in_every_language() -> None:
    assert set(re.findall(r"index/notices/(\w\w)\.txt", paper("PRIVACY.md"))) == set(LANGUAGES)


def test_every_threat_has_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", paper("SECURITY.md"))
    assert len(named) >= 14
    for file, test in named:
        assert f"def {test}(" in paper(file), test


@pytest.mark.parametrize("name", PAPERS)
def test_every_file_that_a_paper_links_or_names_is_there(name: str) -> None:
    text = paper(name)
    linked = [(ROOT / name).parent / path for path in re.findall(r"\]\(([\w./-]+)\)", text)]
    named = [ROOT / path for path in re.findall(r"\b((?:docs|index|storage)/[\w-]+\.(?:md|toml))", text)]
    assert [path for path in [*linked, *named] if not path.exists()] == []


@pytest.mark.parametrize("example", examples())
def test_every_example_of_the_well_known_file_is_read_whole(example: str) -> None:
    said = json.loads(example)
    voice = read_voice(Page(url=f"https://sourdough.example{PATH}", body=example.encode()))
    assert voice is not None
    assert voice.problems == ()
    for key, value in said.items():
        heard = getattr(voice, key)
        assert (list(heard) if isinstance(heard, tuple) else heard) == value


def test_every_word_for_profiles_is_heard() -> None:
    words = re.findall(r"`(#no\w+)`", paper("docs/own-voice.md"))
    assert len(words) == 7
    assert [word for word in words if not opted_out(f"Bread. {word}")] == []
