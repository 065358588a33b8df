"""The scores for people: ``python -m index.scores.document`` writes docs/scores.md from the formulas themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from index.scores import audience, composite, content, growth, trust  # noqa: F401 - they register their formulas
from index.scores.model import API, Formula, ordered

DOCUMENT = Path(__file__).parents[2] / "docs" / "scores.md"


def markdown() -> str:
    """The whole document; what stands before its first score is written there."""
    head = DOCUMENT.read_text(encoding="utf-8").partition("## ")[0]
    return head + "\n".join(line for formula in ordered() for line in _about(formula))


def _about(formula: Formula) -> Iterator[str]:
    yield f"## {formula.name}\n"
    yield inspect.cleandoc(formula.function.__doc__ or "") + "\n"
    policies = ", ".join(sorted(formula.policies)) + (
        "" if formula.policies == API else " (youtube_api where accepted)"
    )
    yield f"- formula `{formula.id}`; unit: {formula.unit}; at least {formula.least} {formula.of}"
    yield f"- source: {formula.source}"
    yield f"- source policies: {policies}\n"


if __name__ == "__main__":
    DOCUMENT.write_text(markdown(), encoding="utf-8")
