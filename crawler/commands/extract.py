"""``scrapy extract PLATFORM FILE --url URL``: the records that a saved response yields, as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError

from crawler import platforms
from crawler.command import OurCommand, option
from crawler.page import Page, now
from crawler.social import moment
from storage.records import Extract


def names() -> list[str]:
    """The platforms that have an extractor."""
    return sorted(path.parent.name for path in Path(platforms.__path__[0]).glob("*/extract.py"))


def extract(platform: str, page: Page) -> Extract:
    """What the platform's pure extractor makes of ``page``."""
    found: Extract = import_module(f"crawler.platforms.{platform}.extract").extract(page)
    return found


def as_json(found: Extract) -> str:
    """The extract as JSON: account, posts, links, observations, unparsed; times as ISO 8601 in their own zone."""

    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.isoformat()
        raise TypeError(type(value))

    return json.dumps(dataclasses.asdict(found), default=plain, ensure_ascii=False, indent=2)


class Command(OurCommand):
    """A tool for whoever mends a parser; needs neither database nor network."""

    usage = "<platform> <file> --url URL"
    takes = 2, 2, "give a platform and a file"
    about = "Print the records that a saved response yields, as JSON"
    options = (
        option("--url", "the address that the response came from", required=True),
        option("--header", "a response header", action="append", default=[], metavar="NAME:VALUE"),
        option("--status", "the response's status", type=int, default=200),
        option("--at", "when it was fetched, ISO 8601 (default: now)", metavar="TIME"),
    )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        platform, file = args
        if platform not in names():
            raise UsageError(f"no platform {platform!r}; there are: {', '.join(names())}")
        at = moment(opts.at) if opts.at else now()
        if at is None:
            raise UsageError(f"--at {opts.at}: write it like 2026-05-01T12:00:00+00:00")
        headers = (line.partition(":") for line in opts.header)
        told = {name.strip().lower(): value.strip() for name, colon, value in headers if colon}
        try:
            body = Path(file).read_bytes()
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}; give a saved response") from error
        page = Page(url=opts.url, body=body, headers=told, status=opts.status, fetched_at=at)
        print(as_json(extract(platform, page)))
