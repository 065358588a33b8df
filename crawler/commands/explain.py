"""``scrapy explain A B``: why two accounts are one creator, or are not; one sentence for each piece of evidence."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from pipelines.identity.desk import UnknownAccountError, find_account, why
from storage.database import DatabaseProblem, check, connect, reading


class Command(ScrapyCommand):
    """Exit code 0: one creator; 1: not; 2: it could not be told."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def syntax(self) -> str:
        return "<account> <account>"

    def short_desc(self) -> str:
        return "Why two accounts (address, handle or key) are one creator, or are not"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) != 2:
            raise UsageError("name two accounts", print_help=False)
        try:
            engine = connect(self.settings.get("DATABASE_URL") or None)
            check(engine)
            with reading(engine) as connection:
                same, lines = why(connection, find_account(connection, args[0]), find_account(connection, args[1]))
        except (DatabaseProblem, UnknownAccountError) as problem:
            print(f"scrapy explain: {problem}", file=sys.stderr)
            self.exitcode = 2
            return
        print("one creator" if same else "not one creator")
        print("\n".join(f"- {line}" for line in lines or ["nothing was seen that links them"]))
        self.exitcode = 0 if same else 1
