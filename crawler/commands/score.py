"""``scrapy score``: scores every creator anew; ``scrapy score NAME --explain`` opens one creator's numbers."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.markup import escape
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler.command import DatabaseCommand, option
from crawler.progress import console, table
from index.scores.explain import SHOWN, Explanation, explain
from index.scores.model import FORMULAS, ordered
from index.scores.run import run
from storage.database import reading
from storage.find import UnknownCreatorError, find_creator

NAMES = [formula.name for formula in ordered()]


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def interval(row: Any) -> str:
    return "" if row.low is None and row.high is None else f"{number(row.low)} to {number(row.high)}"


class Command(DatabaseCommand):
    """Safe to repeat: the same input changes no row. Exit code 1: the creator has no scores yet."""

    problems = (UnknownCreatorError,)
    usage = "[creator --explain]"
    about = "Score every creator, or explain the scores of one (id, address, handle or name)"
    options = (option("--explain", "open every number to its posts, with what-ifs"),)

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) > 1 or (opts.explain and not args):
            raise UsageError("name one creator, or none to score all")
        accepted = self.settings.getbool("GRAPEVINE_YOUTUBE_API_DERIVED_METRICS_ACCEPTED")
        if args:
            with reading(engine) as connection:
                found = explain(connection, find_creator(connection, args[0]), accepted=accepted)
            if found is None:
                print(f"scrapy score: {args[0]} has no scores yet; run `scrapy score`", file=sys.stderr)
                return 1
            show(found, opened=opts.explain)
            return 0
        done = run(engine, accepted=accepted)
        wrote = f"{done.written} scores written, {done.dropped} dropped, {done.unchanged} as before"
        print(f"{done.creators} creators: {wrote}")
        print(", ".join(f"{name} {done.by_name[name]}" for name in NAMES))
        return 0


def show(found: Explanation, *, opened: bool) -> None:
    """The scores as a table; ``opened``: the posts under each, the composite's parts, the what-ifs."""
    out = console()
    out.print(f"[bold]{escape(str(found.name or found.case.creator))}[/bold], as of {found.case.as_of:%Y-%m-%d}")
    rows = [
        (name, number(row.value), interval(row), row.n, row.label, row.unit, row.formula)
        for name in NAMES
        if (row := found.rows.get(name)) is not None
    ]
    out.print(table(("score", "value", "95 % interval", "n", "word", "unit", "formula"), rows))
    missing = [name for name in NAMES if name not in found.rows]
    if missing:
        out.print(f"Too little evidence for: {', '.join(missing)}.")
    if not opened:
        return
    for name in NAMES:
        if name in found.rows:
            _open(out, found, name, found.rows[name])
    _parts(out, found)
    out.print(f"\n[bold]The {len(found.case.posts)} newest posts[/bold], on which the scores rest")
    _posts(out, found.case.posts, 100)
    for made in found.what_ifs:
        changes = ", ".join(f"{n} {number(a)} -> {number(b)}" for n, (a, b) in made.changes.items())
        out.print(f"\n[bold]{made.without}[/bold]: {changes}")
        _posts(out, made.posts)


def _open(out: Any, found: Explanation, name: str, row: Any) -> None:
    formula, evidence = FORMULAS[name], row.evidence or {}
    out.print(f"\n[bold]{name}[/bold] {number(row.value)} from {row.n} {formula.of}.", highlight=False)
    out.print(f"  {formula.source}", markup=False, highlight=False)
    for key, told in (evidence.get("told") or {}).items():
        if told not in (None, [], {}) and key not in ("paid", "undisclosed"):
            out.print(f"  {key}: {told}", markup=False)
    posts = found.posts_of(name)
    if posts and len(posts) == len(found.case.posts):
        out.print(f"  rests on all {len(posts)} posts below")
    else:
        _posts(out, posts)


def _posts(out: Any, posts: list[Any], most: int = SHOWN) -> None:
    for post in posts[:most]:
        day = f"{post.published_at:%Y-%m-%d}" if post.published_at else "undated"
        paid = f" [{post.sponsorship}]" if post.sponsorship not in (None, "none") else ""
        out.print(f"  {day} {post.title or (post.start or '')[:60]}{paid} <{post.url}>", markup=False, soft_wrap=True)
    if len(posts) > most:
        out.print(f"  and {len(posts) - most} more")


def _parts(out: Any, found: Explanation) -> None:
    if "field_geek" not in found.rows:
        return
    whole = sum(weight for weight, *_ in found.parts.values())
    rows = [
        (name, f"{weight / whole:.0%}", number(value), number(weight / whole * value))
        for name, (weight, value, _, _) in found.parts.items()
    ]
    out.print(table(("part", "weight", "on 0-100", "adds"), rows, title="field_geek, part by part"))
    mean = sum(weight * value for weight, value, _, _ in found.parts.values()) / whole
    if mean > (found.rows["field_geek"].value or 0) + 0.1:
        out.print(f"  {number(mean)}, but no higher than hobby: who does it for a living is no field geek.")
