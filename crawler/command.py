"""The base of the commands that work on the database: opened, checked, and what is wrong said in one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand
from sqlalchemy import Engine

from storage.database import DatabaseProblem, check, connect


class DatabaseCommand(ScrapyCommand):
    """``answer`` does the work; exit code 2 where the database can't be used or one of ``problems`` is raised."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    problems: ClassVar[tuple[type[Exception], ...]] = ()
    """What may go wrong beside the database; the exception's text says what, where, how to mend."""

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        """Does the work on a database that is up to date; gives the exit code."""
        raise NotImplementedError

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        told: tuple[type[Exception], ...] = (DatabaseProblem, *self.problems)
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            try:
                check(engine)
                self.exitcode = self.answer(engine, args, opts)
                sys.stdout.flush()
            finally:
                engine.dispose()
        except BrokenPipeError:  # `| head` has seen enough; what is left to say goes nowhere, also at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except told as problem:
            name = type(self).__module__.rpartition(".")[2]
            print(f"scrapy {name}: {problem}", file=sys.stderr)
            self.exitcode = 2
