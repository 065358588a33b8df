"""A run report for people: one set of sections, as Markdown and as one HTML page with plots, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from storage.report import Report


@dataclass(frozen=True, slots=True)
class Bars:
    """A plot: horizontal bars, one a label."""

    title: str
    about: str
    values: dict[str, float]
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; columns whose name ends in ``#`` hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def bars(plot: Bars, width: int = 480) -> str:
    """The plot as one inline SVG that takes its colours from the page."""
    most, step, left = max(plot.values.values(), default=0) or 1, 24, 150
    lines = []
    for place, (label, value) in enumerate(plot.values.items()):
        y, size = place * step, (width - left - 60) * value / most
        short = label if len(label) < 20 else label[:18] + "…"
        lines.append(f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{escape(short)}</text>')
        lines.append(f'<rect x="{left}" y="{y + 4}" width="{size:.1f}" height="16" rx="2"/>')
        lines.append(f'<text x="{left + size + 6:.1f}" y="{y + 16}">{_number(value)}</text>')
    told = escape(f"{plot.title}: " + ", ".join(f"{name} {_number(value)}" for name, value in plot.values.items()))
    kind = ' class="bad"' if plot.bad else ""
    height = max(step, step * len(plot.values))
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{told}"{kind}>{"".join(lines)}</svg>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def tiles(report: Report, alarms: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """The numbers that stand first: name -> (value, is it bad)."""
    found = {"sources": (f"{report.total('total'):,}", False)}
    for name in ("due", "late", "failing", "leased"):
        found[name] = f"{report.total(name):,}", name in ("late", "failing") and report.total(name) > 0
    found["parser alarms"] = (str(len(alarms)), bool(alarms))
    last = report.publication
    if last and last["published_at"]:
        hours = (report.at - last["published_at"]).total_seconds() / 3600
        ago = f"{hours:.0f} h ago" if hours < 72 else f"{hours / 24:.0f} d ago"
        found[f"publication {last['number']}"] = (ago, hours > 24 * 8)
    return found


def plots(report: Report) -> list[Bars]:
    """Freshness, yield, errors; those with nothing to show are left out."""
    totals: dict[str, list[int]] = {}
    for run in report.runs:
        counted = totals.setdefault(run["platform"], [0, 0, 0])
        for place, name in enumerate(("requests", "accounts", "posts")):
            counted[place] += run[name]
    useful = {name: n for name, n in totals.items() if n[0]}
    wanted = [
        Bars("Freshness", "sources by days since their last visit", dict(report.ages)),
        Bars("Posts per 1,000 requests", "over the runs below", {n: 1000 * c[2] / c[0] for n, c in useful.items()}),
        Bars("Profiles per 1,000 requests", "over the runs below", {n: 1000 * c[1] / c[0] for n, c in useful.items()}),
        Bars("Errors", "sources by what their last visit came to", dict(list(report.outcomes.items())[:12]), True),
    ]
    if report.candidates:
        wanted.append(Bars("Discovery", "places that creators lead to", dict(report.candidates)))
    return [plot for plot in wanted if any(plot.values.values())]


def grids(report: Report) -> list[Grid]:
    """Sources by platform, runs, what is published, and which sources fail and why."""
    names = ("total", "due", "late", "failing", "leased", "never")
    sources = [(platform, *(counts[n] for n in names)) for platform, counts in report.sources.items()]
    runs = [
        (
            r["id"],
            r["platform"],
            f"{r['started_at']:%Y-%m-%d %H:%M}",
            "" if r["seconds"] is None else f"{r['seconds']:,.0f}",
            r["outcome"] or "not ended",
            *(r[name] for name in ("requests", "accounts", "posts")),
        )
        for r in report.runs
    ]
    counts = (report.publication or {}).get("counts") or {}
    failing = [(f["platform"], f["url"], f["attempts"], f["outcome"], f["detail"] or "") for f in report.failing]
    made = [
        Grid("Sources", ("platform", *(f"{n} #" for n in names[:-1]), "never visited #"), sources),
        Grid(
            "Runs",
            ("run #", "platform", "began (UTC)", "seconds #", "outcome", "requests #", "profiles #", "posts #"),
            runs,
        ),
        Grid("Publication", ("what", "count #"), [(name, n) for name, n in counts.items()]),
        Grid("Failing sources", ("platform", "address", "failures #", "outcome", "what to do"), failing),
    ]
    return [grid for grid in made if grid.rows]


def markdown(report: Report, alarms: Sequence[str]) -> str:
    """The report as Markdown, for terminals and mails."""
    lines = [f"# {_title(report)}", ""]
    lines += [f"- {name}: {value}" for name, (value, _) in tiles(report, alarms).items()]
    lines += ["", "## Parser health", "", *([f"- {alarm}" for alarm in alarms] or ["All in range."])]
    for plot in plots(report):
        lines += ["", f"## {plot.title} ({plot.about})", ""]
        lines += [f"- {_plain(name)}: {_number(value)}" for name, value in plot.values.items()]
    for grid in grids(report):
        lines += [
            "",
            f"## {grid.title}",
            "",
            "| " + " | ".join(name.removesuffix(" #") for name in grid.columns) + " |",
        ]
        lines.append("|" + "|".join(" ---: " if name.endswith("#") else " --- " for name in grid.columns) + "|")
        lines += ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in grid.rows]
    return "\n".join(lines) + "\n"


def html(report: Report, alarms: Sequence[str]) -> str:
    """The report as one page that needs nothing else."""
    parts = ['<div class="tiles">']
    for name, (value, bad) in tiles(report, alarms).items():
        parts.append(f'<div class="tile{" bad" * bad}"><b>{escape(value)}</b><span>{escape(name)}</span></div>')
    parts.append("</div><h2>Parser health</h2>")
    parts += [f'<p class="alarm">{escape(alarm)}</p>' for alarm in alarms] or ["<p>All in range.</p>"]
    parts.append('<div class="plots">')
    for plot in plots(report):
        parts.append(f"<section><h2>{escape(plot.title)}</h2><p>{escape(plot.about)}</p>{bars(plot)}</section>")
    parts.append("</div>")
    for grid in grids(report):
        heads = "".join(_cell("th", name.removesuffix(" #"), name) for name in grid.columns)
        rows = "".join(
            "<tr>" + "".join(_cell("td", c, n) for c, n in zip(row, grid.columns, strict=True)) + "</tr>"
            for row in grid.rows
        )
        parts.append(f'<h2>{grid.title}</h2><div class="table"><table><tr>{heads}</tr>{rows}</table></div>')
    page = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
    return page.substitute(title=escape(_title(report)), body="\n".join(parts))


def _title(report: Report) -> str:
    return f"grapevine, {report.at:%Y-%m-%d %H:%M} UTC"


def _cell(tag: str, value: Any, column: str) -> str:
    kind = ' class="n"' if column.endswith("#") else ' class="w"' if column == "address" else ""
    shown = f"{value:,}" if isinstance(value, int) and column != "run #" else str(value)
    return f"<{tag}{kind}>{escape(shown)}</{tag}>"


def _plain(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
