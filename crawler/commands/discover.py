"""``scrapy discover``: whom creators on a topic lead to and nobody has visited; explains each, and admits the best."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Column, Table
from scrapy.exceptions import UsageError
from sqlalchemy import Connection, Engine

from crawler.command import DatabaseCommand
from crawler.platforms.bluesky import urls as bluesky
from crawler.platforms.fediverse import urls as fediverse
from crawler.platforms.youtube import urls as youtube
from crawler.progress import console, table
from index.discover import BadWish, Survey, Wishes, read_wishes, store, survey, told, topics_of
from pipelines.discovery.places import Place
from storage.database import reading, writing


class Command(DatabaseCommand):
    """Exit code 0: done (or nothing is wished); 1: no candidate; 2: it could not be told."""

    problems = (BadWish,)

    def short_desc(self) -> str:
        return "Find whom creators on a topic lead to: explain the candidates, and put the best on the crawl's list"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--topic", action="append", metavar="TOPIC", help="niche, domain or words; may be repeated")
        parser.add_argument("--lang", action="append", metavar="CODE", help="only through who writes in it, such as is")
        parser.add_argument("--budget", type=int, default=20, metavar="N", help="sources to admit (%(default)s)")
        parser.add_argument("--depth", type=int, default=3, metavar="N", help="steps from a seed (%(default)s)")
        parser.add_argument("--cycle", type=int, metavar="N", help="by GRAPEVINE_WISHES, its share of N visits")
        parser.add_argument("--dry-run", action="store_true", help="explain only; nothing is stored")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        assert self.settings is not None
        if args or opts.budget < 0 or opts.depth < 1:
            raise UsageError("--topic TOPIC, with a budget of 0 or more and a depth of 1 or more", print_help=False)
        budget, file = opts.budget, self.settings.get("GRAPEVINE_WISHES")
        if opts.topic:
            wishes = Wishes(topics_of(opts.topic), tuple(opts.lang or ()), depth=opts.depth)
        elif file:
            wishes = read_wishes(Path(file))
            budget = int(opts.cycle * wishes.share) if opts.cycle is not None else budget
        elif opts.cycle is not None:
            return 0
        else:
            raise BadWish("say --topic TOPIC, or name a file of wishes in GRAPEVINE_WISHES (docs/discovery.md)")
        with reading(engine) as connection:
            seen = survey(connection, wishes, self.visit)
            if opts.cycle is None:
                console().print(_table(connection, seen, budget))
        _tell(seen)
        if not opts.dry_run:
            with writing(engine) as connection:
                new = store(connection, seen, wishes, budget, datetime.now(UTC))
            print(f"{new} sources are due now, at a depth of at most {wishes.depth}.")
        return 0 if seen.found or opts.cycle is not None else 1

    def visit(self, place: Place) -> str | None:
        """What the platform's spider asks for first."""
        assert self.settings is not None
        appview = str(self.settings.get("BLUESKY_APPVIEW") or bluesky.table()["api"]["appview"])
        ways: dict[str, Any] = {
            "bluesky": lambda url: bluesky.visit_address(url, appview),
            "fediverse": fediverse.visit_address,
            "youtube": youtube.channel_address,
        }
        try:
            return str(ways.get(place.platform, str)(place.url))
        except ValueError:
            return None


def _table(connection: Connection, seen: Survey, most: int) -> Table:
    head = [Column(name, justify="right") for name in ("score", "depth", "vouchers")]
    head += [Column(name, overflow="fold") for name in ("where", "who led there")]
    lines = (
        (f"{one.scored.score:.2f}", one.scored.depth, len(one.scored.vouchers), one.place.url, "\n".join(why))
        for one in seen.found[:most]
        for why in [told(connection, one) + ["the link's words are on the topic"] * (one.scored.text > 0.3)]
    )
    return table(head, lines, title=f"Candidates (the best {min(most, len(seen.found))} of {len(seen.found)})")


def _tell(seen: Survey) -> None:
    left = ", ".join(f"{reason} {n}" for reason, n in seen.left_out.most_common())
    print(f"{seen.leaders} creators write on the topic; left out: {left or 'nothing'}.")
    if not seen.found:
        print("They lead to nobody new; crawl more seeds on the topic first.")
