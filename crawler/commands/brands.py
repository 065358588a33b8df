"""``scrapy brands FILE``: who speaks of the brands in a file, paid or not; ``--next``: how many more, week by week."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console
from index.brands import COUNTED, FLOOR, LEAST_PEOPLE, BrandsProblem, crowds, named, read
from index.sinks import Csv
from storage.database import reading


class Command(DatabaseCommand):
    """Exit code 0: told; 2: the file or the database can't be used. Reads only."""

    problems = (BrandsProblem,)

    def syntax(self) -> str:
        return "FILE"

    def short_desc(self) -> str:
        return "Tell who mentions the brands of a TOML file, organically or paid"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
        help_ = f"who's next: below the tier {FLOOR}, people a brand and week; never names"
        parser.add_argument("--next", action="store_true", help=help_)

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1:
            raise UsageError("name one file of brands", print_help=False)
        brands, small = read(Path(args[0])), 0
        with reading(engine) as connection:
            if opts.next:
                rows, columns = crowds(connection, brands), ["brand", "week", "people"]
            else:
                rows, small = named(connection, brands)
                columns = ["brand", "creator", "name", *COUNTED, "posts"]
        if opts.format == "json":
            print(json.dumps(rows, ensure_ascii=False, indent=1))
        elif opts.format == "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(row[name]) for name in columns] for row in rows)
        else:
            console().print(table_of(rows, [name for name in columns if name != "posts"]))
            if small:
                print(f"{small} more below the tier {FLOOR} are not named; --next counts them by week")
        return 0


def table_of(rows: list[dict[str, Any]], columns: list[str]) -> Table:
    """One line a row; a crowd too small to be told is ``<3``."""
    table = Table(title="Brand mentions", title_justify="left")
    for name in columns:
        number = name in COUNTED or name == "people"
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        told = [f"<{LEAST_PEOPLE}" if name == "people" and row[name] is None else row[name] for name in columns]
        table.add_row(*("" if value is None else escape(str(value)) for value in told))
    return table


def _cell(value: Any) -> Any:
    return Csv.cell(value, "json" if isinstance(value, dict) else "text")
