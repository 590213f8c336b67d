"""Percentiles of weighted days: exact for what is, and near enough for what is drawn."""

import numpy as np
import pytest

from queue_service.insights.percentiles import GRID, drawn_percentiles, weighted_percentile


def test_a_percentile_follows_the_weights():
    assert weighted_percentile(np.array([40, 10, 20]), np.ones(3), 0.75) == 30
    twice = weighted_percentile(np.array([10, 20, 40]), np.array([1.0, 1.0, 2.0]), 0.5)
    assert twice == pytest.approx(20 + 20 * 0.25 / 1.5)  # its middles lie at 0.5, 1.5 and 3


def test_with_equal_weights_it_is_the_usual_one():
    values = np.random.default_rng(1).integers(0, 100, 999)
    for share in (0.1, 0.5, 0.9):
        exact = np.quantile(values, share)
        assert weighted_percentile(values, np.full(999, 2.5), share) == pytest.approx(exact)


@pytest.mark.parametrize("most", [50, 10**7])  # few values, each a step of its own; and many
def test_draws_are_told_as_if_each_value_stood_there_as_often(most: int):
    chance = np.random.default_rng(2)
    days = 40
    place = np.repeat(np.arange(days), np.arange(days) * 10 + 5)  # some days are busier
    values = chance.integers(0, most, place.size)
    times = np.concatenate(
        [np.ones((1, days)), chance.multinomial(days, np.full(days, 1 / days), 50)]
    )
    for share in (0.5, 0.9):
        drawn = drawn_percentiles(values, place, np.ones(days), times, share)
        assert drawn[0] == np.quantile(values, share)
        for found, times_of_day in zip(drawn, times, strict=True):
            again = np.repeat(values, times_of_day[place].astype(int))
            ranks = np.array([share - 3 / GRID, share + 3 / GRID])
            low, high = np.quantile(again, ranks, method="inverted_cdf")
            assert low - 1e-6 <= found <= high + 1e-6
