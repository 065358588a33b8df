"""The niches: their ids, domains, standard codes, labels in fifteen languages, and what is never said of a person."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr", "ar", "hi", "ja", "ko", "zh")

NEVER_OF_A_PERSON = {
    "health.wellness": "health condition",
    "life.spirit": "religion or belief",
    "news.politics": "political opinion",
}
"""Niches that describe a post and never a person (GDPR art. 9): creator level leaves them out. Sexual orientation,
ethnicity, gender and age have no niche at all."""


@dataclass(slots=True, frozen=True)
class Niche:
    """One niche: a lasting id (never reused), its domain, and its names."""

    id: str
    domain: str
    iab31: str
    """Id in IAB Content Taxonomy 3.1 (the nearest parent where it has no node of its own)."""
    iptc: str
    """IPTC Media Topic code, or empty."""
    emoji: str
    osm: tuple[str, ...]
    """OpenStreetMap tagging presets that name things of this niche."""
    description: str
    labels: dict[str, str]
    """Language code -> label."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of this folder's .tsv files, by column name."""
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def niches() -> tuple[Niche, ...]:
    """All niches, in the order that every matrix of this folder uses."""
    return tuple(
        Niche(
            id=row["niche"],
            domain=row["domain"],
            iab31=row["iab31"],
            iptc=row["iptc"],
            emoji=row["emoji"],
            osm=tuple(preset for preset in row["osm"].split(",") if preset),
            description=row["description"],
            labels={language: row[language] for language in LANGUAGES},
        )
        for row in rows("niches.tsv")
    )


@cache
def domain_of() -> dict[str, str]:
    """Niche id -> domain."""
    return {niche.id: niche.domain for niche in niches()}


def label(niche_id: str, language: str = "en") -> str | None:
    """The niche's name in a language (English where that is missing); None for an unknown id."""
    found = next((niche for niche in niches() if niche.id == niche_id), None)
    return found.labels.get(language, found.labels["en"]) if found else None
