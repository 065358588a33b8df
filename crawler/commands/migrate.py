"""``scrapy migrate``: makes the database, or brings it to this code's tables."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand

from storage.database import DatabaseProblem, connect, migrate, where


class Command(ScrapyCommand):
    """Safe to run again: a database that is up to date is left alone."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "Make the database, or bring it to the newest tables"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            engine = connect(self.settings.get("DATABASE_URL") or None)
            migrate(engine)
        except DatabaseProblem as problem:
            print(problem, file=sys.stderr)
            self.exitcode = 2
        else:
            print(f"{where(engine)} is up to date")
