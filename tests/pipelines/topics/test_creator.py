"""Creators' topic shares and specialism."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipelines.topics.creator import Floats, effective, recency, shares, specialism
from pipelines.topics.taxonomy import niches

NAMES = [niche.id for niche in niches()]


def posts(*topics: str, sure: float = 0.6) -> Floats:
    """One row a post: the topic with ``sure``, the rest spread evenly."""
    rows = np.full((len(topics), len(NAMES)), (1 - sure) / (len(NAMES) - 1))
    for row, topic in enumerate(topics):
        rows[row, NAMES.index(topic)] = sure
    return rows


def test_unsure_posts_about_one_topic_still_make_a_specialist() -> None:
    told = posts(*["pets.cats"] * 12, sure=0.4)
    found = shares(told)
    assert NAMES[int(found.argmax())] == "pets.cats"
    assert specialism(found) > 0.8
    assert told.mean(0).max() < 0.5


def test_a_generalist_has_several_topics() -> None:
    found = shares(posts(*NAMES[:12], sure=0.9))
    assert (found > 0.04).sum() == 12
    assert specialism(found) < 0.6


def test_specialism_runs_from_zero_to_one() -> None:
    assert specialism(np.full(10, 0.1)) == pytest.approx(0)
    assert specialism(np.eye(10)[0]) == pytest.approx(1)


def test_what_was_written_of_late_counts_more_than_what_was_written_long_ago() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    told = posts(*["pets.cats"] * 6, *["food.coffee"] * 6)
    published = [
        *(now - timedelta(days=1000 + n) for n in range(6)),
        *(now - timedelta(days=n) for n in range(5)),
        None,
    ]
    weights = recency(published)
    assert weights.mean() == pytest.approx(1, abs=0.05)
    assert weights[-1] == 1
    of_late, ever = shares(told, weights), shares(told)
    assert NAMES[int(of_late.argmax())] == "food.coffee"
    assert of_late.max() > ever.max() + 0.2
    assert list(recency([None] * 3)) == [1, 1, 1]


def test_the_effective_number_of_topics_counts_what_is_equally_large() -> None:
    assert effective(np.array([0.5, 0.5, 0, 0])) == pytest.approx(2)
    assert effective(np.array([0.98, 0.01, 0.01])) < 1.2
