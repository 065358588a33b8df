"""``scrapy judge A B same|different|unsure|revoke --why``: a human's word on two accounts, kept with its reason."""

from __future__ import annotations

import argparse
import getpass

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from pipelines.identity.desk import VERDICTS, UnknownAccountError, find_account, judge
from storage.database import writing


class Command(DatabaseCommand):
    """Nothing is overwritten: a new word, or ``revoke``, dates the old one as taken back."""

    problems = (UnknownAccountError,)

    def syntax(self) -> str:
        return f"<account> <account> {'|'.join(VERDICTS)}|revoke --why REASON"

    def short_desc(self) -> str:
        return "Say whether two accounts are the same person"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--why", default="", metavar="REASON", help="kept with the judgement; needed")
        parser.add_argument("--by", default=None, metavar="NAME", help="who says so (the user of this machine)")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 3 or args[2] not in (*VERDICTS, "revoke"):
            raise UsageError(f"name two accounts and one of {', '.join(VERDICTS)}, revoke", print_help=False)
        if not opts.why.strip():
            raise UsageError("give the reason with --why", print_help=False)
        with writing(engine) as connection:
            a, b = (find_account(connection, given) for given in args[:2])
            if a == b:
                raise UnknownAccountError("both are the same account")
            changed = judge(connection, a, b, args[2], opts.why, opts.by or getpass.getuser())
        print(f"{args[2]}: kept; {changed} memberships changed")
        return 0
