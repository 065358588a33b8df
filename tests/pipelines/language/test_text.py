"""Normalising and scripts: what carries language stays, what does not goes."""

from __future__ import annotations

import pytest

from pipelines.language.text import LONGEST, normalise
from pipelines.language.writing import settled, writing


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See https://example.org/a?b=c and www.example.com/x now", "See and now"),
        ("write to jo.doe@mail.example.com or @jo_doe", "write to or"),
        ("my blog example.io/notes is new.Really", "my blog is new.Really"),
        ("RT @somebody: guten Abend 🎉🎉 2024", "guten Abend"),
        ("hahaha soooooo good", "soo good"),
        ("Tom &amp; Jerry", "Tom Jerry"),
        ("ALL CAPS HERE", "all caps here"),
        ("a\x00b\ud800c", "a bc"),
    ],
)
def test_links_names_numbers_and_noise_go(text: str, left: str) -> None:
    assert normalise(text) == left


def test_vowel_signs_of_indic_and_thai_stay() -> None:
    for text in ("नमस्ते दुनिया", "สวัสดีชาวโลก", "আমি বাংলায়"):
        assert normalise(text) == text


def test_hashtags_go_where_enough_is_left_and_are_read_as_words_where_not() -> None:
    assert normalise("Heute bauen wir eine neue Strecke #modellbahn") == "Heute bauen wir eine neue Strecke"
    assert normalise("#modelTrains #n_scale") == "model Trains n scale"


@pytest.mark.parametrize(
    "text", ["", " \n\t", "🎉🔥😂", "https://example.org/x", "12345 67", "!!! ...", "@someone", "\x00"]
)
def test_without_letters_nothing_is_left(text: str) -> None:
    assert normalise(text) == ""


def test_a_huge_text_is_cut() -> None:
    assert len(normalise("word " * 1_000_000)) <= LONGEST


@pytest.mark.parametrize(
    ("text", "script", "language"),
    [
        ("今日は天気がいい", "Kana", "ja"),
        ("今天天气很好", "Hani", "zh"),
        ("오늘 날씨가 좋다 漢字", "Hang", "ko"),
        ("καλημέρα from Athens", "Grek", "el"),
        ("שלום עולם", "Hebr", "he"),
        ("אױפֿן װעג", "Hebr", "yi"),
        ("আমি বাংলায় গান গাই", "Beng", "bn"),
        ("অসমীয়া ভাষাৰ", "Beng", "as"),
        ("Добрый день", "Cyrl", ""),
        ("good morning", "Latn", ""),
    ],
)
def test_a_script_of_one_language_settles_it(text: str, script: str, language: str) -> None:
    written = writing(text)
    assert (written.script, settled(written)) == (script, language)


def test_letters_of_other_scripts_are_left_out_of_the_main_one() -> None:
    written = writing("Новая макет железной дороги Märklin готов")
    assert written.script == "Cyrl"
    assert "rklin" not in written.text
    assert written.counts["Latn"] == 7
