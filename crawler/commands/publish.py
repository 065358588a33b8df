"""``scrapy publish``: builds the index anew, tests it, and shows it if all is well."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from index.publish import publish


class Command(DatabaseCommand):
    """Exit code 0: published; 1: a data test stopped it, the old index stands; 2: it could not run."""

    about = "Build, test and publish the influencer index"
    takes = NO_ARGUMENTS
    options = (option("--force", "publish although a data test fails"),)

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        made = publish(engine, force=opts.force)
        for test in made.tests:
            if test.failed:
                print(f"{test.severity}: {test}", file=sys.stderr)
        told = ", ".join(f"{count} {name}" for name, count in made.counts.items())
        if made.published:
            print(f"publication {made.number}: {told}")
            if made.bet is not None:
                print(f"bet on {made.bet[0]} who rise: sha256 {made.bet[1]}")
        else:
            print(f"publication {made.number} refused, the one before it stands; mend the data, or use --force")
        return 0 if made.published else 1
