"""The exact sum beside langdetect itself, the reference."""

from __future__ import annotations

import langdetect
import pytest
from langdetect.detector_factory import DetectorFactory

from pipelines.language.profiles import Profiles

SENTENCES = {
    "de": "Heute haben wir neue Weichen verlegt und den kleinen Bahnhof beleuchtet",
    "en": "Today we laid new points and lit up the small station by the river",
    "fr": "Aujourd'hui nous avons posé de nouveaux aiguillages et éclairé la petite gare",
    "es": "Hoy hemos puesto agujas nuevas y hemos iluminado la pequeña estación",
    "pl": "Dzisiaj ułożyliśmy nowe rozjazdy i oświetliliśmy małą stację",
    "fi": "Tänään asensimme uusia vaihteita ja valaisimme pienen aseman",
    "vi": "Hôm nay chúng tôi đã lắp đặt đường ray mới và thắp sáng nhà ga nhỏ",
    "ru": "Сегодня мы уложили новые стрелки и осветили маленький вокзал",
    "uk": "Сьогодні ми проклали нові стрілки та освітили маленький вокзал",
    "fa": "امروز ریل‌های تازه گذاشتیم و ایستگاه کوچک را روشن کردیم",
    "hi": "आज हमने नई पटरियाँ बिछाईं और छोटे स्टेशन को रोशन किया",
}


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return Profiles()


@pytest.mark.parametrize("code", SENTENCES)
def test_the_exact_sum_names_what_langdetect_names(profiles: Profiles, code: str) -> None:
    DetectorFactory.seed = 0
    scores, grams = profiles.scores(SENTENCES[code])
    assert scores is not None
    assert grams > 20
    assert profiles.languages[int(scores.argmax())] == langdetect.detect(SENTENCES[code]) == code


def test_every_ngram_has_langdetects_own_probability(profiles: Profiles) -> None:
    langdetect.detect("load the factory")
    from langdetect import detector_factory

    factory = detector_factory._factory
    order = [profiles.languages.index(name) for name in factory.langlist]
    for gram in ("sch", "th", "ą", "ção", " de"):
        row = profiles._table[profiles._rows[gram]][order]
        smoothed = [2.718281828459045**value - 0.5 / 10_000 for value in row.tolist()]
        assert smoothed == pytest.approx(factory.word_lang_prob_map[gram], abs=1e-6)


def test_a_text_without_known_ngrams_has_no_scores(profiles: Profiles) -> None:
    assert profiles.scores("12 34 !") == (None, 0)
