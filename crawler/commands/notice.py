"""``scrapy notice WHO``: prints the message that tells a creator that they stand in the index; it sends nothing."""

from __future__ import annotations

import argparse

from sqlalchemy import Engine

from crawler.command import DatabaseCommand, option
from index.notice import LANGUAGES, notice
from storage.database import reading
from storage.forget import NobodyNamed, find


class NobodySigned(ValueError):
    """A message needs somebody to answer to."""


class Command(DatabaseCommand):
    """Exit code 0: the message stands on standard output; 2: it could not be written. Nothing is logged or stored."""

    problems = (NobodyNamed, NobodySigned)
    usage = "<address | handle | account key | creator> [--language CODE] [--from 'WHO, HOW TO REACH THEM']"
    about = "The message that tells a creator that they stand in the index (GDPR Art. 14, PRIVACY.md)"
    takes = 1, 1, "name one person: an address, a handle, an account's key or a creator"
    options = (
        option("--language", "default: theirs, else en", choices=LANGUAGES),
        option("--platform", "whose handle it is, where it is a bare one", metavar="NAME"),
        option("--from", "who you are (GRAPEVINE_CONTACT)", dest="controller", metavar="TEXT"),
        option("--recipients", "a sentence on who else receives the data", default="", metavar="TEXT"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        controller = opts.controller or self.settings.get("GRAPEVINE_CONTACT")
        if not controller:
            raise NobodySigned("say who you are and how to reach you: --from, or GRAPEVINE_CONTACT")
        with reading(engine) as connection:
            whom = find(connection, args[0], opts.platform)
            print(notice(connection, whom, controller, language=opts.language, recipients=opts.recipients), end="")
        return 0
