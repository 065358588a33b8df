"""``scrapy migrate``: brings the database to the newest tables and views."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand

from storage.database import DatabaseProblem, connect, migrate, revision, where


class Command(ScrapyCommand):
    """Safe to repeat; all or nothing."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "Bring the database to the newest tables and views"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--to", default="head", metavar="REVISION", help="an older or newer migration; base: none")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            migrate(engine, opts.to)
            print(f"{where(engine)} stands at migration {revision(engine) or 'none'}")
        except DatabaseProblem as problem:
            print(f"scrapy migrate: {problem}", file=sys.stderr)
            self.exitcode = 2
