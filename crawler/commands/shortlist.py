"""``scrapy shortlist``: named lists of creators; a list made with ``--exclude`` is left out of every answer."""

from __future__ import annotations

import argparse

from rich.table import Table
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console
from index import lists
from storage.database import reading, writing
from storage.find import UnknownCreatorError, find_creator


class Command(DatabaseCommand):
    """Without arguments: the lists there are (in place of Scrapy's list of spiders; `scrapy crawl` names those)."""

    problems = (UnknownCreatorError, lists.UnknownListError, ValueError)

    def syntax(self) -> str:
        return "[<name> add|remove|show|drop [<creator> ...]]"

    def short_desc(self) -> str:
        return "Keep named lists of creators"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--note", help="with add: a note on these creators")
        parser.add_argument("--exclude", action="store_true", help="with add: a new list is left out of every answer")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if not args:
            with reading(engine) as connection:
                _print(lists.lists(connection), ("name", "kind", "creators"))
            return 0
        name, verb, *given = (*args, "show") if len(args) == 1 else args
        if verb not in ("add", "remove", "show", "drop") or bool(given) != (verb in ("add", "remove")):
            raise UsageError("write: scrapy shortlist NAME add|remove CREATOR..., or NAME show|drop", print_help=False)
        if verb == "show":
            with reading(engine) as connection:
                _print(lists.entries(connection, name), ("creator", "name", "posts", "note", "added_at"))
            return 0
        with writing(engine) as connection:
            creators = [find_creator(connection, one) for one in given]
            if verb == "add":
                lists.add(connection, name, creators, opts.note, "exclude" if opts.exclude else None)
            elif verb == "remove":
                lists.remove(connection, name, creators)
            else:
                lists.drop(connection, name)
        return 0


def _print(rows: list[dict[str, object]], columns: tuple[str, ...]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*(str(row[column] if row[column] is not None else "") for column in columns))
    console().print(table)
