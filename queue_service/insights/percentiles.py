"""Percentiles of single values whose days are weighted, and drawn again and again.

Pure. A year has some hundred thousand values and a few thousand draws, so draws are told on a grid: for
each day it is counted once how many of its values lie below each step, and each draw looks its percentile
up in the sums of these counts.
"""

import numpy as np
import numpy.typing as npt

from queue_service.figures import Column
from queue_service.insights.resampling import Weights

Floats = npt.NDArray[np.float64]

GRID = 2048  # steps; a draw is off by a four-thousandth of the values at most


def weighted_percentile(values: Column, weight: Floats, share: float) -> float:
    """Linear between the middles of the weights; with equal ones type 7 of Hyndman and Fan.

    >>> weighted_percentile(np.array([10, 20, 40]), np.ones(3), 0.75)
    30.0
    """
    order = np.argsort(values, kind="stable")
    value, weight = values[order], weight[order]
    middle = np.cumsum(weight) - weight / 2
    span = middle[-1] - middle[0]
    return float(np.interp(middle[0] + share * span, middle, value))


def drawn_percentiles(
    values: Column, place: Column, weight: Floats, times: Weights, share: float
) -> Floats:
    """The percentile of each draw; the first draw has every day once, and its percentile is exact.

    `place`: of each value its day; `weight`: of each day; `times`: draws × days.
    """
    grid, step = _grid(values)
    counted = np.bincount(step * weight.size + place, minlength=grid.size * weight.size)
    below = np.cumsum(counted.reshape(grid.size, weight.size) * weight, axis=0)
    found = grid[_first_enough(below, times, share)]
    exact = weighted_percentile(values, weight[place], share)
    return np.asarray(found + (exact - found[0]))


def _grid(values: Column) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Values that stand for all of them, and which one for each: itself where they are few."""
    grid = np.unique(values).astype(float)
    if grid.size > GRID:
        grid = np.unique(np.quantile(values, (np.arange(GRID) + 0.5) / GRID))
    edges = (grid[1:] + grid[:-1]) / 2
    return grid, np.searchsorted(edges, values, "right")


def _first_enough(below: Floats, times: Weights, share: float) -> npt.NDArray[np.intp]:
    """Of each draw the first step up to which that share of its values lies, by halving."""
    wanted = share * (times @ below[-1])
    low = np.zeros(times.shape[0], np.intp)
    high = np.full(times.shape[0], below.shape[0] - 1)
    for _ in range(below.shape[0].bit_length()):
        middle = (low + high) // 2
        enough = np.einsum("ij,ij->i", times, below[middle]) >= wanted
        high, low = np.where(enough, middle, high), np.where(enough, low, middle + 1)
        low = np.minimum(low, high)
    return high
