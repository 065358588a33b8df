"""What politeness costs and what it does: stock Scrapy and ours against the same hostile server; one JSON object.

``overhead_ratio`` is the CPU of our crawl of 2,000 pages over that of stock Scrapy with the same concurrency and no
delays, start-up left out, the median of paired runs. The four checks say whether ours passes; ``details`` has the
measured gaps of both. ``--table`` prints the rows of docs/politeness.md instead.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks import arguments, show
from tests.hostile.case import Case, Seen
from tests.hostile.cases import all_cases
from tests.hostile.crawl import OURS, in_process_of_its_own
from tests.hostile.server import Answer, Server, running
from tests.hostile.trial import play

PAGES, PAIRS, HANGS = 2000, 5, 60
CHECKS = {
    "retry_after": ("retry after seconds", "retry after date", "retry after others"),
    "crawl_delay": ("crawl delay", "crawl delay runs"),
    "robots_5xx": ("robots 500", "robots 503", "robots drops"),
    "robots_memory": ("robots memory", "robots closed memory"),
}
PAGE = (
    b"<!doctype html><html lang=en><head><meta charset=utf-8><title>Notes on moss</title>"
    b'<meta name="viewport" content="width=device-width"><meta name="robots" content="max-image-preview:large">'
    b'<link rel=alternate type="application/rss+xml" href="/feed"></head><body>'
    + b"<p>Moss grows slowly.</p>" * 400
    + b"</body></html>"
)


def _serve(pipe: Any) -> None:
    pages = {f"/page/{number}": [Answer(200, PAGE)] for number in range(PAGES)}
    with running(Server({"127.0.0.1": pages})) as server:
        pipe.send(server.port)
        pipe.recv()


@contextlib.contextmanager
def _elsewhere() -> Iterator[int]:
    """The server in another process, so that its CPU is not ours; gives its port."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join(5)


def overhead(pages: int = PAGES, pairs: int = PAIRS) -> dict[str, Any]:
    """CPU seconds of both, run in turn, and the median of the pairs' ratios."""
    same = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "DOWNLOAD_DELAY": 0}
    free = {"AUTOTHROTTLE_ENABLED": False, "HOST_DAILY_BUDGET": 10**9, "TRAP_MOST_ALIKE": 10**9}
    spent: dict[str, list[float]] = {"stock": [], "ours": []}
    with _elsewhere() as port, tempfile.TemporaryDirectory() as folder:
        ours = OURS | free | {"GUARD_ALLOW": [f"127.0.0.1:{port}"], "GRAPEVINE_CONTACT": "https://example.org/bot"}
        for pair in range(-1, pairs):  # the first is not counted: it fills the caches of this machine
            for name, settings in (("stock", {}), ("ours", ours)):
                task = {"settings": settings | same, "base": f"http://127.0.0.1:{port}", "pages": pages}
                environment = os.environ | {"GRAPEVINE_DATABASE_URL": f"sqlite:///{folder}/{pair}.db"}
                result = in_process_of_its_own(task, environment, module="tests.hostile.load")
                if result["pages"] != pages:
                    raise RuntimeError(f"{name} read {result['pages']} of {pages} pages")
                if pair >= 0:
                    spent[name].append(result["cpu_s"])
    ratios = [ours / stock for stock, ours in zip(spent["stock"], spent["ours"], strict=True)]
    return {"overhead_ratio": round(statistics.median(ratios), 3), "cpu_s": spent}


def stock_alone(cases: list[Case]) -> dict[str, Seen]:
    """Stock Scrapy against all cases; each bomb in a process of its own."""
    light = [case for case in cases if not case.heavy]
    seen, _ = play(light, ours=False, settings={"DOWNLOAD_TIMEOUT": 10})
    for case in cases:
        if case.heavy:
            try:
                seen |= play([case], ours=False, settings={"DOWNLOAD_TIMEOUT": 30}, timeout=HANGS)[0]
            except subprocess.TimeoutExpired:
                seen[case.name] = Seen([{"word": f"not done after {HANGS} s"}], [], [], 0)
    return seen


def passes(case: Case, seen: Seen) -> bool:
    try:
        return case.want(seen)
    except (IndexError, ValueError):  # less came than the case looks at
        return False


def in_words(case: Case, seen: Seen) -> str:
    """What was seen, short enough for a table."""
    words = [word for place, word in enumerate(seen.words) if seen.words[max(place - 1, 0)] != word or not place]
    said = ", ".join(words[:3]) or "nothing"
    if seen.secrets:
        said = "reaches it"
    if case.again:
        said += f"; then {', '.join(outcome['word'] for outcome in seen.again)}"
    if case.group == "pace" and len(seen.gaps) > 1:
        said += f" (least gap {min(seen.gaps[1:]):.2f} s)" if len(seen.pages) > 1 else ""
    return said


def measure() -> dict[str, Any]:
    cases = all_cases()
    ours, _ = play(cases, ours=True)
    heavy = [case for case in cases if case.heavy]
    _, runs = play(heavy, ours=True)
    checked = [case for case in cases if any(case.name in names for names in CHECKS.values())]
    stock, _ = play(checked, ours=False)
    result: dict[str, Any] = overhead()
    by_name = {case.name: case for case in cases}
    for check, names in CHECKS.items():
        result[check] = all(passes(by_name[name], ours[name]) for name in names)
    result["bombs_peak_mb"] = round(max(run["peak_mb"] for run in runs), 1)
    result["cases"] = len(cases)
    result["cases_passed"] = sum(passes(case, ours[case.name]) for case in cases)
    result["slowest_case_s"] = round(max(sum(o["seconds"] for o in ours[case.name].outcomes) for case in heavy), 1)
    result["details"] = {
        name: {
            who: {"passes": passes(by_name[name], seen[name]), "gaps_s": [round(gap, 2) for gap in seen[name].gaps]}
            for who, seen in (("stock", stock), ("ours", ours))
        }
        for names in CHECKS.values() for name in names
    }  # fmt: skip
    return result


def table() -> str:
    cases = all_cases()
    stock, (ours, _) = stock_alone(cases), play(cases, ours=True)
    rows = ["| case | stock Scrapy 2.19 | ours |", "|---|---|---|"]
    for case in cases:
        mark = "" if passes(case, stock[case.name]) else " ✗"
        flaw = "" if passes(case, ours[case.name]) else " ✗"
        rows.append(
            f"| {case.says} | {in_words(case, stock[case.name])}{mark} | {in_words(case, ours[case.name])}{flaw} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    given = arguments(__doc__, table={"action": "store_true", "help": "print the table for the documentation"})
    if given.table:
        print(table())
    else:
        show(measure(), given)
