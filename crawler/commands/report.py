"""``scrapy report``: how the crawl stands, as Markdown and as a page with plots; written after every cycle too."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from crawler.health import STATS, alarms
from index.report import html, markdown
from storage.database import reading
from storage.report import Report, report


def alarms_of(made: Report) -> list[str]:
    """The parser alarms of each platform's newest run with health counts."""
    found: list[str] = []
    judged: set[str] = set()
    for run in made.runs:
        if run["platform"] not in judged and any(key.startswith(STATS) for key in run["stats"]):
            judged.add(run["platform"])
            found += [f"{run['platform']}: {alarm}" for alarm in alarms(run["platform"], run["stats"])]
    return found


class Command(DatabaseCommand):
    """Exit code 0: written; 2: not. Files: report.md, report.html, report.json (the alarms, for the scheduler)."""

    problems = (OSError,)
    about = "Write how the crawl stands as Markdown and HTML: freshness, due and late, yield, errors, parser health"
    takes = NO_ARGUMENTS
    options = (option("--to", "where the files go (default: var/reports/DATE)", metavar="FOLDER"),)

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        at = datetime.now(UTC)
        with reading(engine) as connection:
            made = report(connection, at)
        found = alarms_of(made)
        folder = Path(opts.to or f"var/reports/{at:%Y-%m-%d}")
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"at": at.isoformat(), "alarms": found}
        texts = {"md": markdown(made, found), "html": html(made, found), "json": json.dumps(facts) + "\n"}
        for kind, text in texts.items():
            part = folder / f"report.{kind}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / f"report.{kind}")
        print(f"{folder}/report.html, report.md: {made.total('total')} sources, {len(found)} parser alarms")
        return 0
