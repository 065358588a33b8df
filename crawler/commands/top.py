"""``scrapy top``: the creators of the index that fulfil some filters, the best first."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from typing import Any

from rich.table import Column, Table
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console, table
from index.filters import FILTERS, SORTS, UnknownFilterError, checked
from index.query import Found, find
from index.sinks import FORMULA, plain
from index.words import SearchSyntaxError
from storage.database import reading


def shares(known: dict[str, float] | None, most: int = 2) -> str:
    """The largest few, ``en 80%``, a line each; a share below a tenth is not worth the room."""
    ranked = sorted((known or {}).items(), key=lambda item: (-item[1], item[0]))  # JSONB keeps no order
    shown = [(name, share) for name, share in ranked[:most] if share >= 0.1]
    return "\n".join(name if share > 0.9 else f"{name} {share:.0%}" for name, share in shown)


def table_of(found: Found) -> Table:
    """One creator after the other; columns of scores only where there are any. Addresses break only where they must."""
    shown = [name for name in ("tier", "field_geek", "rising") if any(name in row["scores"] for row in found.rows)]
    head = [Column(name, overflow="fold", min_width=8) for name in ("creator", "language", "niche")]
    head += [Column(name.replace("_", "\n"), justify="right" if name == "field_geek" else "left") for name in shown]
    head += [Column("posts", justify="right"), Column("last post", no_wrap=True)]
    rows = []
    for row in found.rows:
        scores = [_score(row["scores"].get(name)) for name in shown]
        last = row["last_post_at"].date() if row["last_post_at"] else None
        places = "\n".join(url.split("://")[-1].rstrip("/") for url in row["urls"])
        told = (shares(row["languages"]), shares(row["niches"]), *scores, row["posts"], last, places)
        rows.append((row["name"], *told))
    title = f"Creators ({len(found.rows)} of {found.total})"
    return table((*head, Column("where", overflow="fold", min_width=24)), rows, title=title, row_styles=["", "dim"])


def _score(score: dict[str, Any] | None) -> str:
    if score is None:
        return ""
    return score["label"] or ("" if score["value"] is None else f"{score['value']:.0f}")


def print_found(found: Found, form: str) -> None:
    """The answer as a table, as JSON (one object), or as CSV (a column a score)."""
    if form == "table":
        console().print(table_of(found))
    elif form == "json":
        whole = {"publication": found.publication, "total": found.total, "creators": found.rows}
        print(json.dumps(whole, default=plain, ensure_ascii=False, indent=1))
    else:
        names = ("creator", "name", "language", "niche", "posts", "last_post_at", "urls")
        scores = sorted({name for row in found.rows for name in row["scores"]})
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow((*names, *scores, "tier_label", "rising_label"))
        for row in found.rows:
            cells = [" ".join(row[name]) if name == "urls" else plain(row[name]) for name in names]
            cells += [row["scores"].get(name, {}).get("value") for name in scores]
            cells += [row["scores"].get(name, {}).get("label") for name in ("tier", "rising")]
            writer.writerow([f"'{c}" if isinstance(c, str) and c.startswith(FORMULA) else c for c in cells])


def add_filters(parser: argparse.ArgumentParser) -> None:
    """An option for each filter, and ``--where`` for the bounds of scores."""
    for name, told in FILTERS.items():
        if name == "rising":
            parser.add_argument("--rising", nargs="?", const="rising", help=told)
        else:
            parser.add_argument("--" + name.replace("_", "-"), help=told.replace("%", "%%"))
    parser.add_argument(
        "--where", action="append", default=[], metavar="NAME=VALUE", help="any filter; also min_SCORE and max_SCORE"
    )


def filters_of(opts: argparse.Namespace) -> dict[str, str]:
    """The filters that the options name. Raises UnknownFilterError."""
    given = {name: getattr(opts, name) for name in FILTERS}
    for pair in opts.where:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UnknownFilterError(f"--where {pair}: write NAME=VALUE")
        given[name] = value
    return checked(given)


class Command(DatabaseCommand):
    """Reads only. Exit code 2 where a filter, a value or a search can't be understood."""

    problems = (UnknownFilterError, SearchSyntaxError)

    def short_desc(self) -> str:
        return "Show the creators of the index, the best first"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_filters(parser)
        parser.add_argument("--sort", default="field_geek", metavar="SCORE", help=", ".join(SORTS))
        parser.add_argument("--limit", type=int, default=100, help="creators to show (default: 100)")
        parser.add_argument("--format", choices=("table", "json", "csv"), default="table")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if args:
            raise UsageError(f"no argument is expected, yet there is {args[0]!r}", print_help=False)
        with reading(engine) as connection:
            found = find(connection, filters_of(opts), opts.sort, opts.limit)
        if not found.publication:
            print("scrapy top: nothing is published yet; run `scrapy publish`", file=sys.stderr)
        print_found(found, opts.format)
        return 0
