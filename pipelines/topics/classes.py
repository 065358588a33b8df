"""Other people's classes: how our niches map to YouTube's 11 merged categories and to SIB-200's 7 topics."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pipelines.topics.classifier import softmax
from pipelines.topics.taxonomy import HERE, niches, rows

Floats = npt.NDArray[np.float64]


@cache
def mapping(scheme: str) -> tuple[tuple[str, ...], Floats]:
    """(class names, niches x classes matrix of shares) for ``youtube11`` or ``sib7``; a niche may have no class."""
    shares: dict[tuple[int, str], float] = {}
    of = {row["niche"]: row[scheme] for row in rows("classes.tsv")}
    for place, niche in enumerate(niches()):
        for part in filter(None, of[niche.id].split("; ")):
            name, _, share = part.partition("=")
            shares[place, name] = float(share or 1)
    names = tuple(sorted({name for _, name in shares}))
    table = np.zeros((len(niches()), len(names)))
    for (place, name), value in shares.items():
        table[place, names.index(name)] = value
    return names, table


@dataclass(slots=True, frozen=True)
class ClassNumbers:
    """Calibration of one scheme where texts of one kind come from: a power, how common each class is, and which share
    of the labels there says nothing of the text."""

    power: float
    offsets: Floats
    noise: float = 0.0


@cache
def class_numbers(task: str, path: str) -> ClassNumbers | None:
    """The numbers fitted for a task (youtube11, natural11, sib) and a path; None where there are none."""
    table = tomllib.loads((HERE / "class_numbers.toml").read_text(encoding="utf-8"))
    found = table.get(task, {}).get(path)
    return found and ClassNumbers(found["power"], np.array(found["offsets"]), found["noise"])


def class_probabilities(probabilities: Floats, scheme: str, numbers: ClassNumbers | None = None) -> Floats:
    """Texts x classes from texts x niches.

    A class counts as its niches' sum over the root of its size: a class with many niches has less of a head start.
    """
    _, table = mapping(scheme)
    scores = np.log(probabilities @ table / np.sqrt(table.sum(0)) + 1e-9)
    if numbers is None:
        return softmax(scores)
    clean = softmax(numbers.power * scores + numbers.offsets)
    return np.asarray((1 - numbers.noise) * clean + numbers.noise / clean.shape[1])
