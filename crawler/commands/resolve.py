"""``scrapy resolve``: brings evidence and creators of the whole database up to date."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand

from pipelines.identity.batch import resolve_all
from storage.database import DatabaseProblem, check, connect, writing


class Command(ScrapyCommand):
    """Safe to repeat: with nothing new it changes nothing."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "Work out which accounts belong to one person, over the whole database"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            engine = connect(self.settings.get("DATABASE_URL") or None)
            check(engine)
            with writing(engine) as connection:
                outcome = resolve_all(connection)
        except DatabaseProblem as problem:
            print(f"scrapy resolve: {problem}", file=sys.stderr)
            self.exitcode = 2
            return
        print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in outcome.as_dict().items()))
