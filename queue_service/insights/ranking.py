"""Loads in the order of their hours a year, and which of them could change places.

Pure. Two loads could change places if their difference lies within what is not known of both, taken
together as independent errors are (the root of the sum of their squares). What somebody stated has an
interval; what was measured was drawn anew, day by day: of two that were measured it comes to whether the
sign of their difference changes in at least 2.5 % of the draws.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import hypot
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from queue_service.insights.resampling import FEWEST_DAYS
from queue_service.tickets import Stage

STAGES = tuple(Stage)
HOUR = 60  # minutes
DECIMALS = 4
TAIL = 0.025  # of the draws, at each end of an interval of 95 %
MOST = 1000  # loads; each is compared with each other

Hours = npt.NDArray[np.float64]
Yes = npt.NDArray[np.bool_]
Ranks = list[tuple[int, int]]


class TooMany(ValueError):
    """There are too many to be put in order; the message says what to do."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} procedures are more than can be compared: {MOST} at most")


class Place(Struct, frozen=True, kw_only=True):
    """A place in the order; hours are a year's. Null: measured on too few days, it cannot be told."""

    rank: int
    count: float
    minutes: dict[str, float]  # of a case, by stage
    minutes_a_case: float
    stages: dict[str, float]  # hours, by stage
    hours: float
    hours_low: float | None
    hours_high: float | None
    share: float  # of all hours
    cumulative: float  # with those before it
    saving: float  # hours, under the stated reduction
    could_swap_with: list[int] | None  # ranks


class Load(Struct, frozen=True, kw_only=True):
    """Hours a year, and how far they could be off."""

    name: tuple[str, ...]  # by which loads of the same size are put in order
    count: float
    stages: Mapping[Stage, float]  # hours
    half: float = 0.0  # of the 95 % interval of what was stated, hours
    off: Hours | None = None  # by how much each draw of days differs; None: nothing was measured
    days: int = 0  # on which it was measured

    @property
    def hours(self) -> float:
        """All stages together."""
        return sum(self.stages.values())

    @property
    def known(self) -> bool:
        """Whether it can be told how far they could be off."""
        return self.off is None or self.days >= FEWEST_DAYS

    @property
    def interval(self) -> tuple[float, float] | tuple[None, None]:
        """The 95 % interval of the hours."""
        if not self.known:
            return None, None
        off = np.zeros(1) if self.off is None else self.off
        low, high = np.quantile(off, [TAIL, 1 - TAIL]).tolist()
        below, above = (hypot(self.half, max(0.0, each)) for each in (-low, high))
        return round(self.hours - below, DECIMALS), round(self.hours + above, DECIMALS)

    def saved(self, reduction: Mapping[Stage, float]) -> float:
        """Hours, if stages took less by these parts."""
        return sum(hours * reduction.get(stage, 0.0) for stage, hours in self.stages.items())


def together(name: str, loads: Sequence[Load]) -> Load:
    """All of them as one."""
    off = [load.off for load in loads if load.off is not None]
    return Load(
        name=(name,),
        count=sum(load.count for load in loads),
        stages=by_stage(loads),
        half=hypot(*(load.half for load in loads)),
        off=sum(off, start=np.zeros(1)) if off else None,
        days=max(load.days for load in loads),
    )


def by_stage(loads: Iterable[Load]) -> dict[Stage, float]:
    """The hours of each stage."""
    found = dict.fromkeys(STAGES, 0.0)
    for load in loads:
        for stage, hours in load.stages.items():
            found[stage] += hours
    return found


def rounded(stages: Mapping[Stage, float]) -> dict[str, float]:
    """Figures of each stage as they are told."""
    return {stage.value: round(stages.get(stage, 0.0), DECIMALS) for stage in STAGES}


class Order:
    """Loads by their hours."""

    def __init__(self, loads: Sequence[Load]) -> None:
        """Raises `TooMany`."""
        if len(loads) > MOST:
            raise TooMany(len(loads))
        places = sorted(range(len(loads)), key=lambda n: (-loads[n].hours, loads[n].name))
        self.places = tuple(places)  # of the loads as they were given
        self.loads = [loads[n] for n in places]
        self.hours = sum(load.hours for load in loads)
        known = np.array([load.known for load in self.loads], bool)
        self._known: Yes = known[:, None] & known
        self._swaps: Yes = self._could_swap() & self._known

    @property
    def swaps(self) -> Ranks:
        """Neighbours that could change places."""
        return self._neighbours(self._swaps)

    @property
    def undetermined(self) -> Ranks:
        """Neighbours of which that cannot be told."""
        return self._neighbours(~self._known)

    def swaps_if_off(self, part: float) -> Ranks:
        """All that could change places if the minutes of each were off by a part of them."""
        hours = np.array([load.hours for load in self.loads])
        could = np.abs(hours[:, None] - hours) <= part * np.hypot(hours[:, None], hours)
        return [(a + 1, b + 1) for a, b in np.argwhere(np.triu(could, 1)).tolist()]

    def told(self, reduction: Mapping[Stage, float]) -> list[dict[str, Any]]:
        """What stands in each place: the fields of `Place`."""
        cumulative = np.cumsum([load.hours for load in self.loads]).tolist()
        return [
            self._place(n, load, before, reduction)
            for n, (load, before) in enumerate(zip(self.loads, cumulative, strict=True))
        ]

    def _place(
        self, n: int, load: Load, before: float, reduction: Mapping[Stage, float]
    ) -> dict[str, Any]:
        low, high = load.interval
        a_case = HOUR / load.count if load.count else 0.0
        return {
            "rank": n + 1,
            "count": round(load.count, DECIMALS),
            "minutes": rounded({stage: each * a_case for stage, each in load.stages.items()}),
            "minutes_a_case": round(load.hours * a_case, DECIMALS),
            "stages": rounded(load.stages),
            "hours": round(load.hours, DECIMALS),
            "hours_low": low,
            "hours_high": high,
            "share": round(load.hours / self.hours, DECIMALS) if self.hours else 0.0,
            "cumulative": round(before / self.hours, DECIMALS) if self.hours else 0.0,
            "saving": round(load.saved(reduction), DECIMALS),
            "could_swap_with": (np.flatnonzero(self._swaps[n]) + 1).tolist()
            if load.known
            else None,
        }

    def _neighbours(self, which: Yes) -> Ranks:
        return [(a + 1, b + 1) for a, b in pairwise(range(len(self.loads))) if which[a, b]]

    def _could_swap(self) -> Yes:
        """Of each two: whether their difference lies within what is not known of both."""
        hours, half = (np.array([getattr(e, of) for e in self.loads]) for of in ("hours", "half"))
        draws = [np.zeros(1) if load.off is None else load.off for load in self.loads]
        width = max(map(len, draws), default=1)
        off = np.array([np.broadcast_to(each, width) for each in draws])
        found = np.zeros((len(self.loads),) * 2, bool)
        for n in range(len(self.loads) - 1):
            below = slice(n + 1, None)
            # How far below its difference one in forty draws lies.
            drawn = np.quantile(off[n] - off[below], TAIL, axis=1, method="inverted_cdf")
            doubt = np.hypot(np.hypot(half[n], half[below]), np.maximum(0, -drawn))
            found[n, below] = found[below, n] = hours[n] - hours[below] <= doubt
        return found
