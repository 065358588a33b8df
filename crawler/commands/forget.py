"""``scrapy forget``: takes a person out of the database, archives and exports, and sees to it that they stay out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from crawler.command import DatabaseCommand, option
from crawler.progress import console, table
from storage.database import reading
from storage.forget import InUse, NobodyNamed, Report, Whom, find, forget

ALL_WELL, SOMETHING_LEFT = 0, 1


class Command(DatabaseCommand):
    """Exit code 0: nothing of them is left; 1: something is, and is named; 2: it could not be done."""

    problems = (NobodyNamed, InUse)
    usage = "<address | handle | account key | creator> [--dry-run]"
    about = "Forget a person everywhere, for good (docs/forget.md)"
    takes = 1, 1, "name one person: an address, a handle, an account's key or a creator"
    options = (
        option("--dry-run", "list what would go; nothing is changed"),
        option("--yes", "do not ask"),
        option("--why", "kept beside the keyed hash (%(default)s)", default="asked", metavar="WORD"),
        option("--platform", "whose handle it is, where it is a bare one", metavar="NAME"),
        option("--only", "this account, not all of the person's"),
        option("--archives", "WARC files or folders (var, ARCHIVE)", action="append", metavar="PATH"),
        option("--exports", "folders of exports (var)", action="append", metavar="PATH"),
        option("--no-verify", "do not look through everything afterwards"),
        option("--json", "the report as JSON"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
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
    out = console()
    head = ("would go" if report.dry_run else "gone", "how many")
    out.print(table(head, rows) if rows else "Nothing of them is stored.")
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
