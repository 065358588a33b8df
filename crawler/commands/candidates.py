"""``scrapy candidates``: pairs that wait for a human's judgement, with what speaks for each."""

from __future__ import annotations

import argparse
import sys
from itertools import islice

from scrapy.commands import ScrapyCommand

from pipelines.identity.candidates import MissingToolError
from pipelines.identity.desk import Waiting, queue
from pipelines.identity.explain import label
from storage.database import DatabaseProblem, check, connect, reading


class Command(ScrapyCommand):
    """What is listed here is shown as fact nowhere until ``scrapy judge`` says so."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "List pairs of accounts that may be one person, for review"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--limit", type=int, default=50, help="how many pairs (%(default)s)")
        parser.add_argument("--backend", choices=("duckdb", "spark"), default="duckdb", help="what Splink runs on")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            engine = connect(self.settings.get("DATABASE_URL") or None)
            check(engine)
            with reading(engine) as connection:
                for waiting in islice(queue(connection, opts.backend), opts.limit):
                    print(_shown(waiting))
        except (DatabaseProblem, MissingToolError) as problem:
            print(f"scrapy candidates: {problem}", file=sys.stderr)
            self.exitcode = 2


def _shown(waiting: Waiting) -> str:
    pair = f"{label(waiting.a)} | {label(waiting.b)}\n  {waiting.a.url}\n  {waiting.b.url}"
    if waiting.probability is None:
        return f"{pair}\n  {waiting.seen}"
    bits = ", ".join(f"{name} {weight:+.1f}" for name, weight in waiting.waterfall)
    return f"{pair}\n  {waiting.probability:.3f} ({bits} bits)"
