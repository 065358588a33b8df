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
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.language import Guess, measure
from pipelines.language import vote as vote_module
from pipelines.language.codes import label
from pipelines.language.detection import CONFIDENT_FROM, judge
from pipelines.language.detectors import Detectors, Evidence
from pipelines.language.text import normalise
from pipelines.language.vote import (
    FEATURES,
    KNOTS,
    OWN,
    VOTERS,
    Floats,
    Vote,
    Weights,
    agreed,
    confusion_row,
    lane,
    spread,
)
from pipelines.language.writing import settled, writing

RIDGE, SMOOTH, RIDGE_BIAS, RIDGE_OWN = 1.0, 1.0, 3.0, 10.0
"""Shrinkage of shared weights, of their change from knot to knot, of biases, of a language's own corrections."""
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


def fold_of(row: dict[str, Any]) -> int:
    """Which of five folds a row is in: by its creator, else by its text."""
    seed = str(row.get("creator") or row["text"]).encode("utf-8", "ignore")
    return hashlib.sha256(seed).digest()[0] % 5


def cases(rows: list[dict[str, Any]], detectors: Detectors) -> list[Case]:
    """The rows that are not settled by their script, with the evidence on them."""
    found = []
    for row in rows:
        text = normalise(row["text"])
        written = writing(text)
        if not text or settled(written) or not gold(row["lang"]):
            continue
        evidence = detectors.fast(written.text, written.letters, written.script)
        evidence = detectors.full(written.text, detectors.second(written.text, evidence))
        if row["lang"] == "hi-Latn" and not _romanised(detectors, evidence):
            continue  # labelled by who wrote it: plain English with hardly a Hindi word
        found.append(Case(gold(row["lang"]), evidence, fold_of(row)))
    return found


def _romanised(detectors: Detectors, evidence: Evidence) -> bool:
    words = evidence.words
    return words is not None and bool(words[detectors.word_labels.index("hi-Latn")] >= 10)


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
            here = {name: place for place, name in enumerate(np.array(vote.labels)[mask].tolist())}
            kept = [case for case in group if case.truth in here]
            tensor = np.stack([_table(vote, case, leave_out)[:, mask] for case in kept])
            truth = np.array([here[case.truth] for case in kept])
            knots = np.stack([spread(case.evidence.letters) for case in kept])
            self.groups.append((mask, tensor, truth, knots))


def _table(vote: Vote, case: Case, leave_out: bool) -> Floats:
    table = vote.features(case.evidence)
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
    params = [np.zeros((len(FEATURES), len(KNOTS))), held.copy(), np.zeros((4, len(vote.labels)))]
    slow = [(np.zeros_like(param), np.zeros_like(param)) for param in params]
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
            mean[...] = 0.9 * mean + 0.1 * grad
            square[...] = 0.99 * square + 0.01 * grad**2
            param[...] -= pace * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return params[0].astype(np.float32), params[1].astype(np.float32), params[2].astype(np.float32)


def train(detectors: Detectors, rows: list[Case], labels: list[str]) -> Vote:
    """A vote fitted on these cases alone."""
    shared, bias, own = (
        np.zeros(shape, np.float32) for shape in ((len(FEATURES), len(KNOTS)), len(labels), (4, len(labels)))
    )
    weights = Weights(labels, shared, bias, own, {}, {})
    vote = Vote(detectors, weights)
    weights.confusions = count_confusions(vote, rows)
    vote = Vote(detectors, weights)
    weights.shared, weights.bias, weights.own = fit(vote, Batch(vote, rows, leave_out=True))
    return vote


def fast_ways(vote: Vote, rows: list[Case]) -> dict[str, Any]:
    """The records of both ways to a fast answer; the second is asked where the first gave none."""
    first = record(rows, agreed)
    open_to = set(first["closed"]) | {f"-{case.evidence.script}" for case in rows}
    left = [case for case in rows if f"{agreed(case.evidence)}-{case.evidence.script}" in open_to]
    return {"agreed": first, "confirmed": record(left, vote.confirmed)}


def record(rows: list[Case], ask: Callable[[Evidence], str]) -> dict[str, Any]:
    """How often a fast answer is right, by length and the rule of succession.

    ``closed`` are languages, by script, whose answer is worth less than 98 %: kin that one of the detectors cannot
    name, or takes for them, hides behind them.
    """
    hits: dict[str, list[tuple[str, bool]]] = {}
    for case in rows:
        name = ask(case.evidence)
        if name:
            key = f"{name}-{case.evidence.script}"
            hits.setdefault(key, []).append((lane(case.evidence), name == case.truth))
    closed = sorted(
        name for name, found in hits.items() if (sum(hit for _, hit in found) + 3) / (len(found) + 3) < 0.98
    )
    left = [pair for name, found in hits.items() if name not in closed for pair in found]
    right = {}
    for number in sorted({number for number, _ in left}):
        found = [hit for other, hit in left if other == number]
        right[number] = round((sum(found) + 1) / (len(found) + 2), 5)
    return {"texts": len(left), "right": right, "closed": closed}


def check(detectors: Detectors, rows: list[dict[str, Any]], found: list[Case], labels: list[str]) -> dict[str, Any]:
    """Figures on texts not fitted on: five folds, a creator never on both sides."""
    guesses: dict[str, Guess] = {}
    for fold in range(5):
        kept = [case for case in found if case.fold != fold]
        vote = train(detectors, kept, labels)
        vote.weights.fast = fast_ways(vote, kept)
        for row in rows:
            if fold_of(row) == fold:
                written = writing(normalise(row["text"]))
                best = next(iter(judge(written, vote)[0].items())) if written.letters else ("und", 0.0)
                guesses[row["id"]] = best
    return measure(rows, [guesses[row["id"]] for row in rows], CONFIDENT_FROM)


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
    parser.add_argument("--check", action="store_true", help="write nothing; print figures of five folds instead")
    options = parser.parse_args()
    content = options.data.read_bytes()
    rows = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    detectors = Detectors()
    found = cases(rows, detectors)
    labels = labels_of(detectors, found)
    if options.check:
        print(json.dumps(check(detectors, rows, found, labels), indent=2))
        return
    vote = train(detectors, found, labels)
    vote.weights.fast = fast_ways(vote, found)
    about = {
        "what": "weights of pipelines/language/vote.py, written by benchmarks/language_fit.py",
        "fitted on": f"{len(found)} labelled texts of {len(rows)}, sha256 {hashlib.sha256(content).hexdigest()[:16]}",
        "sources": "lingua-py test data, SIB-200/FLORES-200, UDHR, TwitUser, UMSAB and LIGA tweets; aggregates only",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("eldc", "pycld2", "langdetect", "py3langid")),
    }
    options.out.write_text(as_json(vote, about), "utf-8")


if __name__ == "__main__":
    main()
