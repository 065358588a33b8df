"""The first stage: one shape for every text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.clean import clean_record, clean_text
from storage.records import Account, Post


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [
        ("  two\t\twords ", "two words"),
        ("line one  \n line two\n\n\n\nnext", "line one\nline two\n\nnext"),
        ("nul\x00 and \ud800 surrogate", "nul and surrogate"),
        ("cafe\u0301", "café"),
        ("\u202eevil\u202c", "evil"),
        ("กำลังใจ नमस्ते", "กำลังใจ नमस्ते"),
        ("👩‍🌾 zero-width joiner stays", "👩‍🌾 zero-width joiner stays"),
        (" \n\t", None),
        ("", None),
    ],
)
def test_text_is_folded_and_freed_of_what_harms(given_text: str, clean: str | None) -> None:
    assert clean_text(given_text) == clean


def test_a_name_is_one_line() -> None:
    assert clean_text("Moss\n and\r\n Wool", one_line=True) == "Moss and Wool"


def test_a_text_is_cut_at_its_longest() -> None:
    assert clean_text("x" * 10_000_000, longest=50) == "x" * 50


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)
    assert once is None or clean_text(once) == once


def test_a_record_keeps_its_keys_and_loses_blank_facts() -> None:
    seen: dict[str, Any] = {"platform": "blog", "source_url": "http://a.example/", "extractor": "t/1"}
    seen["fetched_at"] = datetime.now(UTC)
    account = Account(
        **seen, native_id="a.example", url="http://a.example/", name=" \n", bio=" Wool.  ", aliases=["", "x", "x"]
    )
    clean_record(account)
    assert (account.name, account.bio, account.aliases, account.native_id) == (None, "Wool.", ["x"], "a.example")
    post = Post(**seen, account_id="a.example", native_id="1", url="http://a.example/1", title="A\n title")
    assert clean_record(post) is post
    assert post.title == "A title"
