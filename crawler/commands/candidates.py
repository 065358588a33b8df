"""``scrapy candidates``: pairs that wait for a human's judgement, with what speaks for each."""

from __future__ import annotations

import argparse
from itertools import islice

from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from pipelines.identity.candidates import MissingToolError
from pipelines.identity.desk import Waiting, queue
from pipelines.identity.explain import label
from storage.database import reading


class Command(DatabaseCommand):
    """What is listed here is shown as fact nowhere until ``scrapy judge`` says so."""

    problems = (MissingToolError,)
    about = "List pairs of accounts that may be one person, for review"
    takes = NO_ARGUMENTS
    options = (
        option("--limit", "how many pairs (%(default)s)", type=int, default=50),
        option("--backend", "what Splink runs on", choices=("duckdb", "spark"), default="duckdb"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with reading(engine) as connection:
            for waiting in islice(queue(connection, opts.backend), opts.limit):
                print(_shown(waiting))
        return 0


def _shown(waiting: Waiting) -> str:
    pair = f"{label(waiting.a)} | {label(waiting.b)}\n  {waiting.a.url}\n  {waiting.b.url}"
    if waiting.probability is None:
        return f"{pair}\n  {waiting.seen}"
    bits = ", ".join(f"{name} {weight:+.1f}" for name, weight in waiting.waterfall)
    return f"{pair}\n  {waiting.probability:.3f} ({bits} bits)"
