"""``scrapy import FILE --platform NAME``: a user's own export of accounts, numbers and posts; nothing is fetched."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.imports import ImportSpider, ImportUnreadable, checked_rows

ALL_WELL, SOME_FAILED, NOTHING_RAN = 0, 1, 2


class Command(ScrapyCommand):
    """Exit code 0: every row was taken; 1: some rows were not; 2: nothing could be."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False, "EXTENSIONS": {"crawler.progress.Progress": None}}  # noqa: RUF012

    def syntax(self) -> str:
        return "<file> --platform NAME [--dry-run]"

    def short_desc(self) -> str:
        return "Take in your own CSV or JSON-lines export of accounts and posts (docs/import.md)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--platform", required=True, help="whose accounts these are: instagram, tiktok, twitter ..."
        )
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one file: scrapy import accounts.csv --platform instagram", print_help=False)
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
        assert self.settings is not None
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
