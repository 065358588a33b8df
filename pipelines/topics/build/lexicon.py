"""Builds lexicon.tsv from the taxonomy, our keywords, CLDR emoji annotations and OpenStreetMap presets.

npm pack cldr-annotations-full@48.2.0 @openstreetmap/id-tagging-schema@6.19.2
mkdir cldr osm && tar xzf cldr-*.tgz -C cldr && tar xzf openstreetmap-*.tgz -C osm
python -m pipelines.topics.build.lexicon --cldr cldr/package --osm osm/package
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipelines.topics.taxonomy import HERE, LANGUAGES, Niche, niches, rows
from pipelines.topics.words import WORD, key

KEYWORD, LABEL, EMOJI, EMOJI_NAME, EMOJI_WORD, PRESET = 3.0, 2.5, 2.5, 1.2, 0.6, 1.0
MOST_NICHES = 3
"""A term that names more niches than this says nothing."""
EVERYDAY = frozenset(rows_.strip() for rows_ in (HERE / "everyday.txt").read_text(encoding="utf-8").splitlines())

Entry = tuple[str, str, float]


def keyword_entries() -> Iterator[Entry]:
    for row in rows("keywords.tsv"):
        for word in row["keywords"].split(", "):
            yield word, row["niche"], KEYWORD


def label_entries(niche: Niche) -> Iterator[Entry]:
    for text in niche.labels.values():
        for part in re.split(r" & |, ", text):
            yield part, niche.id, LABEL


def emoji_entries(niche: Niche, annotations: dict[str, Any]) -> Iterator[Entry]:
    """The emoji itself, and per language its name and its search words."""
    for emoji in WORD.findall(niche.emoji):
        yield emoji, niche.id, EMOJI
        for of_language in annotations.values():
            found = of_language.get(emoji) or of_language.get(emoji + "\ufe0f") or {}
            yield from ((word, niche.id, EMOJI_NAME) for word in found.get("tts", ()))
            yield from ((word, niche.id, EMOJI_WORD) for word in found.get("default", ()))


def preset_entries(niche: Niche, presets: dict[str, Any]) -> Iterator[Entry]:
    for of_language in presets.values():
        for preset in niche.osm:
            found = of_language.get(preset, {})
            for word in [found.get("name", ""), *(found.get("terms") or "").split(",")]:
                yield word, niche.id, PRESET


def read(cldr: Path, osm: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(CLDR annotations, OSM preset names), each per language of the taxonomy."""
    annotations, presets = {}, {}
    for language in LANGUAGES:
        text = (cldr / "annotations" / language / "annotations.json").read_text(encoding="utf-8")
        annotations[language] = json.loads(text)["annotations"]["annotations"]
        name = "zh-CN" if language == "zh" else language
        text = (osm / "dist" / "translations" / f"{name}.json").read_text(encoding="utf-8")
        presets[language] = json.loads(text)[name]["presets"]["presets"]
    return annotations, presets


def weigh(entries: Iterable[Entry]) -> dict[str, dict[str, float]]:
    """Term -> niche -> weight: the best source counts, shared among the niches that claim the term."""
    best: dict[str, dict[str, float]] = defaultdict(dict)
    for word, niche, weight in entries:
        term = key(word.strip())
        if term is None or (weight < KEYWORD and (term in EVERYDAY or len(term) < 2)) or len(term) > 40:
            continue
        best[term][niche] = max(best[term].get(niche, 0.0), weight)
    shared = {}
    for term, of in best.items():
        top = max(of.values())
        kept = {niche: weight for niche, weight in of.items() if weight >= top / 2}
        if len(kept) <= MOST_NICHES:
            shared[term] = {niche: weight / len(kept) ** 1.2 for niche, weight in kept.items()}
    return shared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cldr", type=Path, required=True)
    parser.add_argument("--osm", type=Path, required=True)
    args = parser.parse_args()
    annotations, presets = read(args.cldr, args.osm)
    entries = list(keyword_entries())
    for niche in niches():
        entries += [*label_entries(niche), *emoji_entries(niche, annotations), *preset_entries(niche, presets)]
    lines = [
        f"{term}\t" + " ".join(f"{niche}={weight:.2f}" for niche, weight in sorted(of.items()))
        for term, of in sorted(weigh(entries).items())
    ]
    (HERE / "lexicon.tsv").write_text("term\tniches\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
