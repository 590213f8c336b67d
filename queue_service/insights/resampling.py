"""How far a share of visitors could be off by chance: days are drawn again and again.

Pure. Visitors of one day are not independent of each other (rain, a holiday, a deadline move many of
them), so days are resampled and not visitors, within weekdays because these differ for good.
"""

import numpy as np
import numpy.typing as npt

from queue_service.figures import Column

Weights = npt.NDArray[np.float64]  # draws × days

DRAWS = 4000
FEWEST_DAYS = 10
SEED = 20_250_804  # the same data, the same interval
LEVEL = 0.95


def weights(strata: Column) -> Weights:
    """How often each day counts in each draw.

    n - 1 of the n days of a stratum are drawn with replacement and stand for n (J. N. K. Rao,
    C. F. J. Wu, "Resampling inference with complex survey data", Journal of the American Statistical
    Association 83, 1988): with few days in a stratum plain resampling is too sure of itself. Days that
    are alone in their stratum are one stratum together.
    """
    chance = np.random.default_rng(SEED)
    kinds, place, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    alone = sizes[place] == 1
    place = np.where(alone, kinds.size, place)
    drawn = np.ones((DRAWS, strata.size))
    for kind in np.unique(place):
        (days,) = np.nonzero(place == kind)
        if days.size > 1:
            times = chance.multinomial(days.size - 1, np.full(days.size, 1 / days.size), DRAWS)
            drawn[:, days] = times * (days.size / (days.size - 1))
    return drawn


def share_interval(part: Column, whole: Column, strata: Column) -> tuple[float, float] | None:
    """The 95 % interval of Σ part / Σ whole over days; None below ten days, or without visitors.

    `strata`: the weekday of each day.
    """
    if part.size < FEWEST_DAYS or not whole.sum():
        return None
    drawn = weights(strata)
    below = drawn @ whole
    shares = (drawn @ part)[below > 0] / below[below > 0]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    return float(low), float(high)
