"""How many shown counts are read rightly, wrongly or not at all."""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks import FILES, arguments, show
from crawler.counts import parse_count


def fits(value: int, true: int, rule: str) -> bool:
    """Does the value fit the true one? "exact", or shortened: not above it and less than a tenth below."""
    return value == true if rule == "exact" else value <= true and (true - value) / true < 0.1


def measure(rows: list[dict[str, Any]], known: bool = True) -> dict[str, Any]:
    """Rows are {lang, text, true_value, rule}; with ``known`` false the language is not told."""
    start = time.process_time()
    read = [parse_count(row["text"], row.get("lang") if known else None) for row in rows]
    spent = time.process_time() - start
    wrong = [
        {"lang": row.get("lang"), "text": row["text"], "true_value": row["true_value"], "got": count.value}
        for count, row in zip(read, rows, strict=True)
        if count is not None and not fits(count.value, row["true_value"], row.get("rule", "exact"))
    ]
    unread = [{"lang": r.get("lang"), "text": r["text"]} for count, r in zip(read, rows, strict=True) if count is None]
    return {
        "exact": len(rows) - len(wrong) - len(unread),
        "wrong": len(wrong),
        "none": len(unread),
        "total": len(rows),
        "microseconds": round(spent / max(1, len(rows)) * 1e6, 1),
        "wrong_rows": wrong,
        "none_rows": unread,
    }


if __name__ == "__main__":
    given = arguments(
        __doc__,
        data=FILES | {"help": "JSON lines of {lang, text, true_value, rule}"},
        unknown={"action": "store_true", "help": "do not tell the language"},
    )
    rows = [json.loads(line) for line in given.data.read_text("utf-8").splitlines() if line.strip()]
    show(measure(rows, not given.unknown), given)
