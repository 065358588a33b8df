"""``scrapy bets``: verifies what each publication said would rise, and tells what came of it."""

from __future__ import annotations

import argparse

from rich.box import SIMPLE
from rich.table import Table
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console
from index.bets import HALF_YEAR, Verdict, verdicts
from storage.database import reading

WORDS = ("hit", "miss", "gone", "unclear")


class Command(DatabaseCommand):
    """Exit code 0: every list is the one that was hashed; 1: one is not, and which; 2: it could not be told."""

    def short_desc(self) -> str:
        return "Verify the bets of each publication, and judge the old ones by what happened"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        help_ = f"days after which a bet is judged (default: {HALF_YEAR})"
        parser.add_argument("--after", type=_days, default=HALF_YEAR, metavar="DAYS", help=help_)

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


def _days(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: a whole number of days, 1 or more, is wanted")
    return int(text)


def table_of(found: list[Verdict]) -> Table:
    """One line a bet."""
    table = Table(
        title="Bets on who rises, by publication; whole hashes: v1_bets",
        title_justify="left",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for name in ("no.", "made", "hash", "judged by"):
        table.add_column(name, no_wrap=True)
    for name in ("entries", "withdrawn", *WORDS):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("hit\nrate", "base\nrate", "Brier"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        by = f"due {one.due_at:%Y-%m-%d}" if one.judged_by is None else f"no. {one.judged_by}"
        line = [str(one.publication), f"{one.made_at:%Y-%m-%d}", one.hash[:8], by, str(one.size), str(one.withdrawn)]
        if one.judged_by is not None:
            line += [str(one.outcomes[word]) for word in WORDS]
            line += ["" if share is None else f"{share:.0%}" for share in (one.hit_rate, one.base_rate)]
            line.append("" if one.brier is None else f"{one.brier:.3f}")
        table.add_row(*line)
    return table
