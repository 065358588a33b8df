"""``scrapy footprint [HOST]``: what we took from each host, and how gently."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from sqlalchemy import Engine, select

from crawler.command import DatabaseCommand
from storage.database import reading
from storage.hosts import COUNTS, footprint, robots

HEAD = f"{'requests':>9} {'MB':>8} {'304':>6} {'refused':>8} {'errors':>7} {'least gap':>10} {'asked':>7}"


class Command(DatabaseCommand):
    """Exit code 1: nothing is on record."""

    usage = "[HOST]"
    takes = 0, 1, "name one host, or none for all"
    about = "What was taken from each host, and how gently"

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with reading(engine) as connection:
            rows = footprint(connection, args[0] if args else None)
            origins = connection.execute(select(robots)).all() if args else []
        print(f"{'day' if args else 'host':<40} {HEAD}")
        for row in rows:
            requests, size, unchanged, refused, errors = (getattr(row, name) for name in COUNTS)
            gap = f"{row.least_gap:.2f} s" if row.least_gap is not None else "-"
            asked = f"{row.crawl_delay:g} s" if row.crawl_delay else "-"
            name = row.day if args else row.host
            counts = f"{requests:>9} {size / 1e6:>8.2f} {unchanged:>6} {refused:>8} {errors:>7}"
            print(f"{name:<40} {counts} {gap:>10} {asked:>7}")
        if not rows:
            print("Nothing is on record.")
        for row in origins:
            if row.origin.partition("://")[2].partition(":")[0] == args[0]:
                when = datetime.fromtimestamp(row.fetched_at, UTC)
                sha = f", sha256 {row.sha}" if row.sha else ""
                print(f"{row.origin}/robots.txt: {row.state}, {when:%Y-%m-%d %H:%M} UTC{sha}")
        return 0 if rows else 1
