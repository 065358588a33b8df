"""The base of our commands: options as a table; the database opened, checked; what is wrong said in one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from storage.database import DatabaseProblem, check, connect

if TYPE_CHECKING:
    from scrapy.settings import Settings

Option = tuple[str, dict[str, Any]]
NO_ARGUMENTS = 0, 0, "it takes no arguments, and no options but those that --help names"


def option(name: str, about: str, **how: Any) -> Option:
    """One row of ``options``, in the words of argparse; without any it is a switch."""
    return name, {"help": about, **(how or {"action": "store_true"})}


class OurCommand(ScrapyCommand):
    """What ``--help`` shows, and how many arguments there may be, as values."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    settings: Settings  # Scrapy sets it before it asks for anything
    about: ClassVar[str] = ""
    usage: ClassVar[str] = ""
    takes: ClassVar[tuple[int, int, str] | None] = None
    """Fewest arguments, most, and what to say of any other number; None: the command looks itself."""
    options: ClassVar[tuple[Option, ...]] = ()

    def syntax(self) -> str:
        return self.usage

    def short_desc(self) -> str:
        return self.about

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        for name, how in self.options:
            parser.add_argument(name, **how)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.takes and not self.takes[0] <= len(args) <= self.takes[1]:
            raise UsageError(self.takes[2])


class DatabaseCommand(OurCommand):
    """``answer`` does the work; exit code 2 where the database can't be used or one of ``problems`` is raised."""

    problems: ClassVar[tuple[type[Exception], ...]] = ()
    """What may go wrong beside the database; the exception's text says what, where, how to mend."""
    newest: ClassVar[bool] = True
    """Must the tables be the newest?"""

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        """Does the work on a database that is up to date; gives the exit code."""
        raise NotImplementedError

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        told: tuple[type[Exception], ...] = (DatabaseProblem, *self.problems)
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            try:
                if self.newest:
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
