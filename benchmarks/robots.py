"""How many of the published test cases of Google's robots.txt parser ours decides the same way; one JSON object.

A cases file is a list of [test name, robots.txt, product token, URL, allowed?]. Raw bytes above 0x7F stand as the
characters U+0080..U+00FF. The cases on overlong lines are built at run time by their suite: where a file holds only
their beginnings (no line above the limit) they decide nothing, and are listed as ``left_out``.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks import FILES, arguments, show
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


if __name__ == "__main__":
    given = arguments(__doc__, cases=FILES)
    show(measure(json.loads(given.cases.read_text())), given)
