"""What whoever started a crawl sees: progress while it runs, a summary when it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table
from scrapy import signals
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.utils.asyncio import create_looping_call

from crawler.politeness.component import Component

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

COLUMNS = ("pages", "sources", "accounts", "posts", "failed", "seconds")


def console() -> Console:
    """Standard output: a terminal's own width, or a fixed one where a file or pipe has none."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=120)


def table(head: Iterable[str | Column], rows: Iterable[Iterable[Any]], **look: Any) -> Table:
    """Rows as rich shows them with little between, texts as they are, what is None as nothing."""
    made = Table(*head, **{"title_justify": "left", "box": SIMPLE_HEAD, "padding": (0, 1, 0, 0), **look})
    for row in rows:
        made.add_row(*("" if value is None else escape(str(value)) for value in row))
    return made


class QuietLog(LogFormatter):
    """Names the kind of an item in the log, never its content."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return {"level": logging.DEBUG, "msg": "Scraped %(kind)s", "args": {"kind": type(item).__name__}}

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        args = {"kind": type(item).__name__, "why": type(exception).__name__}
        return {"level": logging.DEBUG, "msg": "Dropped %(kind)s: %(why)s", "args": args}

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return {"level": logging.ERROR, "msg": "Error processing %(kind)s", "args": {"kind": type(item).__name__}}


class Progress(Component):
    """Extension: a live line in a terminal, a plain line every ten seconds elsewhere, the summary at the end."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.console = console()
        self.began = time.monotonic()
        self.live: Live | None = None
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    def opened(self) -> None:
        if self.console.is_terminal:
            self.live = Live(console=self.console, get_renderable=self.line, refresh_per_second=4, transient=True)
            self.live.start()
        else:
            self.task = create_looping_call(lambda: self.console.print(self.plain()))
            self.task.start(10, now=False)

    def facts(self) -> dict[str, int]:
        stats = self.stats.get_stats()
        return {
            "pages": stats.get("response_received_count", 0),
            "sources": stats.get("grapevine/crawl/visited", 0),
            "accounts": stats.get("grapevine/item/account", 0),
            "posts": stats.get("grapevine/item/post", 0),
            "failed": sum(v for k, v in stats.items() if k.startswith("grapevine/source/failed/")),
            "seconds": round(time.monotonic() - self.began),
        }

    def plain(self) -> str:
        return "  ".join(f"{name} {value}" for name, value in self.facts().items())

    def line(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_row("[bold green]crawling[/]", *(f"{name} [bold]{value}[/]" for name, value in self.facts().items()))
        return table

    def closed(self) -> None:
        if self.live:
            self.live.stop()
        elif self.task.running:
            self.task.stop()
        self.console.print(summary(self.stats.get_stats(), self.facts()))


def tallies(stats: dict[str, Any], prefix: str) -> dict[str, int]:
    """What the stats under ``prefix`` count, largest first."""
    found = {key.removeprefix(prefix): value for key, value in stats.items() if key.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def summary(stats: dict[str, Any], facts: dict[str, int]) -> Table:
    """The run in a dozen lines: how much, in which languages and niches, what failed and why."""
    table = Table(title="This run", title_justify="left", show_header=False, box=None, padding=(0, 2))
    for name in COLUMNS:
        table.add_row(name, f"[bold]{facts[name]}[/]")
    for title, prefix in (
        ("languages", "grapevine/post/language/"),
        ("niches", "grapevine/post/niche/"),
        ("failures", "grapevine/source/failed/"),
        ("pages that failed", "grapevine/crawl/failed/"),
    ):
        shown = [f"{name} {value}" for name, value in tallies(stats, prefix).items()]
        more = f" and {len(shown) - 15} more" if len(shown) > 15 else ""
        table.add_row(title, (", ".join(shown[:15]) + more) or "none")
    return table
