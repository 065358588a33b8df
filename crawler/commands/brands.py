"""``scrapy brands FILE``: who speaks of the brands in a file, paid or not; ``--next``: how many more, week by week."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from rich.table import Column, Table
from sqlalchemy import Engine

from crawler.command import DatabaseCommand, option
from crawler.progress import console, table
from index.brands import COUNTED, FLOOR, LEAST_PEOPLE, BrandsProblem, crowds, named, read
from index.sinks import Csv
from storage.database import reading


class Command(DatabaseCommand):
    """Exit code 0: told; 2: the file or the database can't be used. Reads only."""

    problems = (BrandsProblem,)
    usage = "FILE"
    about = "Tell who mentions the brands of a TOML file, organically or paid"
    takes = 1, 1, "name one file of brands"
    options = (
        option("--format", "default: table", choices=("table", "json", "csv"), default="table"),
        option("--next", f"who's next: below the tier {FLOOR}, people a brand and week; never names"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
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
    right = (*COUNTED, "people")
    head = [Column(name, justify="right" if name in right else "left", overflow="fold") for name in columns]
    crowd = f"<{LEAST_PEOPLE}"
    told = ([crowd if name == "people" and row[name] is None else row[name] for name in columns] for row in rows)
    return table(head, told, title="Brand mentions")


def _cell(value: Any) -> Any:
    return Csv.cell(value, "json" if isinstance(value, dict) else "text")
