"""Creators' shares, specialism and what is never said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipelines.topics.creator import Floats, focus, recency_weights, shares, specialism
from pipelines.topics.taxonomy import niches

NAMES = [niche.id for niche in niches()]


def posts(*topics: str, sure: float = 0.6) -> Floats:
    """One row a post: the topic with ``sure``, the rest spread evenly."""
    rows = np.full((len(topics), len(NAMES)), (1 - sure) / (len(NAMES) - 1))
    for row, topic in enumerate(topics):
        rows[row, NAMES.index(topic)] = sure
    return rows


def test_unsure_posts_about_one_topic_still_make_a_specialist() -> None:
    found = focus(posts(*["pets.cats"] * 12, sure=0.4))
    assert found is not None
    assert found.shares[0][0] == "pets.cats"
    assert found.specialism > 0.9
    assert posts(*["pets.cats"] * 12, sure=0.4).mean(0).max() < 0.5


def test_a_generalist_has_several_effective_topics() -> None:
    found = focus(posts(*NAMES[:12], sure=0.9))
    assert found is not None
    assert found.effective_topics > 8
    assert found.specialism < 0.6


def test_under_five_posts_nothing_is_said() -> None:
    assert focus(posts(*["pets.cats"] * 4)) is None


def test_the_interval_holds_the_value_and_narrows_with_posts() -> None:
    mixed = ["pets.cats", "pets.cats", "auto.cars", "food.baking", "pets.cats", "auto.cars"]
    few, many = focus(posts(*mixed)), focus(posts(*mixed * 8))
    assert few is not None
    assert many is not None
    assert few.low <= few.specialism <= few.high
    assert many.high - many.low < few.high - few.low


def test_the_same_posts_give_the_same_focus() -> None:
    rows = posts(*NAMES[:7])
    assert focus(rows) == focus(rows)


def test_health_belief_and_politics_are_never_listed_for_a_person() -> None:
    found = focus(posts(*["life.spirit", "news.politics", "health.wellness"] * 3, "pets.cats", sure=0.9))
    assert found is not None
    assert [name for name, _ in found.shares] == ["pets.cats"]
    assert [name for name, _ in found.domains] == ["pets"]


def test_recent_posts_count_more() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    weights = recency_weights([now, now - timedelta(days=180), None], now)
    assert weights == pytest.approx([1.0, 0.5, 0.5])
    share = shares(posts("pets.cats", "auto.cars", "auto.cars", sure=0.95), np.array([1.0, 0.01, 0.01]))
    assert NAMES[int(share.argmax())] == "pets.cats"


def test_specialism_runs_from_zero_to_one() -> None:
    assert specialism(np.full(10, 0.1)) == pytest.approx(0)
    assert specialism(np.eye(10)[0]) == pytest.approx(1)
