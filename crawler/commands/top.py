"""``scrapy top``: the creators of the index as a readable table."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from rich.table import Table
from scrapy.commands import ScrapyCommand

from crawler.progress import console
from storage.database import DatabaseProblem, check, connect, reading
from storage.read import CreatorRow, creators


def shares(counts: dict[str, int], most: int = 2) -> str:
    """The largest few as ``en 80 %, de 20 %``; a share below a tenth is not worth the room."""
    total = sum(counts.values())
    shown = [(name, count / total) for name, count in list(counts.items())[:most] if count / total >= 0.1]
    return ", ".join(name if share > 0.9 else f"{name} {share:.0%}" for name, share in shown)


def table_of(rows: list[CreatorRow], total: int) -> Table:
    """One line a creator."""
    table = Table(title=f"Creators ({len(rows)} of {total})", title_justify="left", row_styles=["", "dim"])
    for name in ("creator", "language", "niche"):
        table.add_column(name, overflow="fold")
    table.add_column("posts", justify="right")
    table.add_column("last post", no_wrap=True)
    table.add_column("where", overflow="fold")
    for row in rows:
        last = row.last_post.date().isoformat() if row.last_post else ""
        places = ", ".join(account["native_id"] for account in row.accounts)
        table.add_row(row.name or "", shares(row.languages), shares(row.niches), str(row.posts), last, places)
    return table


class Command(ScrapyCommand):
    """Reads only."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "Show the creators of the index"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--limit", type=int, default=100, help="lines to show (default: 100)")
        parser.add_argument("--niche", help="only creators who post in this niche")
        parser.add_argument("--language", help="only creators who post in this language")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            check(engine)
            with reading(engine) as connection:
                rows = [row for row in creators(connection) if wanted(row, opts.niche, opts.language)]
        except DatabaseProblem as problem:
            print(problem, file=sys.stderr)
            self.exitcode = 2
            return
        never = datetime.min.replace(tzinfo=UTC)
        rows.sort(key=lambda row: (row.posts > 0, row.last_post or never), reverse=True)
        console().print(table_of(rows[: opts.limit], len(rows)))


def wanted(row: CreatorRow, niche: str | None, language: str | None) -> bool:
    """Whether a creator posts in this niche and this language."""
    return (niche is None or niche in row.niches) and (language is None or language in row.languages)
