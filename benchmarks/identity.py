"""How right and how fast identity is: B-cubed and pairwise figures on labelled accounts, time and memory at size.

`python -m benchmarks.identity --data DIR --json`: DIR holds accounts.jsonl (id, platform, handle, display_name),
links.csv (src, dst, rel) and truth.csv (account_id, true_creator, role). `--scale N`: N invented accounts in a database
of their own, resolved from nothing, again, and as crawls touch them; `--curve` does so at 10k, 100k and 1M.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import arguments, show
from pipelines.identity import candidates
from pipelines.identity.evidence import Claim, Evidence, gather
from pipelines.identity.names import Profile
from pipelines.identity.resolve import resolve
from pipelines.identity.shared import shared_accounts

Truth = Mapping[int, tuple[str, str]]
"""Account -> (true creator, role)."""


def score(clusters: Iterable[list[int]], truth: Truth) -> dict[str, float]:
    """B-cubed (Bagga & Baldwin 1998) and pairwise figures of a partition.

    touched_share: real people whose creator holds somebody else's account too, as a share of all real people.
    """
    of = {key: number for number, cluster in enumerate(clusters) for key in cluster}
    predicted = {key: of.get(key, -key - 1) for key in truth}
    sizes, people = Counter(predicted.values()), Counter(person for person, _ in truth.values())
    cells = Counter((predicted[key], truth[key][0]) for key in truth)
    right = sum(n * (n - 1) / 2 for n in cells.values())
    found, all_ = (sum(n * (n - 1) / 2 for n in counts.values()) for counts in (sizes, people))
    inside: dict[int, set[str]] = defaultdict(set)
    for number, person in cells:
        inside[number].add(person)
    real = {person for person, role in truth.values() if role == "real"}
    touched = {truth[k][0] for k in truth if truth[k][1] == "real" and len(inside[predicted[k]]) > 1}
    return {
        "b3_precision": round(sum(n * n / sizes[c] for (c, _), n in cells.items()) / len(truth), 5),
        "b3_recall": round(sum(n * n / people[p] for (_, p), n in cells.items()) / len(truth), 5),
        "pair_precision": round(right / found if found else 1.0, 5),
        "pair_recall": round(right / all_ if all_ else 1.0, 5),
        "touched_share": round(len(touched) / max(len(real), 1), 6),
    }


def load(folder: Path) -> tuple[dict[int, Profile], list[Claim], Truth]:
    """The labelled accounts; a link with rel "me" is a rel=me link, any other a plain one out of a profile."""
    with (folder / "accounts.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    number = {row["id"]: place for place, row in enumerate(rows)}
    profiles = {
        number[row["id"]]: Profile(number[row["id"]], row["platform"], row["handle"], row["display_name"])
        for row in rows
    }
    with (folder / "links.csv").open(encoding="utf-8", newline="") as lines:
        claims = [
            Claim(number[row["src"]], number[row["dst"]], "me" if row["rel"] == "me" else "profile")
            for row in csv.DictReader(lines)
        ]
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        truth = {number[row["account_id"]]: (row["true_creator"], row["role"]) for row in csv.DictReader(lines)}
    return profiles, claims, truth


def accuracy(folder: Path) -> dict[str, Any]:
    profiles, claims, truth = load(folder)
    shared = shared_accounts(profiles, ((claim.source, claim.target, claim.kind) for claim in claims))
    evidence = list(gather(profiles, claims, shared))
    platforms = {key: profile.platform for key, profile in profiles.items()}
    published = resolve(platforms, evidence)
    wrong = Counter(
        f"{edge.kind}:{'+'.join(sorted({truth[edge.a][1], truth[edge.b][1]}))}"
        for edge in published.forest
        if isinstance(edge, Evidence) and truth[edge.a][0] != truth[edge.b][0]
    )
    result: dict[str, Any] = {"published": score(published.clusters, truth)}
    try:
        alike = [Evidence("likeness", c.a, c.b) for c in candidates.propose(profiles, evidence, shared)]
    except candidates.MissingToolError as missing:
        result["candidates"] = {"b3_precision": None, "b3_recall": None, "missing": str(missing)}
    else:
        result["candidates"] = score(resolve(platforms, evidence, likeness=alike).clusters, truth)
    result["largest_cluster"] = max(map(len, published.clusters), default=1)
    result["wrong_by_kind"] = dict(wrong)
    result["accounts"] = len(profiles)
    return result


if __name__ == "__main__":
    given = arguments(
        __doc__,
        data={"type": Path, "help": "folder with accounts.jsonl, links.csv and truth.csv"},
        scale={"type": int, "help": "number of invented accounts"},
        curve={"action": "store_true", "help": "10k, 100k and 1M accounts, each in a process of its own"},
    )
    if given.data:
        show(accuracy(given.data), given)
    elif given.scale or given.curve:
        from benchmarks import identity_scale

        show(identity_scale.curve() if given.curve else identity_scale.measure(given.scale), given)
    else:
        raise SystemExit("give --data DIR, --scale N or --curve")
