"""``scrapy health``: do the parsers still read what they should? Compares the last runs with the declared ranges."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy import select

from crawler.commands.extract import names
from crawler.health import STATS, alarms
from storage.database import DatabaseProblem, check, connect, reading
from storage.tables import run as runs


class Command(ScrapyCommand):
    """Exit code 0: all in range; 1: an alarm; 2: there is no run to judge."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def syntax(self) -> str:
        return "[platform]"

    def short_desc(self) -> str:
        return "Compare the last run's fields with what is health; exit code 1 for an alarm"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) > 1 or (args and args[0] not in names()):
            raise UsageError(f"name a platform or none; there are: {', '.join(names())}", print_help=False)
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            check(engine)
        except DatabaseProblem as problem:
            print(problem, file=sys.stderr)
            self.exitcode = 2
            return
        judged = 0
        for platform in args or names():
            query = select(runs.c.id, runs.c.stats).where(runs.c.platform == platform, runs.c.stats.is_not(None))
            with reading(engine) as connection:
                last = connection.execute(query.order_by(runs.c.id.desc()).limit(1)).first()
            if last is None or not any(key.startswith(STATS) for key in last.stats):
                print(f"{platform}: no run with health counts yet")
                continue
            judged += 1
            found = list(alarms(platform, last.stats))
            pages = last.stats.get(f"{STATS}page/seen", 0)
            print(f"{platform}: run {last.id}, {pages} pages, " + (f"{len(found)} alarms" if found else "all in range"))
            for alarm in found:
                print(f"  {alarm}")
                self.exitcode = 1
        if not judged:
            self.exitcode = 2
