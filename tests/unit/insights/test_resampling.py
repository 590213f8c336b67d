"""The interval of a share contains the truth as often as it says."""

import numpy as np
import pytest

from queue_service.insights.resampling import interval_of, share_interval

OFFICES, WEEKS, DAYS = 500, 8, 5
SEED = 20_250_804


def simulated(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """An office: covered visitors and all of each day, its weekdays, and the truth.

    Days differ in their number of visitors (a tenth) and in when these come (the share varies by
    one and a half points from day to day, more than chance alone), weekdays for good.
    """
    weekday = np.tile(np.arange(DAYS), WEEKS)
    usual = chance.uniform(150, 900) * chance.uniform(0.9, 1.2, DAYS)
    share = chance.uniform(0.85, 0.95) + chance.normal(0, 0.01, DAYS)
    visitors = chance.poisson(usual[weekday] * chance.gamma(100, 0.01, weekday.size))
    of_day = np.clip(share[weekday] + chance.normal(0, 0.015, weekday.size), 0, 1)
    covered = chance.binomial(visitors, of_day)
    return covered, visitors, weekday, float((usual * share).sum() / usual.sum())


def test_in_500_offices_it_contains_the_truth_in_95_of_100():
    chance = np.random.default_rng(SEED)
    held = 0
    for _ in range(OFFICES):
        covered, visitors, weekday, truth = simulated(chance)
        interval = share_interval(covered, visitors, weekday)
        assert interval is not None
        held += interval[0] <= truth <= interval[1]
    assert 0.93 <= held / OFFICES <= 0.98


def test_the_same_days_have_the_same_interval():
    covered, visitors, weekday, _ = simulated(np.random.default_rng(1))
    assert share_interval(covered, visitors, weekday) == share_interval(covered, visitors, weekday)


def test_few_days_have_none():
    nine = np.full(9, 90), np.full(9, 100), np.arange(9) % 5
    assert share_interval(*nine) is None
    assert share_interval(np.zeros(12), np.zeros(12), np.arange(12) % 5) is None


def test_days_that_are_alike_leave_no_doubt():
    assert share_interval(np.full(10, 90), np.full(10, 100), np.arange(10) % 5) == pytest.approx(
        (0.9, 0.9)
    )


def test_days_that_are_alone_on_their_weekday_are_one_group():
    weekday = np.array([0] * 8 + [1, 2, 3])
    covered = np.array([90] * 8 + [80, 90, 70])
    interval = share_interval(covered, np.full(11, 100), weekday)
    assert interval is not None
    assert interval[0] < interval[1]


def test_with_few_days_an_interval_reaches_further_out():
    drawn = np.random.default_rng(1).normal(size=100_000)
    wide = [interval_of(drawn, freedom) for freedom in (5, 15, 10_000)]
    reach = [each[1] for each in wide if each]
    assert reach == pytest.approx([2.571, 2.131, 1.96], abs=0.05)  # of Student's t


def test_draws_without_a_value_are_few_or_there_is_no_interval():
    drawn = np.arange(1000.0)
    drawn[:40] = np.inf
    assert interval_of(drawn, 30) is not None
    drawn[:60] = np.nan
    assert interval_of(drawn, 30) is None
    assert interval_of(np.arange(1000.0), 0) is None
