"""How many addresses the canonicaliser names rightly, how many traps it takes, and what one address costs."""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks import FILES, arguments, show
from storage.addresses import Address, identify

SAME = {
    "x": "twitter",
    "fediverse": "mastodon",
    "pixelfed": "mastodon",
    "lemmy": "mastodon",
    "peertube": "mastodon",
    "friendica": "mastodon",
}
"""Names of platforms that mean the same in a list of cases."""


def is_right(found: Address | None, platform: str | None, value: str | None) -> bool:
    """Does the answer say what the case expects? Handles compare without "@" and without regard to case."""
    if found is None or platform is None or value is None:
        return found is None and platform in (None, "web")
    same = SAME.get(found.platform, found.platform) == SAME.get(platform, platform)
    return same and found.value.lstrip("@").casefold() == value.lstrip("@").casefold()


def measure(cases: list[tuple[str, str | None, str | None]], rounds: int = 20) -> dict[str, Any]:
    """Cases are (address, platform or None for a trap, handle or id); microseconds are CPU time for one address."""
    found = [identify(address) for address, _, _ in cases]
    start = time.process_time()
    for _ in range(rounds):
        for address, _, _ in cases:
            identify(address)
    spent = (time.process_time() - start) / (rounds * len(cases))
    rows = list(zip(found, cases, strict=True))
    wrong = [
        {"address": address, "expected": [platform, value], "got": answer and [answer.platform, answer.value]}
        for answer, (address, platform, value) in rows
        if not is_right(answer, platform, value)
    ]
    return {
        "right": len(rows) - len(wrong),
        "total": len(rows),
        "traps_accepted": sum(answer is not None for answer, (_, platform, _) in rows if platform is None),
        "traps": sum(platform is None for _, platform, _ in cases),
        "microseconds": round(spent * 1e6, 2),
        "wrong": wrong,
    }


if __name__ == "__main__":
    given = arguments(__doc__, data=FILES | {"help": 'JSON: {"cases": [[address, platform|null, value|null], ...]}'})
    told = json.loads(given.data.read_text("utf-8"))
    show(measure([tuple(case) for case in (told["cases"] if isinstance(told, dict) else told)]), given)
