"""``scrapy extract PLATFORM FILE --url URL``: the records that a saved response yields, as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler import platforms
from crawler.page import Page, now
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


class Command(ScrapyCommand):
    """A tool for whoever mends a parser; needs neither database nor network."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own way

    def syntax(self) -> str:
        return "<platform> <file> --url URL"

    def short_desc(self) -> str:
        return "Print the records that a saved response yields, as JSON"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", required=True, help="the address that the response came from")
        parser.add_argument("--header", action="append", default=[], metavar="NAME:VALUE", help="a response header")
        parser.add_argument("--status", type=int, default=200, help="the response's status")
        parser.add_argument("--at", metavar="TIME", help="when it was fetched, ISO 8601 with a zone (default: now)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 2:
            raise UsageError("give a platform and a file")
        platform, file = args
        if platform not in names():
            raise UsageError(f"no platform {platform!r}; there are: {', '.join(names())}", print_help=False)
        headers = dict(line.split(":", 1) for line in opts.header if ":" in line)
        try:
            body = Path(file).read_bytes()
            at = datetime.fromisoformat(opts.at) if opts.at else now()
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}; give a saved response", print_help=False) from error
        except ValueError as error:
            raise UsageError(f"--at {opts.at}: write it like 2026-05-01T12:00:00+00:00", print_help=False) from error
        page = Page(
            url=opts.url,
            body=body,
            headers={name.strip().lower(): value.strip() for name, value in headers.items()},
            status=opts.status,
            fetched_at=at,
        )
        print(as_json(extract(platform, page)))
