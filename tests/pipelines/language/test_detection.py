"""What ``detect`` promises: right on clear texts, "und" on noise, the same answer always."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.language import detect
from tests.pipelines.language.test_profiles import SENTENCES

CLEAR = SENTENCES | {
    "nl": "Vandaag hebben we nieuwe wissels gelegd en het stationnetje verlicht",
    "id": "Hari ini kami memasang wesel baru karena stasiun kecil itu sudah tidak bisa dipakai",
    "tr": "Bugün yeni makaslar döşedik ve küçük istasyonu ışıklandırdık",
    "cs": "Dnes jsme položili nové výhybky a osvětlili malé nádraží",
    "ar": "وضعنا اليوم سككا جديدة وأضأنا المحطة الصغيرة",
    "ja": "今日は新しいポイントを敷いて、小さな駅に明かりをつけました",
    "th": "วันนี้เราวางรางใหม่และติดไฟให้สถานีเล็ก",
    "ca": "Avui hem posat agulles noves i hem il·luminat la petita estació",
    "sv": "Idag har vi lagt nya växlar och lyst upp den lilla stationen",
}


@pytest.mark.parametrize("code", CLEAR)
def test_a_clear_sentence_is_named_with_confidence(code: str) -> None:
    found = detect(CLEAR[code])
    assert found.language == code
    assert found.confidence > 0.9
    assert found.candidates[0] == (code, found.confidence)
    assert found.shares == ((code, 1.0),)


@pytest.mark.parametrize(
    "text", ["", " ", "🎉🔥", "https://example.org/x", "2024", "\x00\x00", "#", "@someone", "\ud800"]
)
def test_what_has_no_letters_is_und(text: str) -> None:
    found = detect(text)
    assert (found.language, found.confidence, found.candidates) == ("und", 0.0, ())


@pytest.mark.parametrize("text", ["asdkjh qwoeiu zxmcnb", "xq", "def f(x): return x+1", "h̷̢e̴͝l̸l̶o̵", "a" * 1_000_000])
def test_noise_is_und_with_guesses_that_say_how_weak_they_are(text: str) -> None:
    found = detect(text)
    assert found.language in {"und", "en"}
    assert found.confidence < 0.9


def test_a_megabyte_of_text_is_read_in_samples() -> None:
    assert detect(SENTENCES["de"] * 14_000).language == "de"
    assert detect("http://" + "a" * 1_000_000).language == "und"


def test_chinese_comes_with_its_script() -> None:
    assert detect("今天我們鋪設了新的道岔，並點亮了小車站的燈").language == "zh-Hant"
    found = detect("今天我们铺设了新的道岔，并点亮了小车站的灯")
    assert (found.language, found.script) == ("zh-Hans", "Hans")


def test_serbian_letters_say_sr_and_latin_ones_leave_it_open_until_declared() -> None:
    latin = "Danas smo postavili nove skretnice i osvijetlili malu stanicu"
    assert detect("Данас смо поставили нове скретнице и осветлили малу станицу").language == "sr"
    assert detect(latin).language == "sh"
    assert detect(latin, "hr-HR").language == "hr"
    assert detect(latin, "de").language == "sh"


def test_romanised_hindi_is_not_taken_for_another_language() -> None:
    assert detect("mujhe ye film bahut acchi lagi aur gaane bhi").language == "hi-Latn"


def test_a_declared_language_tips_a_close_call_and_never_a_clear_text() -> None:
    assert detect(SENTENCES["de"], "fr").language == "de"
    free, told = dict(detect("Foto").candidates), dict(detect("Foto", "it").candidates)
    assert told.get("it", 0) > free.get("it", 0)


def test_a_text_in_two_languages_shows_both() -> None:
    found = detect(f"{SENTENCES['de']}. {SENTENCES['es']}.")
    assert {name for name, _ in found.shares} == {"de", "es"}
    assert sum(share for _, share in found.shares) == pytest.approx(1, abs=0.01)
    scripts = detect(f"{SENTENCES['ru']} {SENTENCES['en']}")
    assert {name for name, _ in scripts.shares} == {"ru", "en"}


def test_the_same_text_gives_the_same_answer_in_any_order() -> None:
    texts = [*SENTENCES.values(), "bike tour today", "Foto del giorno", "modelism", "Ny video ute"]
    first = [detect(text) for text in texts]
    for _ in range(50):
        assert [detect(text) for text in reversed(texts)] == first[::-1]


def test_sixteen_cold_threads_agree() -> None:
    code = (
        "import sys, threading\n"
        "from pipelines.language import detect\n"
        "text, out, gate = sys.argv[1], [], threading.Barrier(16)\n"
        "def ask():\n"
        "    gate.wait()\n"
        "    out.append(detect(text))\n"
        "threads = [threading.Thread(target=ask) for _ in range(16)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "print(len(out), len(set(out)), out[0].language)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, SENTENCES["de"]], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["16", "1", "de"]


def test_recorded_texts_are_named_as_well_as_promised() -> None:
    folder = os.environ.get("GRAPEVINE_DATA")
    if not folder:
        pytest.skip("GRAPEVINE_DATA names no folder with language/dev.jsonl")
    from benchmarks.language import measure
    from pipelines.language.detection import CONFIDENT_FROM

    lines = (Path(folder) / "language" / "dev.jsonl").read_text("utf-8").splitlines()[::5]
    rows = [json.loads(line) for line in lines]
    found = [detect(row["text"]) for row in rows]
    guesses = [result.candidates[0] if result.candidates else ("und", 0.0) for result in found]
    figures = measure(rows, guesses, CONFIDENT_FROM)
    assert figures["core_macro_f1"] > 0.955
    assert figures["false_confident"] < 0.005
