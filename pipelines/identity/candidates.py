"""Pairs worth a human's look: likeness of names, handles and links, weighed by Splink; never shown as fact."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.identity.evidence import Evidence
from pipelines.identity.names import SITES, Profile, agreement, fan_pair, renamed, roman, words

MODEL = Path(__file__).with_name("likeness.json")
"""The trained parameters; ``train`` makes them anew."""
WIDEST_BLOCK = 50
"""A name or handle that more accounts share is no reason to compare them: pairs grow with its square."""
THRESHOLD = 0.05
MATCHES_AN_ACCOUNT = 0.75
"""How many other accounts of its owner an account meets here on average; with their number it gives the prior."""
_COMPARED = ("claim", "handle", "name")


class MissingToolError(RuntimeError):
    """Splink or its back end is not installed; the message says how to get it."""


class Candidate(NamedTuple):
    """Two accounts that look like one person's, with the weight of each comparison in bits."""

    a: int
    b: int
    probability: float
    waterfall: tuple[tuple[str, float], ...]


def propose(
    profiles: Mapping[int, Profile],
    evidence: Iterable[Evidence],
    shared: Mapping[int, str],
    backend: str = "duckdb",
    model: Path = MODEL,
    threshold: float = THRESHOLD,
) -> list[Candidate]:
    """The likely pairs, the likeliest first; without shared accounts, copies, fans and handles that changed their name.

    Raises MissingToolError where Splink or its back end (duckdb, spark) is not installed.
    """
    rows = list(evidence)
    copies = {row.a for row in rows if row.kind == "copy"}
    trained = json.loads(model.read_text(encoding="utf-8"))
    linker = _linker(_table(profiles, rows, shared.keys() | copies), backend, trained)
    found = linker.inference.predict(threshold_match_probability=threshold).as_dict()
    kept = (
        (a, b, place)
        for place, (a, b) in enumerate(zip(found["unique_id_l"], found["unique_id_r"], strict=True))
        if not _excluded(profiles[a], profiles[b])
    )
    chance = found["match_probability"]
    candidates = [Candidate(a, b, chance[place], _waterfall(found, place)) for a, b, place in kept]
    return sorted(candidates, key=lambda c: (-c.probability, c.a, c.b))


def _excluded(p: Profile, q: Profile) -> bool:
    """A second account on one platform needs proof, and a fan page or a renamed login is no likeness."""
    if (p.platform == q.platform and p.platform not in SITES) or fan_pair(p, q):
        return True
    if p.name and p.name == q.name:
        return False
    agrees = agreement(p, q)
    return renamed(p, q, agrees) and renamed(q, p, agrees)


def _waterfall(found: Mapping[str, list[Any]], place: int) -> tuple[tuple[str, float], ...]:
    """What each comparison adds to the weight, in bits; that of a rare value counts more."""
    return tuple(
        (
            name,
            round(
                sum(found[column][place] or 0.0 for column in (f"mw_{name}", f"mw_tf_adj_{name}") if column in found), 1
            ),
        )
        for name in _COMPARED
    )


def train(profiles: Mapping[int, Profile], evidence: Iterable[Evidence], shared: Mapping[int, str]) -> dict[str, Any]:
    """The parameters for ``MODEL``, m and u by level, estimated by expectation maximisation on these accounts."""
    from splink import block_on

    linker = _linker(_table(profiles, list(evidence), shared), "duckdb", None)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=7)
    for column in ("handle_block", "name_block"):
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(column), fix_probability_two_random_records_match=True
        )
    return {
        comparison["output_column_name"]: {
            side: [float(f"{level[f'{side}_probability']:.3g}") for level in levels if not level.get("is_null_level")]
            for side in ("m", "u")
        }
        for comparison in linker.misc.save_model_to_json()["comparisons"]
        for levels in [comparison["comparison_levels"]]
    }


def _linker(table: Any, backend: str, trained: Mapping[str, Any] | None) -> Any:
    try:
        splink = importlib.import_module("splink")
        module = importlib.import_module(f"splink.backends.{backend}")
        if backend == "spark":
            session = importlib.import_module("pyspark.sql").SparkSession.builder.getOrCreate()
            api, given = module.SparkAPI(spark_session=session), session.createDataFrame(table.to_pandas())
        else:
            api, given = module.DuckDBAPI(), table
    except ImportError as error:
        needed = "splink pyspark pandas" if backend == "spark" else "splink duckdb"
        raise MissingToolError(f"candidates need more than grapevine itself: pip install {needed} ({error})") from error
    return splink.Linker(api.register(given), _settings(table.num_rows, trained), log_level="ERROR")


def _settings(accounts: int, trained: Mapping[str, Any] | None) -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as library
    from splink import SettingsCreator, block_on

    comparisons = {
        "claim": library.CustomComparison(
            output_column_name="claim",
            comparison_levels=[
                levels.ArrayIntersectLevel("mutual").configure(label_for_charts="links both ways"),
                levels.ArrayIntersectLevel("oneway").configure(label_for_charts="one links to the other"),
                levels.ElseLevel(),
            ],
        ),
        "handle": library.JaroWinklerAtThresholds("handle", [0.92]).configure(term_frequency_adjustments=True),
        "name": library.JaroWinklerAtThresholds("name", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    }
    for name, known in (trained or {}).items():
        comparisons[name].configure(m_probabilities=known["m"], u_probabilities=known["u"])
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(comparisons.values()),
        blocking_rules_to_generate_predictions=[
            block_on("handle_block"),
            block_on("name_block"),
            block_on("mutual", arrays_to_explode=["mutual"]),
            block_on("oneway", arrays_to_explode=["oneway"]),
        ],
        probability_two_random_records_match=min(0.5, 2 * MATCHES_AN_ACCOUNT / max(accounts, 2)),
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    )


def _table(profiles: Mapping[int, Profile], evidence: list[Evidence], without: Iterable[int]) -> Any:
    """The columns that Splink compares, as an Arrow table."""
    pa = importlib.import_module("pyarrow")
    skipped = set(without)
    kept = [profile for key, profile in profiles.items() if key not in skipped]
    handles = [profile.stem or None for profile in kept]
    names = [_name(profile) for profile in kept]
    links: dict[str, dict[int, list[int]]] = {"mutual": {}, "oneway": {}}
    for number, row in enumerate(evidence):
        side = links["oneway" if row.kind in ("claim", "claim_me") else "mutual"]
        if row.kind not in ("copy", "renamed"):
            side.setdefault(row.a, []).append(number)
            side.setdefault(row.b, []).append(number)
    integers = pa.list_(pa.int64())
    return pa.table(
        {
            "unique_id": pa.array([profile.key for profile in kept], pa.int64()),
            "handle": pa.array(handles, pa.string()),
            "name": pa.array(names, pa.string()),
            "handle_block": pa.array(_blocks(handles), pa.string()),
            "name_block": pa.array(_blocks(names), pa.string()),
            "mutual": pa.array([links["mutual"].get(profile.key) for profile in kept], integers),
            "oneway": pa.array([links["oneway"].get(profile.key) for profile in kept], integers),
        }
    )


def _name(profile: Profile) -> str | None:
    """The name's words in Latin letters and in one order, so that surname-first is no difference."""
    text = profile.owner or profile.name
    return " ".join(sorted(roman(text))) or " ".join(sorted(words(text))) or None


def _blocks(values: list[str | None]) -> list[str | None]:
    counts = Counter(values)
    return [
        value if value is not None and len(value) >= 4 and counts[value] <= WIDEST_BLOCK else None for value in values
    ]
