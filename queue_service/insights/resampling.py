"""How far a figure could be off by chance: days are drawn again and again.

Pure. Visitors of one day are not independent of each other (rain, a holiday, a deadline move many of
them), so days are resampled and not visitors, within weekdays because these differ for good.
"""

from math import erf, sqrt

import numpy as np
import numpy.typing as npt

from queue_service.figures import Column

Weights = npt.NDArray[np.float64]  # draws × days

DRAWS = 4000
FEWEST_DAYS = 10
SEED = 20_250_804  # the same data, the same interval
LEVEL = 0.95
Z = 1.959963984540054  # of which a normal deviate stays within ± for that share
SOME = 0.95  # of the draws at least have to have a value


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


def interval_of(drawn: Weights, freedom: int) -> tuple[float, float] | None:
    """The 95 % interval of what was drawn; None where too many draws have no value.

    `freedom`: days − strata. With few days percentiles of draws lie too close together; they are taken
    as far out as a t of so many degrees of freedom lies (T. Hesterberg, "What Teachers Should Know About
    the Bootstrap", The American Statistician 69, 2015).
    """
    there = drawn[np.isfinite(drawn)]
    if freedom < 1 or there.size < SOME * drawn.size:
        return None
    tail = (1 - erf(_t(freedom) / sqrt(2))) / 2
    low, high = np.quantile(there, [tail, 1 - tail])
    return float(low), float(high)


def _t(freedom: int) -> float:
    """Student's t as far out as Z: four terms of its expansion, good to 1 % from five degrees on.

    >>> [round(_t(n), 3) for n in (5, 15, 30, 1000)]
    [2.571, 2.131, 2.042, 1.962]
    """
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
    )
    return Z + terms[0] / freedom + terms[1] / freedom**2 + terms[2] / freedom**3
