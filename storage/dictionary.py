"""The data dictionary for people: ``python -m storage.dictionary`` writes docs/database.md from v1.toml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storage.views import dictionary

DOCUMENT = Path(__file__).parent.parent / "docs" / "database.md"


def markdown() -> str:
    """The whole document; what stands before its first view is written there."""
    head = DOCUMENT.read_text(encoding="utf-8").partition("## v1_")[0]
    return head + "\n".join(line for name, view in dictionary().items() for line in _view(name, view))


def _view(name: str, view: dict[str, Any]) -> Iterator[str]:
    yield f"## v1_{name}\n\n{view['about']} Key: {', '.join(f'`{column}`' for column in view['key'])}.\n"
    yield "| column | type | meaning | empty means | example |\n|---|---|---|---|---|"
    for column, told in view["columns"].items():
        about = [told["about"]]
        if "accepted" in told:
            about.append(f"One of {', '.join(told['accepted'])}.")
        if "refers" in told:
            about.append(f"Refers to v1_{told['refers']}.")
        if told.get("moving"):
            about.append("*Moves.*")
        kind = f"{told['type']}, {told['unit']}" if "unit" in told else told["type"]
        example = told["example"] if isinstance(told["example"], str) else json.dumps(told["example"])
        empty = told.get("null", "never empty")
        yield (
            "| "
            + " | ".join(
                part.replace("|", "\\|") for part in (f"`{column}`", kind, " ".join(about), empty, f"`{example}`")
            )
            + " |"
        )
    yield ""


if __name__ == "__main__":
    DOCUMENT.write_text(markdown(), encoding="utf-8")
