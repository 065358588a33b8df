"""``scrapy forget``: takes a person out of the database, archives and exports, and sees to it that they stay out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.table import Table
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console
from storage.database import reading
from storage.forget import InUse, NobodyNamed, Report, Whom, find, forget

ALL_WELL, SOMETHING_LEFT = 0, 1


class Command(DatabaseCommand):
    """Exit code 0: nothing of them is left; 1: something is, and is named; 2: it could not be done."""

    problems = (NobodyNamed, InUse)

    def syntax(self) -> str:
        return "<address | handle | account key | creator> [--dry-run]"

    def short_desc(self) -> str:
        return "Forget a person everywhere, for good (docs/forget.md)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="list what would go; nothing is changed")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--why", default="asked", metavar="WORD", help="kept beside the keyed hash (%(default)s)")
        parser.add_argument("--platform", metavar="NAME", help="whose handle it is, where it is a bare one")
        parser.add_argument("--only", action="store_true", help="this account, not all of the person's")
        parser.add_argument("--archives", action="append", metavar="PATH", help="WARC files or folders (var, ARCHIVE)")
        parser.add_argument("--exports", action="append", metavar="PATH", help="folders of exports (var)")
        parser.add_argument("--no-verify", action="store_true", help="do not look through everything afterwards")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        assert self.settings is not None
        if len(args) != 1:
            raise UsageError("name one person: an address, a handle, an account's key or a creator", print_help=False)
        archives = _paths(opts.archives, ["var", self.settings.get("ARCHIVE")])
        places: dict[str, Any] = {"archives": archives, "exports": _paths(opts.exports, ["var"])}
        with reading(engine) as connection:
            whom = find(connection, args[0], opts.platform, alone=opts.only)
        if not opts.dry_run and not opts.yes and not _sure(whom):
            print("Nothing was done.")
            return SOMETHING_LEFT
        report = forget(engine, whom, reason=opts.why, dry_run=opts.dry_run, verify=not opts.no_verify, **places)
        if opts.json:
            print(json.dumps(report.as_dict()))
        else:
            _show(report)
        return SOMETHING_LEFT if report.residues or report.problems else ALL_WELL


def _paths(given: list[str] | None, usual: list[str | None]) -> list[Path]:
    return [path for one in given or usual if one and ((path := Path(one)).exists() or given)]


def _sure(whom: Whom) -> bool:
    """Asks, where somebody can answer; where nobody can (cron), --yes has to be said."""
    if not sys.stdin.isatty():
        print("Say --yes (or --dry-run first): this can't be undone.", file=sys.stderr)
        return False
    return input(f"Forget {len(whom.accounts)} accounts and all that belongs to them, for good? [y/N] ").lower() == "y"


def _show(report: Report) -> None:
    rows = [(f"rows of {name}", count) for name, count in report.rows.items()]
    rows += [(f"responses in {file}", count) for file, count in report.archives.items()]
    rows += [(f"files in {folder} (export anew)", len(files)) for folder, files in report.exports.items()]
    table = Table("would go" if report.dry_run else "gone", "how many")
    for what, count in rows:
        table.add_row(what, str(count))
    out = console()
    if rows:
        out.print(table)
    else:
        out.print("Nothing of them is stored.")
    if not report.dry_run:
        out.print(f"{report.marks} keyed hashes keep them out; consumers read forgotten.jsonl.")
    for address in report.claims:
        out.print(f"They call {address} their own; forget it as well if it is.", markup=False)
    for file in report.imports:
        out.print(f"Your own export {file} told of them; take them out of it.", markup=False)
    for column, count in report.mentions.items():
        out.print(f"{column}: {count} rows of others name them; others' words stay.", markup=False)
    for line in [f"Left: {one}" for one in report.residues] + report.problems:
        out.print(line, markup=False)
