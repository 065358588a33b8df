"""``scrapy explain A B``: why two accounts are one creator, or are not; one sentence for each piece of evidence."""

from __future__ import annotations

import argparse

from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from pipelines.identity.desk import UnknownAccountError, find_account, why
from storage.database import reading


class Command(DatabaseCommand):
    """Exit code 0: one creator; 1: not; 2: it could not be told."""

    problems = (UnknownAccountError,)
    usage = "<account> <account>"
    about = "Why two accounts (address, handle or key) are one creator, or are not"
    takes = 2, 2, "name two accounts"

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with reading(engine) as connection:
            same, lines = why(connection, find_account(connection, args[0]), find_account(connection, args[1]))
        print("one creator" if same else "not one creator")
        print("\n".join(f"- {line}" for line in lines or ["nothing was seen that links them"]))
        return 0 if same else 1
