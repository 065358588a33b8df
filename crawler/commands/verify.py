"""``scrapy verify [NAME]``: computes every score again from its evidence rows alone."""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from index.scores.verify import verify
from storage.database import reading
from storage.find import UnknownCreatorError, find_creator


class Command(DatabaseCommand):
    """Exit code 0: all agree; 1: some do not, each named with why; 2: it could not be told."""

    problems = (UnknownCreatorError,)

    def syntax(self) -> str:
        return "[creator]"

    def short_desc(self) -> str:
        return "Compute every score again from its evidence alone, and compare"

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) > 1:
            raise UsageError("name one creator, or none for all", print_help=False)
        checked = wrong = 0
        with reading(engine) as connection:
            only = find_creator(connection, args[0]) if args else None
            for _, mismatch in verify(connection, only):
                checked += 1
                if mismatch is not None:
                    wrong += 1
                    print(f"creator {mismatch.creator}, {mismatch.name}: {mismatch.problem}")
        print(f"{checked} scores computed again from their evidence, {wrong} do not agree")
        return 1 if wrong else 0
