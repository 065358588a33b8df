"""Fits pipelines/language/weights.json: ``python -m benchmarks.language_fit dev.jsonl``; deterministic.

Input: one JSON object a line with ``text``, ``lang`` (BCP-47) and optionally ``creator``. Only aggregate numbers are
written: weights, and counts of what each detector named for each true language.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.language import vote as vote_module
from pipelines.language.codes import label
from pipelines.language.detectors import Detectors, Evidence
from pipelines.language.text import normalise
from pipelines.language.vote import FEATURES, KNOTS, OWN, VOTERS, Floats, Vote, Weights, agreed, confusion_row, spread
from pipelines.language.writing import settled, writing

RIDGE, SMOOTH, RIDGE_BIAS, RIDGE_OWN = 1.0, 1.0, 3.0, 10.0
"""Strength of shrinkage: of shared weights, of their change from knot to knot, of biases, of a language's corrections."""
UNSEEN = -3.0
"""Where the bias of a language without a labelled text is held."""
STEPS = 400


@dataclass(slots=True)
class Case:
    """One labelled text that the vote decides."""

    truth: str
    evidence: Evidence
    fold: int


def gold(lang: str) -> str:
    """Our label of a gold tag; empty for mixed and undetermined texts."""
    return "" if "+" in lang else ("hi-Latn" if lang == "hi-Latn" else label(lang))


def cases(rows: list[dict[str, Any]], detectors: Detectors) -> list[Case]:
    """The rows that are not settled by their script, with the evidence on them."""
    found = []
    for row in rows:
        text = normalise(row["text"])
        written = writing(text)
        if not text or settled(written) or not gold(row["lang"]):
            continue
        seed = str(row.get("creator") or row["text"]).encode("utf-8", "ignore")
        evidence = detectors.full(written.text, detectors.fast(written.text, written.letters, written.script))
        if row["lang"] == "hi-Latn" and (evidence.words or {}).get("hi-Latn", 0.0) < 10:
            continue  # labelled by who wrote it: plain English with hardly a Hindi word
        found.append(Case(gold(row["lang"]), evidence, hashlib.sha256(seed).digest()[0] % 5))
    return found


def labels_of(detectors: Detectors, rows: list[Case]) -> list[str]:
    """Languages that may be answered: seen in the data, or named by two detectors at least."""
    able = (detectors.langdetect_labels, detectors.py3langid_labels, detectors.eldc_labels, detectors.cld2_labels)
    named = Counter(name for labels in able for name in labels)
    return sorted({case.truth for case in rows} | {name for name, times in named.items() if times > 1})


def count_confusions(vote: Vote, rows: list[Case]) -> dict[str, dict[str, dict[str, float]]]:
    """For each voter: what it named -> what it was -> how often."""
    counts: dict[str, dict[str, dict[str, float]]] = {voter: {} for voter in VOTERS}
    for case in rows:
        for voter, name in zip(VOTERS, vote.named(case.evidence), strict=True):
            found = counts[voter].setdefault(name, {})
            found[case.truth] = found.get(case.truth, 0.0) + 1
    return counts


class Batch:
    """Feature tensors of many texts, grouped by script, each text's own count left out of its confusions."""

    def __init__(self, vote: Vote, rows: list[Case], leave_out: bool) -> None:
        self.groups = []
        groups = defaultdict(list)
        for case in rows:
            groups[case.evidence.script].append(case)
        for script, group in sorted(groups.items()):
            mask = vote.mask(script)
            group = [case for case in group if case.truth in vote.labels and mask[vote.labels.index(case.truth)]]
            tensor = np.stack([_table(vote, case, mask, leave_out)[:, mask] for case in group])
            here = {name: place for place, name in enumerate(np.array(vote.labels)[mask].tolist())}
            truth = np.array([here[case.truth] for case in group])
            knots = np.stack([spread(case.evidence.letters) for case in group])
            self.groups.append((mask, tensor, truth, knots))


def _table(vote: Vote, case: Case, mask: npt.NDArray[np.bool_], leave_out: bool) -> Floats:
    table = vote.features(case.evidence, mask)
    if leave_out:
        truth = vote.labels.index(case.truth)
        names = vote.named(case.evidence)
        for row, name in enumerate(names):
            counts, totals, named, everything = vote_counts(vote, VOTERS[row], name)
            counts[truth] -= 1
            totals[truth] -= 1
            own = vote.labels.index(name) if name in vote.labels else None
            can = vote._able[row]
            table[FEATURES.index("langdetect confusion") + row] = confusion_row(
                counts, totals, can, own, named - 1, everything - 1
            )
    return table


def vote_counts(vote: Vote, voter: str, name: str) -> tuple[Floats, Floats, float, float]:
    """Counts behind one row of a voter's confusions, as fresh arrays."""
    table = vote.weights.confusions[voter]
    counts, totals = np.zeros((2, len(vote.labels)), dtype=np.float32)
    for true, count in table.get(name, {}).items():
        counts[vote.labels.index(true)] = count
    for found in table.values():
        for true, count in found.items():
            totals[vote.labels.index(true)] += count
    return counts, totals, float(counts.sum()), float(totals.sum())


def fit(vote: Vote, batch: Batch) -> tuple[Floats, Floats, Floats]:
    """Shared weights, biases and corrections that make the truth likeliest: Adam on the shrunk log-likelihood."""
    seen = set().union(*({vote.labels[np.flatnonzero(mask)[t]] for t in truth} for mask, _, truth, _ in batch.groups))
    held = np.array([0.0 if name in seen else UNSEEN for name in vote.labels])
    params = [np.zeros((len(FEATURES), len(KNOTS))), held.copy(), np.zeros((len(OWN), len(vote.labels)))]
    slow = [(np.zeros_like(p), np.zeros_like(p)) for p in params]
    for step in range(1, STEPS + 1):
        shared, bias, own = params
        slopes = np.zeros_like(shared)
        rises = np.diff(shared, axis=1)
        slopes[:, 1:] += rises
        slopes[:, :-1] -= rises
        grads = [RIDGE * shared + SMOOTH * slopes, RIDGE_BIAS * (bias - held), RIDGE_OWN * own]
        for mask, tensor, truth, knots in batch.groups:
            odds = np.einsum("nf,nfl->nl", (knots @ shared.T).astype(np.float32), tensor, optimize=True)
            odds += bias[mask] + np.einsum("ql,nql->nl", own[:, mask], tensor[:, OWN, :])
            chances = np.exp(odds - odds.max(1, keepdims=True))
            chances /= chances.sum(1, keepdims=True)
            chances[np.arange(len(truth)), truth] -= 1
            miss = chances.astype(np.float32)
            grads[0] += np.einsum("nl,nfl->nf", miss, tensor, optimize=True).T @ knots
            grads[1][mask] += miss.sum(0)
            grads[2][:, mask] += np.einsum("nl,nql->ql", miss, tensor[:, OWN, :])
        pace = 0.05 * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        for param, grad, (mean, square) in zip(params, grads, slow, strict=True):
            mean += 0.1 * (grad - mean)
            square += 0.01 * (grad**2 - square)
            param -= pace * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return params[0].astype(np.float32), params[1].astype(np.float32), params[2].astype(np.float32)


def train(detectors: Detectors, rows: list[Case], labels: list[str]) -> Vote:
    """A vote fitted on these cases alone."""
    empty = (np.zeros((len(FEATURES), len(KNOTS))), np.zeros(len(labels)), np.zeros((len(OWN), len(labels))))
    weights = Weights(labels, *(array.astype(np.float32) for array in empty), confusions={}, fast={})
    vote = Vote(detectors, weights)
    weights.confusions = count_confusions(vote, rows)
    vote = Vote(detectors, weights)
    weights.shared, weights.bias, weights.own = fit(vote, Batch(vote, rows, leave_out=True))
    return vote


def fast_lane(rows: list[Case]) -> dict[str, Any]:
    """How often eldc and cld2 are right where both are sure and agree, by the rule of succession.

    ``closed`` are languages whose agreement is worth less than 97 %: kin that eldc cannot name hides behind them."""
    hits: dict[str, list[bool]] = {}
    for case in rows:
        name = agreed(case.evidence)
        if name:
            hits.setdefault(name, []).append(name == case.truth)
    closed = sorted(name for name, found in hits.items() if (sum(found) + 3) / (len(found) + 3) < 0.97)
    left = [hit for name, found in hits.items() if name not in closed for hit in found]
    return {"texts": len(left), "right": round((sum(left) + 1) / (len(left) + 2), 5), "closed": closed}


def as_json(vote: Vote, about: dict[str, str]) -> str:
    """The weights as a data file with its provenance."""
    weights = vote.weights
    rounded = {
        name: np.round(array.astype(float), 3).tolist()
        for name, array in (("shared", weights.shared), ("bias", weights.bias), ("own", weights.own))
    }
    body = {"about": about, "labels": weights.labels, "fast": weights.fast, **rounded}
    return json.dumps(body | {"confusions": weights.confusions}, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Read the labelled texts, fit, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(vote_module.__file__).with_name("weights.json"))
    options = parser.parse_args()
    content = options.data.read_bytes()
    rows = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    detectors = Detectors()
    found = cases(rows, detectors)
    vote = train(detectors, found, labels_of(detectors, found))
    vote.weights.fast = fast_lane(found)
    about = {
        "what": "weights of pipelines/language/vote.py, written by benchmarks/language_fit.py",
        "fitted on": f"{len(found)} labelled texts of {len(rows)}, sha256 {hashlib.sha256(content).hexdigest()[:16]}",
        "sources": "lingua-py test data, SIB-200/FLORES-200, UDHR, TwitUser, UMSAB and LIGA tweets; aggregates only",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("eldc", "pycld2", "langdetect", "py3langid")),
    }
    options.out.write_text(as_json(vote, about), "utf-8")


if __name__ == "__main__":
    main()
