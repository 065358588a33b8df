"""``scrapy retention``: deletes what is kept no longer (PRIVACY.md says how long what is kept)."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console
from storage.retention import keep_limits


class Command(DatabaseCommand):
    """Part of every cycle; safe to repeat."""

    problems = (ValueError,)

    def short_desc(self) -> str:
        return "Delete what is kept no longer: raw responses, silent creators, old numbers and publications"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="count what would go; nothing is changed")
        parser.add_argument("--at", metavar="TIME", help="as if it were this time (ISO 8601, UTC)")
        parser.add_argument("--archives", action="append", metavar="PATH", help="WARC files or folders (var, ARCHIVE)")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        assert self.settings is not None
        at = datetime.fromisoformat(opts.at) if opts.at else datetime.now(UTC)
        places = opts.archives or [path for path in ("var", self.settings.get("ARCHIVE")) if path]
        archives = [path for path in map(Path, places) if opts.archives or path.exists()]
        report = keep_limits(engine, at if at.tzinfo else at.replace(tzinfo=UTC), archives, dry_run=opts.dry_run)
        if opts.json:
            print(json.dumps(report))
            return 0
        table = Table("rule", "would go" if opts.dry_run else "gone")
        for rule, counts in report.items():
            table.add_row(rule, ", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing")
        console().print(table)
        return 0
