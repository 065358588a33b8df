"""``scrapy health``: do the parsers still read what they should? Compares the last runs with the declared ranges."""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError
from sqlalchemy import Engine, select

from crawler.command import DatabaseCommand
from crawler.commands.extract import names
from crawler.health import STATS, alarms
from storage.database import reading
from storage.tables import run as runs


class Command(DatabaseCommand):
    """Exit code 0: all in range; 1: an alarm; 2: there is no run to judge."""

    usage = "[platform]"
    about = "Compare the last run's fields with what is health; exit code 1 for an alarm"

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) > 1 or not set(args) <= set(names()):
            raise UsageError(f"name a platform or none; there are: {', '.join(names())}")
        judged = worst = 0
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
                worst = 1
        return worst if judged else 2
