"""How well topics are named: `python -m benchmarks.topics --task TASK --data PATH --path cheap|strong --json`.

Tasks: youtube11 (at most --per-class texts a class), natural11, sib, niches (OPML folder or rows {text, label}),
specialism (simulated creators over labelled videos). ``--fit`` prints the calibration numbers of a task instead.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import resource
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.etree
import numpy as np
import numpy.typing as npt

from pipelines.topics.classes import class_numbers, class_probabilities, mapping
from pipelines.topics.classifier import classifier, softmax
from pipelines.topics.creator import shares, specialism
from pipelines.topics.taxonomy import niches

Floats = npt.NDArray[np.float64]
MERGED = {
    "People & Blogs": "Entertainment",
    "Comedy": "Entertainment",
    "Film & Animation": "Entertainment",
    "Nonprofits & Activism": "News & Politics",
}
SIMULATIONS, CREATORS = 8, 400
"""One simulation's Spearman is good to .015 only."""


@dataclass(slots=True)
class Case:
    text: str
    label: str
    group: str


def videos(path: Path, *, full: bool, per_class: int | None = None) -> list[Case]:
    """Labelled videos: title and tags (150 characters), with ``full`` the description too (380)."""
    cases: dict[str, list[tuple[str, Case]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        label = MERGED.get(row["label"], row["label"])
        tags, description = (row.get("tags") or "").replace(" | ", ", "), row.get("desc") or ""
        short, long = f"{row['title']}. {tags}"[:150], f"{row['title']}. {tags[:120]}. {description[:200]}"[:380]
        order = hashlib.sha256(row["id"].encode()).hexdigest()
        cases[label].append((order, Case(long if full else short, label, row["country"])))
    return [case for found in cases.values() for _, case in sorted(found, key=lambda pair: pair[0])[:per_class]]


def sib(path: Path) -> list[Case]:
    """SIB-200 sentences: <language>.dev.tsv (test.tsv, or any .tsv where there is neither) of a folder."""
    files = sorted(path.glob("*.dev.tsv")) or sorted(path.glob("*test.tsv")) or sorted(path.glob("*.tsv"))
    found = []
    for file in files:
        rows = csv.DictReader(file.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)
        found += [Case(row["text"], row["category"], file.name.split(".")[0]) for row in rows]
    return found


def feeds(path: Path) -> list[Case]:
    """Feeds of a folder of OPML files (title and description; the file names the category), or JSON rows."""
    if path.is_file() and path.suffix != ".opml":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Case(row["text"], row["label"], row.get("language") or row["label"]) for row in rows]
    found = []
    for file in [path] if path.is_file() else sorted(path.rglob("*.opml")):
        tree = lxml.etree.parse(str(file), lxml.etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
        for outline in tree.iter("outline"):
            if outline.get("xmlUrl"):
                words = [outline.get("title") or "", outline.get("description") or ""]
                found.append(Case(". ".join(filter(None, words)), file.stem, file.stem))
    return found


def allowed() -> dict[str, list[str]]:
    """Category -> prefixes of the niches that count as right; a niche or domain id stands for itself."""
    table = csv.DictReader(Path(__file__).with_name("opml_categories.tsv").open(encoding="utf-8"), delimiter="\t")
    found = {row["category"].casefold(): row["niches"].split(" ") for row in table}
    for niche in niches():
        found[niche.id] = [niche.id]
        found.setdefault(niche.domain, []).append(niche.id)
    return found


def metrics(names: list[str], probabilities: Floats, right: npt.NDArray[np.bool_], cases: list[Case]) -> dict[str, Any]:
    """The shared figures; ``right`` says of each case and name whether it counts as right."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    hit = right[np.arange(len(cases)), order[:, 0]]
    confidence = probabilities.max(axis=1)
    sure = np.argsort(-confidence, kind="stable")[: max(1, len(cases) // 2)]
    groups: dict[str, list[bool]] = defaultdict(list)
    for case, good in zip(cases, hit, strict=True):
        groups[case.group].append(bool(good))
    return {
        "cases": len(cases),
        "top1": _round(hit.mean()),
        "top3": _round(np.take_along_axis(right, order[:, :3], axis=1).any(axis=1).mean()),
        "macro_f1": macro_f1(names, [case.label for case in cases], [names[place] for place in order[:, 0]]),
        "accuracy_at_50_coverage": _round(hit[sure].mean()),
        "ece": expected_calibration_error(confidence, hit),
        "per_language": {group: _round(float(np.mean(hits))) for group, hits in sorted(groups.items())},
    }


def macro_f1(names: list[str], gold: list[str], said: list[str]) -> float | None:
    """Mean F1 over the classes that occur in the gold labels; None where the labels are no class names."""
    found = []
    for name in sorted(set(gold) & set(names)):
        both = sum(a == b == name for a, b in zip(gold, said, strict=True))
        found.append(2 * both / (gold.count(name) + said.count(name)))
    return _round(float(np.mean(found))) if found else None


def expected_calibration_error(confidence: Floats, hit: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by size (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [(place == b).mean() * abs(confidence[place == b].mean() - hit[place == b].mean()) for b in set(place)]
    return _round(float(np.sum(gaps)))


def ranks(values: Floats) -> Floats:
    """Ranks from 0, ties share their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(((ends - counts + ends - 1) / 2)[inverse])


def spearman(left: Floats, right: Floats) -> float:
    return _round(float(np.corrcoef(ranks(left), ranks(right))[0, 1]))


def simulate(probabilities: Floats, labels: list[str], names: list[str], posts: int) -> float:
    """Spearman between true and estimated specialism of creators drawn from labelled posts; mean of SIMULATIONS."""
    of = [np.array([place for place, label in enumerate(labels) if label == name]) for name in names]
    usable = [place for place, found in enumerate(of) if len(found)]
    found = []
    for seed in range(SIMULATIONS):
        random, true, guessed = np.random.default_rng(seed), list[float](), list[float]()
        for _ in range(CREATORS):
            mixture = random.dirichlet(np.full(len(usable), 10 ** random.uniform(-1.5, 0.8)))
            drawn = random.choice(usable, size=posts, p=mixture)
            picked = [int(random.choice(of[topic])) for topic in drawn]
            true.append(specialism(np.bincount(drawn, minlength=len(names)) / posts))
            guessed.append(specialism(shares(probabilities[picked])))
        found.append(spearman(np.array(true), np.array(guessed)))
    return _round(sum(found) / SIMULATIONS)


def of_classes(cases: list[Case], task: str, path: str) -> tuple[list[str], Floats]:
    scheme = "sib7" if task == "sib" else "youtube11"
    probabilities, _ = classifier(path).probabilities([case.text for case in cases], everywhere=True)
    names = list(mapping(scheme)[0])
    return names, class_probabilities(probabilities, scheme, class_numbers(task, path))


def load(task: str, data: Path, per_class: int) -> list[Case]:
    if task == "niches":
        cases, known = feeds(data), allowed()
        unknown = sorted({case.label for case in cases if case.label.casefold() not in known})
        if unknown:
            print(f"left out, no category of ours: {', '.join(unknown)}", file=sys.stderr)
        return [case for case in cases if case.label not in unknown]
    if task == "sib":
        return sib(data)
    return videos(data, full=task == "natural11", per_class=None if task == "natural11" else per_class)


def measure(task: str, data: Path, path: str, per_class: int) -> dict[str, Any]:
    cases = load(task, data, per_class)
    classifier(path).probabilities(["warm up"], everywhere=True)
    start = time.process_time()
    if task == "niches":
        probabilities, _ = classifier(path).probabilities([case.text for case in cases], everywhere=True)
        names, table = [niche.id for niche in niches()], allowed()
        right = np.array(
            [[any(n.startswith(p) for p in table[case.label.casefold()]) for n in names] for case in cases]
        )
    else:
        names, probabilities = of_classes(cases, "youtube11" if task == "specialism" else task, path)
        right = np.array([[name == case.label for name in names] for case in cases])
    spent = time.process_time() - start
    if task == "specialism":
        labels = [case.label for case in cases]
        figures = {f"spearman_{n}": simulate(probabilities, labels, names, n) for n in (5, 10, 20, 40)}
    else:
        figures = metrics(names, probabilities, right, cases)
    figures["texts_per_cpu_second"] = round(len(cases) / max(spent, 1e-9), 1)
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return {"task": task, "path": path, **figures}


def fit(task: str, data: Path, path: str, per_class: int) -> str:
    """The power and class offsets that fit the labels best, as lines for calibration.toml."""
    from scipy.optimize import minimize
    from scipy.special import expit

    cases = load(task, data, per_class)
    scheme = "sib7" if task == "sib" else "youtube11"
    names = mapping(scheme)[0]
    probabilities, _ = classifier(path).probabilities([case.text for case in cases], everywhere=True)
    logs = np.log(class_probabilities(probabilities, scheme))
    gold = np.array([names.index(case.label) for case in cases])
    weight = np.bincount(gold, minlength=len(names))[gold] ** -0.5  # between accuracy and an even say of the classes
    weight /= weight.mean()

    def loss(numbers: Floats) -> float:
        scores = numbers[0] * logs + numbers[1:]
        top = scores.max(axis=1, keepdims=True)
        found = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        return float(-(weight * found[np.arange(len(gold)), gold]).mean() + 0.002 * (numbers[1:] ** 2).sum())

    best = minimize(loss, np.r_[1.0, np.zeros(len(names))]).x
    fitted = best[0] * logs + best[1:]

    hit = fitted.argmax(axis=1) == gold

    def doubt(numbers: Floats) -> float:
        """Log loss of the answer's probability, sharpened and with a share of noise: no answer changes."""
        told = (1 - expit(numbers[1])) * softmax(numbers[0] * fitted).max(axis=1) + expit(numbers[1]) / len(names)
        return float(-np.log(np.where(hit, told, 1 - told)).mean())

    sharp, noise = minimize(doubt, [1.1, -2.5], method="Nelder-Mead").x
    offsets = ", ".join(f"{sharp * value:.2f}" for value in best[1:])
    return f"[{task}.{path}]\npower = {sharp * best[0]:.2f}\nnoise = {expit(noise):.3f}\noffsets = [{offsets}]\n"


def _round(value: float) -> float:
    return round(float(value), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, choices=["youtube11", "natural11", "sib", "niches", "specialism"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--path", choices=["cheap", "strong"], default="cheap")
    parser.add_argument("--per-class", type=int, default=100)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--json", action="store_true", help="kept for sameness: JSON is what is printed")
    args = parser.parse_args()
    if args.fit:
        print(fit(args.task, args.data, args.path, args.per_class))
    else:
        print(json.dumps(measure(args.task, args.data, args.path, args.per_class), ensure_ascii=False))


if __name__ == "__main__":
    main()
