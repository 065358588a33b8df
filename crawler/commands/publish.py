"""``scrapy publish``: builds the index anew, tests it, and shows it if all is well."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand

from index.publish import publish
from storage.database import DatabaseProblem, check, connect


class Command(ScrapyCommand):
    """Exit code 0: published; 1: a data test stopped it, the old index stands; 2: it could not run."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "Build, test and publish the influencer index"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--force", action="store_true", help="publish although a data test fails")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            check(engine)
            made = publish(engine, force=opts.force)
        except DatabaseProblem as problem:
            print(f"scrapy publish: {problem}", file=sys.stderr)
            self.exitcode = 2
            return
        for test in made.tests:
            if test.failed:
                print(f"{test.severity}: {test}", file=sys.stderr)
        told = ", ".join(f"{count} {name}" for name, count in made.counts.items())
        if made.published:
            print(f"publication {made.number}: {told}")
        else:
            print(f"publication {made.number} refused, the one before it stands; mend the data, or use --force")
            self.exitcode = 1
