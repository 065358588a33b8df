"""field_geek: the published composite, with weights in weights.toml and every part in its evidence."""

from __future__ import annotations

from math import sqrt
from typing import Any

from index.scores.audience import table
from index.scores.model import Case, Score, formula, rests_on
from index.scores.stats import Z


def on_scale(name: str, value: float) -> float:
    """A part on 0-100: growth is 50 where there is none and 100 at ``rising_full`` doublings a year."""
    if name != "rising":
        return value
    full = float(table("weights.toml")["rules"]["rising_full"])
    return 50 + 50 * max(-1.0, min(1.0, value / full))


def parts_of(scores: dict[str, Score]) -> dict[str, tuple[float, float, float, float]]:
    """Part -> (weight, value, low, high) of the scored parts, all on 0-100."""
    found = {}
    for name, weight in table("weights.toml")["weights"].items():
        score = scores.get(name)
        if score is None or score.value is None or (name == "rising" and score.label == "one-hit"):
            continue
        if name == "rising" and score.label == "steady":
            score = Score(0.0, score.low, score.high, score.n)  # not told from no growth
        value = score.value or 0.0
        limits = (value if x is None else x for x in (score.low, score.high))
        found[name] = (float(weight), *(on_scale(name, x) for x in (value, *limits)))
    return found  # type: ignore[return-value]


@formula(
    "field_geek", unit="0-100", least=3, of="scored parts",
    source="this project's composite; weights: weights.toml", data=("weights.toml",),
)  # fmt: skip
def field_geek(case: Case) -> Score | None:
    """Weighted mean of the scored parts; missing ones give their weight to the others and widen the interval.

    None without the parts that ``rules.needs`` names or below ``rules.least_weight``. At most the hobby score where
    that is under ``rules.professional_below``: who does it for a living is no field geek, however good.
    """
    rules: dict[str, Any] = table("weights.toml")["rules"]
    parts = parts_of(case.scores)
    whole = sum(weight for weight, *_ in parts.values())
    if any(name not in parts for name in rules["needs"]) or whole < rules["least_weight"]:
        return None
    value = sum(weight * mid for weight, mid, _, _ in parts.values()) / whole
    doubt = sum((weight / whole * (high - low) / (2 * Z)) ** 2 for weight, _, low, high in parts.values())
    error = Z * sqrt(doubt + ((1 - whole) * rules["doubt_of_missing"]) ** 2)
    hobby = case.scores.get("hobby")
    if hobby is not None and hobby.value is not None and hobby.value < rules["professional_below"]:
        value = min(value, hobby.value)
    limits = max(0.0, value - error), min(100.0, value + error)
    return Score(value, *limits, len(parts), None, rests_on(scores=sorted({*parts} | ({"hobby"} & case.scores.keys()))))
