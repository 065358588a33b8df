"""The training texts: short titles, bios and captions that we wrote, per language, in texts/<language>.tsv."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.topics.taxonomy import HERE, rows


@dataclass(slots=True, frozen=True)
class Example:
    text: str
    niche: str
    language: str


def texts(*, articles: bool = True) -> list[Example]:
    """Every example, files by name, lines in order; a line holds a niche and its texts, split by `` | ``.

    Without ``articles`` the sentences of <language>_articles.tsv are left out.
    """
    found = []
    for path in sorted((HERE / "texts").glob("*.tsv")):
        if path.stem.endswith("_articles") and not articles:
            continue
        for row in rows(f"texts/{path.name}"):
            found += [
                Example(text.strip(), row["niche"], path.stem.split("_")[0]) for text in row["texts"].split(" | ")
            ]
    return found
