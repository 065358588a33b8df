"""``scrapy judge A B same|different|unsure --why REASON``: a human's word, which the rules never overrule."""

from __future__ import annotations

import argparse
import getpass
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from pipelines.identity.desk import VERDICTS, UnknownAccountError, find_account, judge
from storage.database import DatabaseProblem, check, connect, writing


class Command(ScrapyCommand):
    """Nothing is overwritten: a new word, or ``revoke``, dates the old one as taken back."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def syntax(self) -> str:
        return f"<account> <account> {'|'.join(VERDICTS)}|revoke --why REASON"

    def short_desc(self) -> str:
        return "Say whether two accounts are the same person"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--why", default="", metavar="REASON", help="kept with the judgement; needed")
        parser.add_argument("--by", default=None, metavar="NAME", help="who says so (the user of this machine)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) != 3 or args[2] not in (*VERDICTS, "revoke"):
            raise UsageError(f"name two accounts and one of {', '.join(VERDICTS)}, revoke", print_help=False)
        if not opts.why.strip():
            raise UsageError("give the reason with --why", print_help=False)
        try:
            engine = connect(self.settings.get("DATABASE_URL") or None)
            check(engine)
            with writing(engine) as connection:
                a, b = (find_account(connection, given) for given in args[:2])
                if a == b:
                    raise UnknownAccountError("both are the same account")
                changed = judge(connection, a, b, args[2], opts.why, opts.by or getpass.getuser())
        except (DatabaseProblem, UnknownAccountError) as problem:
            print(f"scrapy judge: {problem}", file=sys.stderr)
            self.exitcode = 2
            return
        print(f"{args[2]}: kept; {changed} memberships changed")
