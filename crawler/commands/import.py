"""``scrapy import FILE --platform NAME``: a user's own export of accounts, numbers and posts; nothing is fetched."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from crawler.command import OurCommand, option
from crawler.imports import ImportSpider, ImportUnreadable, checked_rows

ALL_WELL, SOME_FAILED, NOTHING_RAN = 0, 1, 2


class Command(OurCommand):
    """Exit code 0: every row was taken; 1: some rows were not; 2: nothing could be."""

    requires_crawler_process = True
    default_settings = {"LOG_ENABLED": False, "EXTENSIONS": {"crawler.progress.Progress": None}}  # noqa: RUF012
    usage = "<file> --platform NAME [--dry-run]"
    about = "Take in your own CSV or JSON-lines export of accounts and posts (docs/import.md)"
    takes = 1, 1, "name one file: scrapy import accounts.csv --platform instagram"
    options = (
        option("--platform", "whose accounts these are: instagram, tiktok, twitter ...", required=True),
        option("--dry-run", "check every row, write nothing"),
    )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        taken = bad = 0
        try:
            for where, row in checked_rows(Path(args[0]), opts.platform):
                taken, bad = taken + (not isinstance(row, str)), bad + isinstance(row, str)
                if isinstance(row, str):
                    print(f"{where}: {row}", file=sys.stderr)
            problem = self.store(args[0], opts.platform) if taken and not opts.dry_run else None
        except ImportUnreadable as unreadable:
            problem = str(unreadable)
        if problem:
            print(f"Nothing could be imported: {problem}", file=sys.stderr)
            self.exitcode = NOTHING_RAN
            return
        print(f"{taken} rows {'would be' if opts.dry_run else 'were'} imported, {bad} have errors")
        self.exitcode = SOME_FAILED if bad and taken else NOTHING_RAN if bad else ALL_WELL

    def store(self, file: str, platform: str) -> str | None:
        """Sends the good rows through all stages, as a crawl does; what went wrong, in a sentence."""
        from storage.database import DatabaseProblem, check, connect

        assert self.crawler_process is not None
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            check(engine)
            engine.dispose()
        except DatabaseProblem as problem:
            return str(problem)
        crawler = self.crawler_process.create_crawler(ImportSpider)
        self.crawler_process.crawl(crawler, file=file, platform=platform)
        self.crawler_process.start()
        stats: dict[str, Any] = crawler.stats.get_stats() if crawler.stats else {}
        told = stats.get("grapevine/problem")
        return str(told) if told else None
