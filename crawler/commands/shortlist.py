"""``scrapy shortlist``: named lists of creators; a list made with ``--exclude`` is left out of every answer."""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand, option
from crawler.progress import console, table
from index import lists
from storage.database import reading, writing
from storage.find import UnknownCreatorError, find_creator


class Command(DatabaseCommand):
    """Without arguments: the lists there are (in place of Scrapy's list of spiders; `scrapy crawl` names those)."""

    problems = (UnknownCreatorError, lists.UnknownListError, ValueError)
    usage = "[<name> add|remove|show|drop [<creator> ...]]"
    about = "Keep named lists of creators"
    options = (
        option("--note", "with add: a note on these creators", metavar="TEXT"),
        option("--exclude", "with add: a new list is left out of every answer"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if not args:
            with reading(engine) as connection:
                rows = lists.lists(connection)
            return shown(rows, "name", "kind", "creators")
        name, verb, *given = (*args, "show") if len(args) == 1 else args
        if verb not in ("add", "remove", "show", "drop") or bool(given) != (verb in ("add", "remove")):
            raise UsageError("write: scrapy shortlist NAME add|remove CREATOR..., or NAME show|drop")
        if verb == "show":
            with reading(engine) as connection:
                rows = lists.entries(connection, name)
            return shown(rows, "creator", "name", "posts", "note", "added_at")
        with writing(engine) as connection:
            creators = [find_creator(connection, one) for one in given]
            if verb == "add":
                lists.add(connection, name, creators, opts.note, "exclude" if opts.exclude else None)
            elif verb == "remove":
                lists.remove(connection, name, creators)
            else:
                lists.drop(connection, name)
        return 0


def shown(rows: list[dict[str, object]], *columns: str) -> int:
    console().print(table(columns, ([row[name] for name in columns] for row in rows)))
    return 0
