"""``scrapy saved``: searches under a name, and feeds of what each publication changed in their answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.commands.top import add_filters, filters_of, print_found
from index import saved
from index.filters import UnknownFilterError
from index.query import find
from index.words import SearchSyntaxError
from storage.database import reading, writing


class Command(DatabaseCommand):
    """Exit code 2 where a name, a filter or a search can't be understood."""

    problems = (UnknownFilterError, SearchSyntaxError, saved.SavedSearchError, OSError)

    def syntax(self) -> str:
        return "list | add <name> FILTERS | run <name> | feed [<name> ...] | drop <name>"

    def short_desc(self) -> str:
        return "Save searches; run them; write feeds of what changed in them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_filters(parser)
        parser.add_argument("--to", type=Path, default=Path("var/feeds"), help="with feed: folder (default: var/feeds)")
        parser.add_argument("--limit", type=int, default=100, help="with run: creators to show (default: 100)")
        parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="with run")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        verb, names = (args[0], args[1:]) if args else ("list", [])
        if verb not in ("list", "add", "run", "feed", "drop") or (verb in ("add", "run", "drop") and len(names) != 1):
            raise UsageError(f"write: scrapy saved {self.syntax()}", print_help=False)
        if verb == "feed":
            print("\n".join(map(str, saved.write_feeds(engine, opts.to, names))))
            return 0
        with writing(engine) if verb in ("add", "drop") else reading(engine) as connection:
            if verb == "list":
                for name, filters in saved.searches(connection).items():
                    print(name, *(f"{key}={value}" for key, value in filters.items()))
            elif verb == "add":
                saved.save(connection, names[0], filters_of(opts))
            elif verb == "drop":
                saved.forget(connection, names[0])
            else:
                print_found(find(connection, saved.filters_of(connection, names[0]), limit=opts.limit), opts.format)
        return 0
