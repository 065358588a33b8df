"""``scrapy bets``: how those did whom earlier publications called rising, losers included."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import timedelta

from rich.table import Table
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console
from index.bets import results
from index.sinks import plain
from storage.database import reading


class Command(DatabaseCommand):
    """Exit code 1 where the stored list of a bet no longer has the hash it was sealed with."""

    def short_desc(self) -> str:
        return "Score the rising lists of earlier publications against what happened"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--after", type=float, default=180, metavar="DAYS", help="bets this old (default: 180)")
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with reading(engine) as connection:
            done = results(connection, mature=timedelta(days=opts.after))
        if opts.format == "json":
            print(json.dumps([asdict(one) for one in done], default=plain, indent=1))
        else:
            table = Table("publication", "made", "bets", "judged", "won", "gone", "base rate", "Brier", "seal")
            for one in done:
                rates = ("" if rate is None else f"{rate:.2f}" for rate in (one.base_rate, one.brier))
                counts = (str(count) for count in (one.bets, one.judged, one.won, one.gone))
                seal = "intact" if one.sealed else "BROKEN"
                table.add_row(str(one.publication), f"{one.made_at:%Y-%m-%d}", *counts, *rates, seal)
            console().print(table)
        return 0 if all(one.sealed for one in done) else 1
