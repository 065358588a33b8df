"""What reading one YouTube page costs: median CPU milliseconds for each saved page of a folder."""

from __future__ import annotations

import statistics
import time

from benchmarks import FILES, arguments, show
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


if __name__ == "__main__":
    given = arguments(__doc__, data=FILES | {"help": "folder with saved pages (*.html, *.json)"})
    files = sorted(path for path in given.data.rglob("*") if path.suffix in (".html", ".json"))
    extract(Page(url="https://www.youtube.com/", body=files[0].read_bytes() if files else b""))  # tables loaded
    pages = {
        str(path.relative_to(given.data)): (path.stat().st_size, milliseconds(path.read_bytes())) for path in files
    }
    show({"pages": pages, "worst_ms": max((ms for _, ms in pages.values()), default=None)}, given)
