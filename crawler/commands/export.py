"""``scrapy export``: the published views as files, with a manifest."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from index.export import FORMATS, export
from index.sinks import MissingLibraryError
from storage.database import DatabaseProblem, check, connect
from storage.views import dictionary


class Command(ScrapyCommand):
    """The same publication gives the same bytes."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def short_desc(self) -> str:
        return "Export the published views: " + ", ".join(FORMATS)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--to", default="var/export", metavar="FOLDER", help="where the files go (%(default)s)")
        parser.add_argument("--format", default="csv", help=f"one or more of {','.join(FORMATS)} (%(default)s)")
        parser.add_argument("--views", default=",".join(dictionary()), help="without v1_ (%(default)s)")
        parser.add_argument("--as-of", metavar="DATE", help="everything as it stood then, such as 2026-11-01 (in UTC)")
        parser.add_argument("--publication", type=int, metavar="NUMBER", help="as it was published under this number")

        parser.add_argument("--public", action="store_true", help="only what may be given to everybody (PRIVACY.md)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        formats, views = _listed(opts.format, FORMATS), _listed(opts.views, tuple(dictionary()))
        as_of = _time(opts.as_of)
        chosen = {"as_of": as_of, "publication": opts.publication, "public": opts.public}
        try:
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            check(engine)
            made = export(engine, Path(opts.to), formats, views, **chosen)
        except (DatabaseProblem, MissingLibraryError, OSError) as problem:
            print(f"scrapy export: {problem}", file=sys.stderr)
            self.exitcode = 2
            return
        for file in made["files"]:
            print(f"{opts.to}/{file['file']}: {sum(view['rows'] for view in file['views'])} rows")


def _listed(given: str, known: tuple[str, ...]) -> list[str]:
    names = [name.strip().removeprefix("v1_") for name in given.split(",") if name.strip()]
    if odd := [name for name in names if name not in known]:
        raise UsageError(f"{', '.join(odd)}: there are {', '.join(known)}", print_help=False)
    return names


def _time(given: str | None) -> datetime | None:
    """A day means its end: what was known by then."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(f"--as-of {given}: write it like 2026-11-01 or 2026-11-01T12:00", print_help=False) from None
    if "T" not in given and " " not in given:
        at = at.replace(hour=23, minute=59, second=59, microsecond=999999)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
