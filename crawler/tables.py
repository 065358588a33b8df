"""The data tables that stand beside the code, as TOML."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """``crawler/<name>.toml``, such as ``counts`` or ``platforms/blog/words``; empty where there is none."""
    path = Path(__file__).parent / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def rules(platform: str) -> dict[str, Any]:
    """A platform's own table: limits, budgets, outcomes, what is expected of its fields."""
    return table(f"platforms/{platform}/platform")


def limit(platform: str, name: str) -> int:
    """A limit of platform.toml."""
    return int(rules(platform)["limits"][name])
