"""Invented creators for tests of scores: rows as the database would give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

from index.scores import run  # noqa: F401 - registers the formulas
from index.scores.model import FORMULAS, Case, Score, Seen, Series

NOW = datetime(2026, 11, 16, tzinfo=UTC)
KEYS = count(1)


def account(platform: str = "fediverse", **more: Any) -> Any:
    facts = {"kind": "profile", "url": "https://town.example/@ida", "name": "Ida", "bio": "", "status": "active"}
    row = {"key": next(KEYS), "platform": platform, **facts, "details": {}, "last_seen": NOW, "extractor": "test/1"}
    return SimpleNamespace(**{**row, **more})


def post(of: Any, days: float, niche: str | None = "craft.knitting", **more: Any) -> Any:
    findings = {"topic": {"domain": "craft", "probability": 0.95, "runners_up": []}}
    row = {"key": next(KEYS), "account": of.key, "platform": of.platform, "url": f"https://town.example/{next(KEYS)}"}
    row |= {"title": "Wool", "start": "A sock.", "language": "en", "published_at": NOW - timedelta(days=days)}
    row |= {"niche": niche, "niche_probability": 0.95, "sponsorship": "none", "findings": findings, "comments": None}
    return SimpleNamespace(**{**row, "tags": [], "extractor": "test/1", **more})


def series(of: Any, metric: str, *values: tuple[float, int], post: Any = None, **more: Any) -> Series:
    """Sightings as (days ago, value); YouTube's are shown with three figures."""
    seen = []
    for days, value in sorted(values, reverse=True):
        step = 10 ** max(0, len(str(value)) - 3) if of.platform == "youtube" else 1
        when = NOW - timedelta(days=days)
        seen.append(Seen(when, when, value // step * step, value // step * step, value // step * step + step - 1))
    facts = {"definition": "1", "policy": "public", **more}
    return Series(next(KEYS), of.key, post.key if post else None, metric, seen=tuple(seen), **facts)


def case(*accounts: Any, posts: Any = (), numbers: Any = (), **more: Any) -> Case:
    newest_first = sorted(posts, key=lambda row: row.published_at, reverse=True)
    made = Case(1, NOW, list(accounts), newest_first, list(numbers))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def score(name: str, one: Case, **more: Any) -> Score:
    found = FORMULAS[name](one, **more)
    assert found is not None, name
    return found
