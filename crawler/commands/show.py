"""``scrapy show WHO --subject-access``: all that is held about one person, for that person."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from index.subject_access import everything, page
from storage.database import reading
from storage.forget import NobodyNamed, find


class Command(DatabaseCommand):
    """Exit code 0: something is held; 1: nothing is; 2: it could not be told."""

    problems = (NobodyNamed, OSError)

    def syntax(self) -> str:
        return "<address | handle | account key | creator> --subject-access [--to FILE]"

    def short_desc(self) -> str:
        return "Everything held about a person, with source, time and purpose"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--subject-access", action="store_true", help="everything, for the person themselves")
        parser.add_argument("--platform", metavar="NAME", help="whose handle it is, where it is a bare one")
        parser.add_argument("--to", metavar="FILE", help="write it there: .html to read or print, .json as data")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1 or not opts.subject_access:
            raise UsageError("name one person, and say --subject-access", print_help=False)
        with reading(engine) as connection:
            told = everything(connection, find(connection, args[0], opts.platform))
        if not opts.to:
            print(json.dumps(told, ensure_ascii=False, indent=1))
            return 0 if told["held"] else 1
        html = opts.to.endswith((".html", ".htm"))
        Path(opts.to).write_text(page(told) if html else json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        print(f"{opts.to}: {sum(len(kind['rows']) for kind in told['held'].values())} entries")
        return 0 if told["held"] else 1
