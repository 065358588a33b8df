"""``scrapy show CREATOR``: all that is known of a creator, with its sources; --subject-access: for that person."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Column, Table
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.progress import console, table
from index import subject_access
from index.show import everything
from index.sinks import plain
from storage.database import reading
from storage.find import UnknownCreatorError, find_creator
from storage.forget import NobodyNamed, find

SECTIONS = {
    "accounts": "platform url handle name bio place status",
    "scores": "name value low high n unit label evidence formula",
    "facts": "field value first_seen last_seen until source_url",
    "observations": "metric value text first_seen last_seen source_url",
    "posts": "published_at title url language niche sponsorship source_url",
    "links": "kind url source_url last_seen",
    "evidence": "kind agrees source_url seen_at expired_at rule",
    "judgements": "a b verdict by reason at revoked_at",
    "lists": "list note added_at",
    "changes": "publication change other fields",
}


def section(name: str, rows: list[dict[str, Any]], most: int) -> Table:
    """One kind of row as a table; empty columns are left out."""
    columns = [column for column in SECTIONS[name].split() if any(row[column] is not None for row in rows)]
    lines = ([_cell(_counted(row[of]) if of == "evidence" else row[of]) for of in columns] for row in rows[:most])
    head = (Column(of.replace("_", " "), overflow="fold") for of in columns)
    return table(head, lines, title=f"{name} ({len(rows)})", expand=True)


def _counted(evidence: dict[str, Any] | None) -> str:
    """What a score rests on, in numbers; the keys themselves are in --format json."""
    rests = ((name, held) for name, held in (evidence or {}).items() if name not in ("given", "told"))
    return ", ".join(f"{len(held)} {name}" if isinstance(held, list | dict) else name for name, held in rests)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=plain)
    if hasattr(value, "strftime"):
        return str(value)[:16]
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= 160 else text[:159] + "…"


class Command(DatabaseCommand):
    """Reads only. Exit code 2 where nobody, or more than one, bears the name; 1 where nothing is held of a person."""

    problems = (UnknownCreatorError, NobodyNamed, OSError)

    def syntax(self) -> str:
        return "<creator>"

    def short_desc(self) -> str:
        return "Show everything that is known of a creator (id, address, handle or name), with its sources"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--subject-access", action="store_true", help="everything held, for the person themselves")
        parser.add_argument("--platform", metavar="NAME", help="with it: whose handle it is, where it is a bare one")
        parser.add_argument("--to", metavar="FILE", help="with it: write there, .html to read or print, .json as data")
        parser.add_argument("--limit", type=int, default=20, help="rows of each kind in text (default: 20)")

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1:
            raise UsageError("name one creator", print_help=False)
        if opts.subject_access:
            return self.subject_access(engine, args[0], opts)
        with reading(engine) as connection:
            known = everything(connection, find_creator(connection, args[0]))
        if opts.format == "json":
            print(json.dumps(known, default=plain, ensure_ascii=False, indent=1))
            return 0
        screen, shown = console(), known["creator"] or {}
        screen.print(f"[bold]{escape(str(shown.get('name') or 'not published yet'))}[/]  {known['id']}")
        for name in SECTIONS:
            if known[name]:
                screen.print(section(name, known[name], opts.limit))
        return 0

    def subject_access(self, engine: Engine, given: str, opts: argparse.Namespace) -> int:
        """All that is held about one person, with source, time and purpose (GDPR Art. 15)."""
        with reading(engine) as connection:
            told = subject_access.everything(connection, find(connection, given, opts.platform))
        data = json.dumps(told, ensure_ascii=False, indent=1)
        if not opts.to:
            print(data)
        else:
            html = opts.to.endswith((".html", ".htm"))
            Path(opts.to).write_text(subject_access.page(told) if html else data, "utf-8")
            print(f"{opts.to}: {sum(len(kind['rows']) for kind in told['held'].values())} entries")
        return 0 if told["held"] else 1
