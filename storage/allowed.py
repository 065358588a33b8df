"""Which keys of ``details`` may be stored: those of allowed.toml, each with its purpose; no other reaches a table."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

Listed = dict[str, dict[str, dict[str, str]]]


@cache
def listed() -> Listed:
    """Platform (or ``any``) -> account or post -> key -> purpose."""
    return tomllib.loads(Path(__file__).with_name("allowed.toml").read_text("utf-8"))


@cache
def allowed(platform: str, table: str) -> frozenset[str]:
    """The keys that ``table`` (account or post) may hold in ``details`` for a platform."""
    return frozenset(key for name in ("any", platform) for key in listed().get(name, {}).get(table, {}))
