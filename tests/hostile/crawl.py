"""One crawl that meets the cases, in a process of its own: reads its task as JSON from standard input, and prints
what came of every request, and the peak memory.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.resolver import CachingThreadedResolver
from scrapy.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STOCK: dict[str, Any] = {
    "ROBOTSTXT_OBEY": True,  # off by default; without it half the table would say the same
    "TELNETCONSOLE_ENABLED": False,  # what no case meets, and would only leave traces on this machine
    "REMOTE_CONTROL_ENABLED": False,
}
OURS: dict[str, Any] = {"ADDONS": {"crawler.politeness.Politeness": 100}}


class TestNames(CachingThreadedResolver):
    """Asks the loopback DNS server for names under .test, and Scrapy's own resolver for the rest."""

    dns = 53

    def getHostByName(self, name: str, timeout: Any = ()) -> Any:  # noqa: N802
        if not name.endswith(".test"):
            return super().getHostByName(name, timeout)
        from twisted.names.client import Resolver

        asked: Any = Resolver
        return asked(servers=[("127.0.0.1", self.dns)]).getHostByName(name)

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Any:
        made = super().from_crawler(crawler, reactor)
        made.dns = crawler.settings.getint("TEST_DNS_PORT")
        return made


class Visitor(Spider):
    """Asks each case's addresses, one after the other or together, and writes down what came."""

    name = "visitor"

    def __init__(self, task: list[dict[str, Any]], meta: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task, self.meta = task, meta
        self.outcomes: dict[str, list[dict[str, Any]]] = {}

    async def start(self) -> AsyncIterator[Any]:
        await asyncio.gather(*(self.within_a_minute(case) for case in self.task))
        return
        yield  # type: ignore[unreachable]  # the type of an async generator

    async def within_a_minute(self, case: dict[str, Any]) -> None:
        try:
            await asyncio.wait_for(self.visit(case), 60)
        except TimeoutError:
            self.outcomes[case["name"]].append(
                {"word": "not done after 60 s", "seconds": 60.0, "at": 0.0, "fingerprint": None}
            )

    async def visit(self, case: dict[str, Any]) -> None:
        found = self.outcomes[case["name"]] = []
        if case["together"]:
            found.extend(await asyncio.gather(*(self.ask(url) for url in case["ask"])))
            return
        for url in case["ask"]:
            found.append(await self.ask(url))  # noqa: PERF401 (in turn; what came so far is kept if the crawl ends)

    async def ask(self, url: str) -> dict[str, Any]:
        began = time.time()
        fingerprint = None
        try:
            request = Request(url, meta=dict(self.meta))
            fingerprint = self.crawler.request_fingerprinter.fingerprint(request).hex()
            response = await self.crawler.engine.download_async(request)
            facts: dict[str, Any] = {
                "word": str(response.status),
                "flags": response.flags,
                "size": len(response.body),
                "body": response.body[:200].decode("latin-1"),
                "url": response.url,
            }
        except Exception as error:
            facts = {"word": type(error).__name__, "why": str(error)[:300]}
        return {**facts, "seconds": time.time() - began, "at": began, "fingerprint": fingerprint}


def crawl(task: dict[str, Any]) -> dict[str, Any]:
    settings = Settings()
    settings.setdict(
        {
            "LOG_LEVEL": "CRITICAL",
            "LOG_ENABLED": True,
            "TWISTED_DNS_RESOLVER": f"{__name__}.TestNames",
            **task["settings"],
        },
        "cmdline",
    )
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Visitor)
    done: Any = process.crawl(crawler, task=task["cases"], meta=task.get("meta", {}))
    process.start()
    done.result()  # a crawl that could not start says why
    return {
        "outcomes": getattr(crawler.spider, "outcomes", {}),
        "stats": {
            key: value for key, value in crawler.stats.get_stats().items() if isinstance(value, int | float | str)
        },
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cpu_s": time.process_time(),
    }


def in_process_of_its_own(
    task: dict[str, Any], environment: dict[str, str], timeout: float = 300, module: str = __name__
) -> dict[str, Any]:
    """What ``module`` does with the task in a fresh interpreter: one reactor, one peak of memory per crawl."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from {module} import main; main()"
    environment = {
        name: value for name, value in environment.items() if not name.lower().endswith("_proxy")
    } | task.get("environment", {})
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:scrapy", "-c", code],
        input=json.dumps(task), capture_output=True, text=True, timeout=timeout, env=environment, check=False,
    )  # fmt: skip
    if done.returncode or not done.stdout:
        raise RuntimeError(f"the crawl failed: {done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    result["stderr"] = done.stderr
    return result


def main() -> None:
    sys.stdout.write(json.dumps(crawl(json.load(sys.stdin))))


if __name__ == "__main__":
    main()
