"""``scrapy bets``: verifies what each publication said would rise, and tells what came of it."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Column, Table
from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from crawler.progress import console, table
from index.bets import HALF_YEAR, Verdict, verdicts
from storage.database import reading

WORDS = ("hit", "miss", "gone", "unclear")


def _days(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: a whole number of days, 1 or more, is wanted")
    return int(text)


class Command(DatabaseCommand):
    """Exit code 0: every list is the one that was hashed; 1: one is not, and which; 2: it could not be told."""

    about = "Verify the bets of each publication, and judge the old ones by what happened"
    takes = NO_ARGUMENTS
    options = (
        option(
            "--after",
            f"days after which a bet is judged (default: {HALF_YEAR})",
            type=_days,
            default=HALF_YEAR,
            metavar="DAYS",
        ),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with reading(engine) as connection:
            found = list(verdicts(connection, opts.after))
        if not found:
            print("no bets yet; scrapy publish makes one with each publication that has scores")
            return 0
        console().print(table_of(found))
        for one in found:
            for problem in one.problems:
                print(f"publication {one.publication}: {problem}")
        return 1 if any(one.problems for one in found) else 0


def table_of(found: list[Verdict]) -> Table:
    """One line a bet."""
    head = ("no.", "made", "hash", "judged by", "entries", "withdrawn", *WORDS, "hit\nrate", "base\nrate", "Brier")
    title = "Bets on who rises, by publication; whole hashes: v1_bets"
    columns = [Column(name, justify="left" if place < 4 else "right", no_wrap=True) for place, name in enumerate(head)]
    return table(columns, map(_line, found), title=title)


def _line(one: Verdict) -> list[Any]:
    by = f"due {one.due_at:%Y-%m-%d}" if one.judged_by is None else f"no. {one.judged_by}"
    line = [one.publication, f"{one.made_at:%Y-%m-%d}", one.hash[:8], by, one.size, one.withdrawn]
    if one.judged_by is not None:
        line += [one.outcomes[word] for word in WORDS]
        line += [None if share is None else f"{share:.0%}" for share in (one.hit_rate, one.base_rate)]
        line.append(None if one.brier is None else f"{one.brier:.3f}")
    return line
