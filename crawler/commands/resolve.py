"""``scrapy resolve``: brings evidence and creators of the whole database up to date."""

from __future__ import annotations

import argparse

from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand
from pipelines.identity.batch import resolve_all
from storage.database import writing


class Command(DatabaseCommand):
    """Safe to repeat: with nothing new it changes nothing."""

    about = "Work out which accounts belong to one person, over the whole database"
    takes = NO_ARGUMENTS

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with writing(engine) as connection:
            outcome = resolve_all(connection)
        print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in outcome.as_dict().items()))
        return 0
