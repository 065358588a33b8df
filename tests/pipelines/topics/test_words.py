"""Texts of many scripts become terms."""

from __future__ import annotations

import pytest

from pipelines.topics.words import key, terms


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("My FIRST sourdough!", "sourdough"),
        ("tour of my tiny house", "tiny house"),
        ("#vanlife diary", "vanlife"),
        ("Learning C++ in a week", "c++"),
        ("今日はパン作りに挑戦", "パン作り"),
        ("うちの 猫 と暮らす", "猫"),
        ("축구를 좋아해요", "축구"),
        ("عالم السيارات", "سيارات"),
        ("मेरी पहली रेसिपी", "रेसिपी"),
        ("new 🎣 spot", "🎣"),
        ("3Dプリンターを買った", "3d"),
    ],
)
def test_a_term_is_found_in_its_script(text: str, term: str) -> None:
    assert term in terms(text, {term})


def test_a_word_inside_another_word_is_no_hit() -> None:
    assert terms("concatenate the category", {"cat"}) == set()


def test_addresses_are_not_read() -> None:
    assert terms("see https://fishing.example/fishing or write to fishing@fishing.example", {"fishing"}) == set()


def test_long_texts_are_cut_before_they_cost_time() -> None:
    assert terms("a " * 400 + "fishing", {"fishing"}) == set()


def test_vowel_signs_do_not_cut_words() -> None:
    assert key("रेसिपी") == "रेसिपी"


def test_an_entry_of_four_words_is_no_term() -> None:
    assert key("one two three four") is None
    assert key("2024") is None
