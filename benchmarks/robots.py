"""How many of the published test cases of Google's robots.txt parser ours decides the same way; one JSON object.

A cases file is a list of [test name, robots.txt, product token, URL, allowed?]. Raw bytes above 0x7F stand as the
characters U+0080..U+00FF. The cases on overlong lines are built at run time by their suite: where a file holds only
their beginnings (no line above the limit) they decide nothing, and are listed as ``left_out``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from crawler.politeness.rules import LINE_BYTES, Rules


def measure(cases: list[tuple[str, str, str, str, bool]]) -> dict[str, Any]:
    failed, left_out, total = [], 0, 0
    for name, text, token, url, allowed in cases:
        body = text.encode("latin-1") if all(ord(char) < 256 for char in text) else text.encode()
        if "LineTooLong" in name and len(body) < LINE_BYTES:
            left_out += 1
            continue
        total += 1
        if Rules.parse(body).allows(url, token) != allowed:
            failed.append({"test": name, "robots": text, "token": token, "url": url, "expected": allowed})
    return {"passed": total - len(failed), "total": total, "failed": failed, "left_out": left_out}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help="the only form there is; for symmetry with the others")
    given = parser.parse_args()
    print(json.dumps(measure(json.loads(given.cases.read_text()))))


if __name__ == "__main__":
    main()
