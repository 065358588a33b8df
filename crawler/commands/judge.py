"""``scrapy judge A B same|different|unsure|revoke --why``: a human's word on two accounts, kept with its reason."""

from __future__ import annotations

import argparse
import getpass

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand, option
from pipelines.identity.desk import VERDICTS, UnknownAccountError, find_account, judge
from storage.database import writing


class Command(DatabaseCommand):
    """Nothing is overwritten: a new word, or ``revoke``, dates the old one as taken back."""

    problems = (UnknownAccountError,)
    usage = f"<account> <account> {'|'.join(VERDICTS)}|revoke --why REASON"
    takes = 3, 3, f"name two accounts and one of {', '.join(VERDICTS)}, revoke"
    about = "Say whether two accounts are the same person"
    options = (
        option("--why", "kept with the judgement; needed", default="", metavar="REASON"),
        option("--by", "who says so (the user of this machine)", default=None, metavar="NAME"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if args[2] not in (*VERDICTS, "revoke"):
            raise UsageError(self.takes[2])
        if not opts.why.strip():
            raise UsageError("give the reason with --why")
        with writing(engine) as connection:
            a, b = (find_account(connection, given) for given in args[:2])
            if a == b:
                raise UnknownAccountError("both are the same account")
            changed = judge(connection, a, b, args[2], opts.why, opts.by or getpass.getuser())
        print(f"{args[2]}: kept; {changed} memberships changed")
        return 0
