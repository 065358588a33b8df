"""The intervals and trends against known values."""

from __future__ import annotations

import math

import pytest

from index.scores.stats import count_interval, pairs_mean, rate_trend, share, theil_sen


def test_shares_have_wilson_s_limits() -> None:
    value, low, high = share(8, 10)
    assert (value, round(low, 1), round(high, 1)) == (80.0, 49.0, 94.3)
    assert share(0, 5)[1] == 0
    assert share(0, 5)[2] > 40


def test_counts_have_garwood_s_limits() -> None:
    low, high = count_interval(10)
    assert low == pytest.approx(4.80, abs=0.02)
    assert high == pytest.approx(18.39, abs=0.02)


def test_a_slope_is_found_through_counts_of_three_figures() -> None:
    counts = [(year / 4, 12_345 * 2 ** (year / 4)) for year in range(9)]
    told = [(t, v // 100 * 100, v // 100 * 100, v // 100 * 100 + 99) for t, v in counts]
    found = theil_sen(told, 0.02)
    assert found is not None
    slope, low, high = (x / math.log(2) for x in found)
    assert low <= 1.0 <= high
    assert slope == pytest.approx(1.0, abs=0.02)


def test_a_count_that_only_moves_within_its_rounding_has_no_certain_slope() -> None:
    found = theil_sen([(0, 12_300, 12_300, 12_399), (1, 12_300, 12_300, 12_399), (2, 12_300, 12_300, 12_399)], 0.02)
    assert found is not None
    assert found[1] < 0 < found[2]


def test_one_jump_does_not_carry_the_slope_of_many_flat_sightings() -> None:
    flat = [(float(t), 1000.0, 1000.0, 1000.0) for t in range(8)]
    found = theil_sen([*flat, (8.0, 5000.0, 5000.0, 5000.0)], 0.02)
    assert found is not None
    assert found[0] == 0


def test_more_posts_each_year_are_a_rising_rate_and_even_ones_are_none() -> None:
    assert rate_trend([0, 0.9, 1.4, 1.7, 1.9, 2.05, 2.2, 2.3, 2.4, 2.5], 2.5)[1] > 0
    even = rate_trend([0, 0.5, 1.0, 1.5, 2.0], 2.4)
    assert even[1] < 0 < even[2]


def test_likeness_of_all_pairs_keeps_an_open_interval_even_where_all_are_alike() -> None:
    value, low, high = pairs_mean([[1.0] * 6] * 6)
    assert value == high == 1.0
    assert low < 0.9
