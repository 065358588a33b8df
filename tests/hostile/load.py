"""A crawl of many plain pages, for what the add-on costs: reads its task as JSON from standard input, and prints
the CPU seconds from the spider's opening to its closing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings


class Reader(Spider):
    """Asks for pages and counts them."""

    name = "reader"

    def __init__(self, base: str, pages: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base, self.pages, self.read = base, pages, 0

    async def start(self) -> AsyncIterator[Any]:
        for number in range(self.pages):
            yield Request(f"{self.base}/page/{number}")

    def parse(self, response: Response) -> None:
        self.read += response.status == 200


def crawl(task: dict[str, Any]) -> dict[str, Any]:
    settings = Settings()
    settings.setdict({"LOG_LEVEL": "ERROR", **task["settings"]}, "cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Reader)
    times: list[float] = []
    note = lambda: times.append(time.process_time())  # noqa: E731
    crawler.signals.connect(note, signals.spider_opened)
    crawler.signals.connect(note, signals.engine_stopped)
    process.crawl(crawler, base=task["base"], pages=task["pages"])
    process.start()
    assert isinstance(crawler.spider, Reader)
    return {"cpu_s": times[-1] - times[0], "all_cpu_s": time.process_time(), "pages": crawler.spider.read}


def main() -> None:
    sys.stdout.write(json.dumps(crawl(json.load(sys.stdin))))


if __name__ == "__main__":
    main()
