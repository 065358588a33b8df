"""``scrapy retention``: deletes what is kept no longer (PRIVACY.md says how long what is kept)."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from crawler.progress import console, table
from storage.removal import InUse
from storage.retention import keep_limits


class Command(DatabaseCommand):
    """Part of every cycle; safe to repeat."""

    problems = (ValueError, InUse)
    about = "Delete what is kept no longer: raw responses, silent creators, old numbers and publications"
    takes = NO_ARGUMENTS
    options = (
        option("--dry-run", "count what would go; nothing is changed"),
        option("--at", "as if it were this time (ISO 8601, UTC)", metavar="TIME"),
        option("--archives", "WARC files or folders (var, ARCHIVE)", action="append", metavar="PATH"),
        option("--json", "the report as JSON"),
    )

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        at = datetime.fromisoformat(opts.at) if opts.at else datetime.now(UTC)
        places = opts.archives or [path for path in ("var", self.settings.get("ARCHIVE")) if path]
        archives = [path for path in map(Path, places) if opts.archives or path.exists()]
        report = keep_limits(engine, at if at.tzinfo else at.replace(tzinfo=UTC), archives, dry_run=opts.dry_run)
        if opts.json:
            print(json.dumps(report))
            return 0
        rows = ((rule, ", ".join(f"{n} {what}" for what, n in counts.items())) for rule, counts in report.items())
        head = ("rule", "would go" if opts.dry_run else "gone")
        console().print(table(head, ((rule, gone or "nothing") for rule, gone in rows)))
        return 0
