"""``scrapy similar CREATOR``: the creators most like one, and why."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console, table
from index.similar import similar
from storage.database import reading
from storage.find import UnknownCreatorError, find_creator


class Command(DatabaseCommand):
    """Exit code 0: some are like them; 1: nobody is; 2: no such creator."""

    problems = (UnknownCreatorError,)

    def syntax(self) -> str:
        return "<creator>"

    def short_desc(self) -> str:
        return "Show the creators most like one (id, address, handle or name), and why"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--limit", type=int, default=10)
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1:
            raise UsageError("name one creator", print_help=False)
        with reading(engine) as connection:
            found = similar(connection, find_creator(connection, args[0]), opts.limit)
        if opts.format == "json":
            print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
            return 0 if found else 1
        lines = ((f"{one.name}\n{one.creator}", f"{one.value:.2f}", "\n".join(one.why)) for one in found)
        console().print(table(("creator", "how like", "why"), lines))
        return 0 if found else 1
