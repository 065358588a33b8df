"""What reading one YouTube page costs: median CPU milliseconds for each saved page of a folder."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from crawler.page import Page
from crawler.platforms.youtube.extract import extract


def milliseconds(body: bytes, rounds: int = 9) -> float:
    """Median CPU time of one extraction, from bytes to records."""
    spent = []
    for _ in range(rounds):
        page = Page(url="https://www.youtube.com/", body=body)
        start = time.process_time()
        extract(page)
        spent.append(time.process_time() - start)
    return round(statistics.median(spent) * 1000, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with saved pages (*.html, *.json)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = sorted(path for path in options.data.rglob("*") if path.suffix in (".html", ".json"))
    extract(Page(url="https://www.youtube.com/", body=files[0].read_bytes() if files else b""))  # tables loaded
    pages = {
        str(path.relative_to(options.data)): (path.stat().st_size, milliseconds(path.read_bytes())) for path in files
    }
    worst = max((ms for _, ms in pages.values()), default=None)
    print(json.dumps({"pages": pages, "worst_ms": worst}, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
