"""``scrapy verify [NAME]``: computes every score again from its evidence rows alone."""

from __future__ import annotations

import argparse

from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from index.scores.verify import verify
from storage.database import reading
from storage.find import UnknownCreatorError, find_creator


class Command(DatabaseCommand):
    """Exit code 0: all agree; 1: some do not, each named with why; 2: it could not be told."""

    problems = (UnknownCreatorError,)
    usage = "[creator]"
    about = "Compute every score again from its evidence alone, and compare"
    takes = 0, 1, "name one creator, or none for all"

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
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
