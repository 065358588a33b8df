"""``scrapy export``: the published views as files, with a manifest."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import NO_ARGUMENTS, DatabaseCommand, option
from index.export import FORMATS, export
from index.sinks import MissingLibraryError
from storage.views import dictionary


class Command(DatabaseCommand):
    """The same publication gives the same bytes."""

    problems = (MissingLibraryError, OSError)
    about = "Export the published views: " + ", ".join(FORMATS)
    takes = NO_ARGUMENTS
    options = (
        option("--to", "where the files go (%(default)s)", default="var/export", metavar="FOLDER"),
        option("--format", f"one or more of {','.join(FORMATS)} (%(default)s)", default="csv"),
        option("--views", "without v1_ (%(default)s)", default=",".join(dictionary())),
        option("--as-of", "everything as it stood then, such as 2026-11-01 (in UTC)", metavar="DATE"),
        option("--publication", "as it was published under this number", type=int, metavar="NUMBER"),
        option("--public", "only what may be given to everybody (PRIVACY.md)"),
    )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        self.formats, self.views = _listed(opts.format, FORMATS), _listed(opts.views, tuple(dictionary()))
        self.as_of = _time(opts.as_of)

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        chosen = {"as_of": self.as_of, "publication": opts.publication, "public": opts.public}
        for file in export(engine, Path(opts.to), self.formats, self.views, **chosen)["files"]:
            print(f"{opts.to}/{file['file']}: {sum(view['rows'] for view in file['views'])} rows")
        return 0


def _listed(given: str, known: tuple[str, ...]) -> list[str]:
    names = [name.strip().removeprefix("v1_") for name in given.split(",") if name.strip()]
    if odd := [name for name in names if name not in known]:
        raise UsageError(f"{', '.join(odd)}: there are {', '.join(known)}")
    return names


def _time(given: str | None) -> datetime | None:
    """A day means its end: what was known by then."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(f"--as-of {given}: write it like 2026-11-01 or 2026-11-01T12:00") from None
    if "T" not in given and " " not in given:
        at = at.replace(hour=23, minute=59, second=59, microsecond=999999)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
