"""Would shorter reception hours still receive most visitors?

Pure. Coverage is the share of all visitors who came within the proposed hours, refused ones included.
On events it is exact; on counts an interval that the hours cut gives bounds, and a target that lies between
them cannot be answered by that data. Where an office was already closed outside the proposed hours, what
lies outside can only be seen as touches on the ticket machine that were refused: such days are left out,
and said to be.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
from msgspec import Struct

from queue_service.figures import Column
from queue_service.hours import DAYS, Spans
from queue_service.insights.arrivals import MINUTES, Arrivals
from queue_service.insights.resampling import share_interval
from queue_service.insights.week import Week, clock, minutes, same, written

STEP = 15  # minutes between the windows that are tried
DECIMALS = 6
TARGET = Fraction(9, 10)

Verdict = Literal["yes", "no", "not determinable"]


class Window(Struct, frozen=True, kw_only=True):
    """Hours without a break, the same on every day."""

    window: str
    minutes: int
    coverage: float


class Slot(Struct, frozen=True, kw_only=True):
    """Visitors at a time of day, all days together."""

    start: str
    end: str
    visitors: int


class PerDay(Struct, frozen=True, kw_only=True):
    """Visitors a day who came outside the proposed hours; on counts, at least so many."""

    before: float
    after: float


class OnWeekday(Struct, frozen=True, kw_only=True):
    """The same for one weekday."""

    weekday: str
    days: int
    proposed: str
    minutes_cut: float | None
    visitors: int
    covered: int
    coverage: float | None
    coverage_low: float | None
    coverage_high: float | None
    verdict: Verdict
    outside_per_day: PerDay
    shortest: Window | None


class ReceptionHours(Struct, frozen=True, kw_only=True):
    """The answer. `covered` and `coverage` are the lower bounds where there are two."""

    current: str | None  # null where it differs from day to day
    proposed: str | None
    minutes_cut: float | None  # a day; null where the current hours are not known
    target: float
    days: int
    visitors: int
    refused: int | None  # of the visitors; null where the data cannot tell
    covered: int
    coverage: float | None
    coverage_low: float | None
    coverage_high: float | None
    ci95: tuple[float, float] | None
    verdict: Verdict
    outside_per_day: PerDay
    by_weekday: list[OnWeekday]
    shortest: Window | None
    windows: list[Window]  # every one that reaches the target and has no shorter one within it
    by_time: list[Slot]
    unseen_days: list[date]  # closed outside the proposed hours already, and left out


def reception_hours(
    come: Arrivals,
    proposed: Week,
    current: Sequence[Spans] | None,
    target: Fraction = TARGET,
    *,
    in_force: Sequence[Spans] | None = None,
) -> ReceptionHours:
    """What proposed hours would cover.

    `current`: the hours of each date, for the minutes cut; `in_force`: those of each date at which the
    doors were open, where they are known and may hide who came outside.
    """
    unseen = _unseen(come, proposed, in_force)
    seen = come.of_days(~unseen)
    hours = [proposed.on(day.weekday()) for day in seen.dates]
    now = current and [each for each, left in zip(current, unseen, strict=True) if not left]
    whole, some = seen.within(hours)
    low, high = seen.by_date(whole), seen.by_date(some)
    exact = bool((whole == some).all())
    found = _Counted(seen, hours, low, high)
    return ReceptionHours(
        current=_told(now),
        proposed=_told(hours or [proposed.on(day) for day in range(5)]),
        minutes_cut=_cut(now, hours),
        target=float(target),
        days=len(seen.dates),
        visitors=found.visitors,
        refused=seen.refused,
        covered=found.low,
        coverage=_share(found.low, found.visitors),
        coverage_low=_share(found.low, found.visitors),
        coverage_high=_share(found.high, found.visitors),
        ci95=_rounded(share_interval(low, seen.visitors, seen.weekday)) if exact else None,
        verdict=found.verdict(target),
        outside_per_day=found.outside(),
        by_weekday=[
            _on_weekday(seen, day, proposed, now, target)
            for day in sorted(set(seen.weekday.tolist()))
        ],
        shortest=_shortest(seen, target),
        windows=_windows(seen, target),
        by_time=_by_time(seen),
        unseen_days=[day for day, left in zip(come.dates, unseen, strict=True) if left],
    )


class _Counted:
    """Visitors of some days within and outside of their hours."""

    def __init__(self, come: Arrivals, hours: Sequence[Spans], low: Column, high: Column) -> None:
        self._come, self._hours = come, hours
        self.visitors = int(come.count.sum())
        self.low, self.high = int(low.sum()), int(high.sum())

    def verdict(self, target: Fraction) -> Verdict:
        """Met at equality, and reckoned in whole visitors, so that no rounding decides."""
        if not self.visitors:
            return "not determinable"
        if self.low >= target * self.visitors:
            return "yes"
        return "no" if self.high < target * self.visitors else "not determinable"

    def outside(self) -> PerDay:
        opens = np.array([each[0][0] if each else MINUTES for each in self._hours], "<i8")
        closes = np.array([each[-1][1] if each else MINUTES for each in self._hours], "<i8")
        come, days = self._come, max(1, len(self._hours))
        if not self._hours:
            return PerDay(before=0.0, after=0.0)
        before = come.count[come.end <= opens[come.day]].sum()
        after = come.count[come.start >= closes[come.day]].sum()
        return PerDay(
            before=round(float(before) / days, DECIMALS), after=round(float(after) / days, DECIMALS)
        )


def _on_weekday(
    come: Arrivals,
    weekday: int,
    proposed: Week,
    current: Sequence[Spans] | None,
    target: Fraction,
) -> OnWeekday:
    chosen = come.weekday == weekday
    mine = come.of_days(chosen)
    hours = [proposed.on(weekday)] * len(mine.dates)
    now = current and [each for each, here in zip(current, chosen, strict=True) if here]
    whole, some = mine.within(hours)
    found = _Counted(mine, hours, mine.by_date(whole), mine.by_date(some))
    return OnWeekday(
        weekday=DAYS[weekday],
        days=len(mine.dates),
        proposed=written(proposed.on(weekday)),
        minutes_cut=_cut(now, hours),
        visitors=found.visitors,
        covered=found.low,
        coverage=_share(found.low, found.visitors),
        coverage_low=_share(found.low, found.visitors),
        coverage_high=_share(found.high, found.visitors),
        verdict=found.verdict(target),
        outside_per_day=found.outside(),
        shortest=_shortest(mine, target),
    )


def _unseen(come: Arrivals, proposed: Week, in_force: Sequence[Spans] | None) -> Column:
    """Dates on which the doors were closed whenever the proposed hours are."""
    if in_force is None:
        return np.zeros(len(come.dates), bool)
    return np.array(
        [
            _lies_within(open_then, proposed.on(day.weekday()))
            for day, open_then in zip(come.dates, in_force, strict=True)
        ],
        bool,
    )


def _lies_within(hours: Spans, others: Spans) -> bool:
    return bool(hours) and all(
        any(a <= start and end <= b for a, b in others) for start, end in hours
    )


def _told(hours: Sequence[Spans] | None) -> str | None:
    one = same(hours) if hours else None
    return None if one is None else written(one)


def _cut(now: Sequence[Spans] | None, then: Sequence[Spans]) -> float | None:
    """By how many minutes a day is shorter, on the average of the dates."""
    if not now:
        return None
    cut = sum(map(minutes, now)) - sum(map(minutes, then))
    return round(cut / len(now), DECIMALS)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DECIMALS) if whole else None


def _rounded(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    return interval and (round(interval[0], DECIMALS), round(interval[1], DECIMALS))


def _by_time(come: Arrivals) -> list[Slot]:
    """From the first visitor to the last, also the times at which nobody came."""
    step = max(STEP, come.step)
    if not come.count.size:
        return []
    visitors = np.bincount(come.start // step, come.count).astype("<i8").tolist()
    first = int(come.start.min()) // step
    return [
        Slot(start=clock(n * step), end=clock(min((n + 1) * step, MINUTES)), visitors=count)
        for n, count in enumerate(visitors)
        if n >= first
    ]


# Which hours would do?


def _windows(come: Arrivals, target: Fraction) -> list[Window]:
    """The shortest window from each start that reaches the target, unless one within it does, too.

    By length, then by start. On counts only what surely lies within is counted.
    """
    total = int(come.count.sum())
    if not total:
        return []
    step = max(STEP, come.step)
    # within[a, b]: visitors whose interval lies in [a, b) steps after midnight.
    slots = -(-MINUTES // step)
    table = np.zeros((slots + 1, slots + 1), "<i8")
    np.add.at(table, (come.start // step, -(-come.end // step)), come.count)
    within = table[::-1].cumsum(0)[::-1].cumsum(1)
    enough = within * target.denominator >= target.numerator * total
    # Of each start the first end that will do; none: beyond the day.
    ends = np.where(enough.any(1), enough.argmax(1), slots + 1).tolist()
    found = [
        (end - start, start, end)
        for (start, end), (_, later) in pairwise([*enumerate(ends), (slots + 1, slots + 1)])
        if end <= slots and later > end
    ]
    return [
        Window(
            window=f"{clock(start * step)}-{clock(min(end * step, MINUTES))}",
            minutes=length * step,
            coverage=round(int(within[start, end]) / total, DECIMALS),
        )
        for length, start, end in sorted(found)
    ]


def _shortest(come: Arrivals, target: Fraction) -> Window | None:
    return next(iter(_windows(come, target)), None)
