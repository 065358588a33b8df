"""How many shown counts are read rightly, wrongly or not at all."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="JSON lines of {lang, text, true_value, rule}")
    parser.add_argument("--unknown", action="store_true", help="do not tell the language")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.data.read_text("utf-8").splitlines() if line.strip()]
    print(json.dumps(measure(rows, not options.unknown), ensure_ascii=False, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
