"""``scrapy notice WHO``: prints the message that tells a creator that they stand in the index; it sends nothing."""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from index.notice import LANGUAGES, notice
from storage.database import reading
from storage.forget import NobodyNamed, find


class NobodySigned(ValueError):
    """A message needs somebody to answer to."""


class Command(DatabaseCommand):
    """Exit code 0: the message stands on standard output; 2: it could not be written. Nothing is logged or stored."""

    problems = (NobodyNamed, NobodySigned)

    def syntax(self) -> str:
        return "<address | handle | account key | creator> [--language CODE] [--from 'WHO, HOW TO REACH THEM']"

    def short_desc(self) -> str:
        return "The message that tells a creator that they stand in the index (GDPR Art. 14, PRIVACY.md)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--language", choices=LANGUAGES, help="default: theirs, else en")
        parser.add_argument("--platform", metavar="NAME", help="whose handle it is, where it is a bare one")
        parser.add_argument("--from", dest="controller", metavar="TEXT", help="who you are (GRAPEVINE_CONTACT)")
        parser.add_argument("--recipients", default="", metavar="TEXT", help="a sentence on who else receives the data")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        assert self.settings is not None
        if len(args) != 1:
            raise UsageError("name one person: an address, a handle, an account's key or a creator", print_help=False)
        controller = opts.controller or self.settings.get("GRAPEVINE_CONTACT")
        if not controller:
            raise NobodySigned("say who you are and how to reach you: --from, or GRAPEVINE_CONTACT")
        with reading(engine) as connection:
            whom = find(connection, args[0], opts.platform)
            print(notice(connection, whom, controller, language=opts.language, recipients=opts.recipients), end="")
        return 0
