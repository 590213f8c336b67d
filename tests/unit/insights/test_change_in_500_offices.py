"""Intervals of a change contain the truth as often as they say, and nothing is found where nothing is."""

from datetime import date, timedelta

import numpy as np
import pytest

from queue_service.insights.change import Change, Drawn, Pair
from queue_service.insights.daily import OPEN, Daily
from queue_service.insights.windows import Window

OFFICES, DAYS = 500, 20  # of each side: forty days in all, the fewest of which anything is told
SEED = 20_250_804
AT = date(2025, 8, 4)
DATES = [AT + timedelta(weeks=week, days=day) for week in range(-4, 4) for day in range(5)]
BEFORE, AFTER = Window(DATES[0], DATES[DAYS - 1]), Window(AT, DATES[-1])
WEEKDAY = np.tile(np.arange(5), 8)
IS_AFTER = np.repeat([0, 1], DAYS)


def visitors(chance: np.random.Generator, usual: float, step: float) -> np.ndarray:
    """Of each day: weekdays differ for good, days by a tenth beyond chance alone."""
    level = usual * chance.uniform(0.9, 1.2, 5)[WEEKDAY] * (1 + step * IS_AFTER)
    return chance.poisson(level * chance.gamma(100, 0.01, WEEKDAY.size))


def told(metric: str, come: np.ndarray, waits: np.ndarray | None = None) -> Change:
    spans = {} if waits is None else {"wait": (np.repeat(np.arange(come.size), come), waits)}
    sums = {"arrivals": come.astype(float), OPEN: np.ones(come.size)}
    daily = Daily(dates=tuple(DATES), sums=sums, spans=spans)
    return Drawn(Pair.matched(daily, BEFORE, AFTER)).change(metric)


def arrivals(step: float) -> tuple[float, float]:
    """How often the interval contains the truth, and how often something is found."""
    chance, held, found = np.random.default_rng(SEED), 0, 0
    for _ in range(OFFICES):
        change = told("arrivals", visitors(chance, chance.uniform(80, 900), step))
        assert change.relative_ci95 is not None
        held += change.relative_ci95[0] <= step <= change.relative_ci95[1]
        found += change.verdict in ("fell", "rose")
    return held / OFFICES, found / OFFICES


def test_in_500_offices_it_contains_a_step_of_15_percent():
    held, found = arrivals(-0.15)
    assert 0.93 <= held <= 0.98
    assert found > 0.9


def test_in_500_offices_without_a_step_it_is_seldom_found():
    held, found = arrivals(0)
    assert held >= 0.93
    assert 0.01 <= found <= 0.07


@pytest.mark.parametrize("step", [0.0, -0.15])
def test_the_same_holds_of_the_longest_waits(step: float):
    """Waits depend on how busy the weekday and the day are, and their ninth tenth on few of them."""
    chance, held, found = np.random.default_rng(SEED), 0, 0
    for _ in range(OFFICES):
        come = visitors(chance, chance.uniform(40, 150), 0)
        busy = chance.uniform(0.8, 1.4, 5)[WEEKDAY] * chance.gamma(25, 0.04, WEEKDAY.size)
        of_day = 600_000 * busy * (1 + step * IS_AFTER)
        waits = chance.gamma(1.5, np.repeat(of_day, come)).astype("<i8")
        change = told("wait_p90_s", come, waits)
        assert change.relative_ci95 is not None
        held += change.relative_ci95[0] <= step <= change.relative_ci95[1]
        found += change.verdict in ("fell", "rose")
    assert 0.93 <= held / OFFICES <= 0.99
    assert step or found / OFFICES <= 0.07
