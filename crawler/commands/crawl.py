"""``scrapy crawl``: Scrapy's own, with clear words where nothing can run and an exit code that tells how it went.

``scrapy crawl all -a seeds=FILE`` takes one list with every kind of address, and runs each line's own spider.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scrapy.commands import crawl
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.archive import ArchiveUnreadable, index
from crawler.politeness.handler import NO_CONTACT
from crawler.progress import console
from crawler.seeds import SeedsUnreadable

ALL_WELL, SOME_FAILED, NOTHING_RAN = 0, 1, 2
ALL = "all"


def exit_code(stats: dict[str, Any]) -> int:
    """How a run went, from its stats."""
    failed = sum(value for key, value in stats.items() if key.startswith("grapevine/source/failed/"))
    if "grapevine/problem" in stats or stats.get("finish_reason") not in ("finished", "shutdown"):
        return NOTHING_RAN if not stats.get("grapevine/source/ok") else SOME_FAILED
    return SOME_FAILED if failed else ALL_WELL


class Command(crawl.Command):
    """Exit code 0: all well; 1: some sources failed; 2: nothing could run."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from storage.database import DatabaseProblem, check, connect  # not for every other command's start

        assert self.crawler_process is not None
        assert self.settings is not None
        spiders = self.crawler_process.spider_loader.list()
        if len(args) != 1 or args[0] not in (*spiders, ALL):
            raise UsageError(f"name one spider; there are: {', '.join(spiders)}, or {ALL}")
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            check(engine)
            if args[0] == ALL:
                self.crawl_all(engine, spiders, opts)
                return
            engine.dispose()
            if self.settings.get("REPLAY"):
                index(Path(self.settings["REPLAY"]), self.settings.get("REPLAY_AT"))
            crawler = self._create_crawler(args[0])
        except (DatabaseProblem, ArchiveUnreadable, SeedsUnreadable) as problem:
            self.give_up(str(problem))
            return
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        stats = crawler.stats.get_stats()
        self.exitcode = exit_code(stats)
        if stats.get("finish_reason") == "no_contact":
            self.give_up(NO_CONTACT)
        if "grapevine/problem" in stats:
            print(stats["grapevine/problem"], file=sys.stderr)

    def crawl_all(self, engine: Engine, spiders: list[str], opts: argparse.Namespace) -> None:
        """Every line's spider, then one table of what failed."""
        from crawler.routes import crawl_each, failure_table, failures_since, newest_run, routed

        if opts.spargs.keys() != {"seeds"}:
            engine.dispose()
            raise UsageError(
                "crawl all takes -a seeds=FILE and nothing else; what is due is visited by spider, with "
                "scrapy crawl SPIDER -a due=N, or by the scheduler",
                print_help=False,
            )
        lines, failures = routed(opts.spargs.get("seeds", ""), spiders)
        last = newest_run(engine)
        codes = crawl_each(lines, [word for setting in opts.set for word in ("-s", setting)])
        failures += failures_since(engine, last, lines)
        engine.dispose()
        if failures:
            console().print(failure_table(failures))
        idle = [spider for spider, code in codes.items() if code not in (ALL_WELL, SOME_FAILED)]
        if len(idle) == len(codes):
            self.give_up("see above" if idle else "no line of the list can be visited")
        else:
            self.exitcode = SOME_FAILED if failures or any(codes.values()) else ALL_WELL

    def give_up(self, why: str) -> None:
        print(f"Nothing could run: {why}", file=sys.stderr)
        self.exitcode = NOTHING_RAN
