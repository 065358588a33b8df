"""``scrapy migrate``: brings the database to the newest tables and views."""

from __future__ import annotations

import argparse

from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from storage.database import migrate, revision, where


class Command(DatabaseCommand):
    """Safe to repeat; all or nothing."""

    about = "Bring the database to the newest tables and views"
    takes = NO_ARGUMENTS
    options = (option("--to", "an older or newer migration; base: none", default="head", metavar="REVISION"),)
    newest = False

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        migrate(engine, opts.to)
        print(f"{where(engine)} stands at migration {revision(engine) or 'none'}")
        return 0
