"""Figures, printed as JSON: `python -m benchmarks.<name> --json`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

FILES: dict[str, Any] = {"type": Path, "required": True}


def arguments(about: str | None, **options: dict[str, Any]) -> argparse.Namespace:
    """What a benchmark is asked: its options as argparse takes them, and ``--json``."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in options.items():
        parser.add_argument(f"--{name}", **kind)
    parser.add_argument("--json", action="store_true", help="one JSON object on a single line")
    return parser.parse_args()


def show(figures: Any, given: argparse.Namespace) -> None:
    """Prints the one JSON object."""
    print(json.dumps(figures, ensure_ascii=False, indent=None if given.json else 1, default=str))
