"""``scrapy import FILE --platform NAME``: a user's own export of accounts, numbers and posts; nothing is fetched."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.imports import ImportUnreadable, read_rows, records_of

ALL_WELL, SOME_FAILED, NOTHING_RAN = 0, 1, 2


class Command(ScrapyCommand):
    """Exit code 0: every row was taken; 1: some rows were not; 2: nothing could be."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def syntax(self) -> str:
        return "<file> --platform NAME [--dry-run]"

    def short_desc(self) -> str:
        return "Take in your own CSV or JSON-lines export of accounts and posts (docs/import.md)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--platform", required=True, help="whose accounts these are: instagram, tiktok, twitter ..."
        )
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from pipelines.identity.addresses import address_key, aliases
        from storage.database import DatabaseProblem, check, connect
        from storage.records import Account, Link
        from storage.write import Writer, run_finished, run_started

        if len(args) != 1:
            raise UsageError("name one file: scrapy import accounts.csv --platform instagram", print_help=False)
        rows, bad, taken = [], 0, 0
        try:
            for where, row in read_rows(Path(args[0])):
                try:
                    rows.append(records_of(row, opts.platform, where))
                except ValueError as error:
                    bad += 1
                    print(f"{where}: {error}", file=sys.stderr)
            if not opts.dry_run and rows:
                engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None if self.settings else None)
                check(engine)
                run = run_started(engine, opts.platform, {"extractor": "import/1"})
                writer = Writer(engine, run)
                for record in (record for some in rows for record in some):
                    if isinstance(record, Account):
                        record.aliases = aliases(record)
                    elif isinstance(record, Link):
                        record.target = address_key(record.url)
                    writer.add(record)
                writer.flush()
                stats = {f"grapevine/store/{fact}": count for fact, count in writer.counts.items()}
                run_finished(engine, run, "finished", stats)
                engine.dispose()
        except (ImportUnreadable, DatabaseProblem) as problem:
            print(f"Nothing could be imported: {problem}", file=sys.stderr)
            self.exitcode = NOTHING_RAN
            return
        taken = len(rows)
        print(f"{taken} rows {'would be' if opts.dry_run else 'were'} imported, {bad} have errors")
        self.exitcode = SOME_FAILED if bad and taken else NOTHING_RAN if bad else ALL_WELL
