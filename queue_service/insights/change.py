"""How much a metric changed between two windows of days, and how sure that is.

Pure. Both windows are weighted to the same mix of weekdays: each weekday counts as often as the window
that has fewer of it. Where there is a control, the same dates a year earlier or other offices, the
change is told against it: what the days before would have become, had they changed as the control did.
Chance is measured by drawing days anew (`resampling`), all windows at once.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec import Struct

from queue_service.figures import Column
from queue_service.insights.daily import METRICS, SECOND_MS, Daily, Floats, Metric, Side, Unit
from queue_service.insights.percentiles import drawn_percentiles
from queue_service.insights.resampling import interval_of, weights
from queue_service.insights.windows import Window

FEWEST_DAYS = 20  # open days in a window: four weeks
DECIMALS = 6

Verdict = Literal["fell", "rose", "cannot tell", "not enough data"]
Interval = tuple[float, float]


class Change(Struct, frozen=True, kw_only=True):
    """What became of a metric. Without enough days there is no difference, and no percentage."""

    metric: str
    side: Side
    unit: Unit
    days_before: int  # that count for it
    days_after: int
    before: float | None
    after: float | None
    expected: float | None  # afterwards, had nothing changed but the control; null without one
    difference: float | None  # after − (expected, or before)
    ci95: Interval | None
    relative: float | None
    relative_ci95: Interval | None
    verdict: Verdict


class Pair(Struct, frozen=True):
    """The days of an office in two windows, each with its weight; weights of both add up alike."""

    daily: Daily
    before: Floats
    after: Floats

    @classmethod
    def matched(cls, daily: Daily, before: Window, after: Window) -> "Pair":
        """Weighted by weekday; a weekday that only one window has does not count."""
        weekday = np.array([each.weekday() for each in daily.dates], "<i8")
        sides = [window.holds(daily.dates) for window in (before, after)]
        counts = [np.bincount(weekday[side], minlength=7) for side in sides]
        mix = np.minimum(*counts)
        weighted = [
            np.where(side, mix[weekday] / np.maximum(1, count[weekday]), 0.0)
            for side, count in zip(sides, counts, strict=True)
        ]
        return cls(daily, *weighted)

    @property
    def fewest(self) -> int:
        """Days of the window that has fewer of them."""
        return int(min((self.before > 0).sum(), (self.after > 0).sum()))


class Drawn:
    """An office before and after, and its control, drawn again and again; the first draw is the truth."""

    def __init__(self, own: Pair, controls: Sequence[Pair] = ()) -> None:
        tables: list[Daily] = []
        for pair in (own, *controls):
            if not any(pair.daily is known for known in tables):
                tables.append(pair.daily)
        self._tables = tables
        self._roles = [
            self._column([(own.daily, own.before)]),
            self._column([(own.daily, own.after)]),
            self._column([(each.daily, each.before) for each in controls]),
            self._column([(each.daily, each.after) for each in controls]),
        ]
        strata = self._strata()
        self._used = np.flatnonzero(sum(self._roles) > 0)
        times = weights(strata[self._used])
        self._times = np.concatenate([np.ones((1, self._used.size)), times])
        self._freedom = self._least_freedom(strata)
        self._single: dict[str, tuple[Column, Column]] = {}

    def _column(self, weighted: Sequence[tuple[Daily, Floats]]) -> Floats:
        """The weights of some tables in one column over the days of all of them."""
        found = [np.zeros(len(each.dates)) for each in self._tables]
        for table, values in weighted:
            place = next(n for n, each in enumerate(self._tables) if each is table)
            found[place] = found[place] + values
        return np.concatenate(found)

    def _strata(self) -> Column:
        """Of each day: its office, its weekday and the windows it lies in."""
        weekday = [each.weekday() for table in self._tables for each in table.dates]
        office = np.repeat(range(len(self._tables)), [len(each.dates) for each in self._tables])
        stratum: Column = office.astype("<i8") * 7 + np.array(weekday, "<i8")
        for role in self._roles:
            stratum = stratum * 2 + (role > 0)
        return stratum

    def _least_freedom(self, strata: Column) -> int:
        """Degrees of freedom of the window that has the fewest."""
        windows = [role > 0 for role in self._roles if role.any()]
        return min((int(each.sum()) - np.unique(strata[each]).size for each in windows), default=0)

    def change(self, name: str) -> Change:
        """What became of a metric."""
        metric = METRICS[name]
        days = self._days(metric)
        drawn = [self._of(metric, role) for role in range(4)]
        before, after = drawn[0], drawn[1]
        enough = min(days[:2]) >= FEWEST_DAYS
        control = min(days[2:]) >= FEWEST_DAYS and drawn[2][0] > 0
        with np.errstate(all="ignore"):
            expected = before * (drawn[3] / drawn[2]) if control else before
            difference, relative = after - expected, after / expected - 1
        ci95 = interval_of(difference, self._freedom) if enough else None
        known = enough and bool(expected[0] > 0)
        return Change(
            metric=name,
            side=metric.side,
            unit=metric.unit,
            days_before=days[0],
            days_after=days[1],
            before=_number(before[0]),
            after=_number(after[0]),
            expected=_number(expected[0]) if control and enough else None,
            difference=_number(difference[0]) if enough else None,
            ci95=_rounded(ci95),
            relative=_number(relative[0]) if known else None,
            relative_ci95=_rounded(interval_of(relative, self._freedom)) if known else None,
            verdict=_verdict(ci95) if enough else "not enough data",
        )

    def drawn(self, above: str, below: str) -> tuple[Floats, Floats]:
        """A sum over a sum, before and after."""
        metric = Metric(side="visitors", unit="people", over=(above, below))
        return self._of(metric, 0), self._of(metric, 1)

    def interval(self, drawn: Floats) -> Interval | None:
        """The 95 % interval of what was made of draws."""
        return _rounded(interval_of(drawn, self._freedom))

    def _days(self, metric: Metric) -> list[int]:
        """How many days of each role know the metric."""
        if metric.share is not None:
            places, _ = self._singles(metric.span)
            known = np.bincount(places, minlength=self._roles[0].size) > 0
        else:
            known = self._sums(metric.over[1]) > 0
        return [int(((role > 0) & known).sum()) for role in self._roles]

    def _of(self, metric: Metric, role: int) -> Floats:
        if not self._roles[role].any():
            return np.full(self._times.shape[0], np.nan)
        if metric.share is not None:
            return self._percentiles(metric.span, metric.share, self._roles[role]) / SECOND_MS
        above, below = (
            self._times @ (self._roles[role] * self._sums(name))[self._used] for name in metric.over
        )
        with np.errstate(all="ignore"):
            return np.asarray(above / below)

    def _sums(self, name: str) -> Floats:
        return np.concatenate([each.sum(name) for each in self._tables])

    def _singles(self, span: str) -> tuple[Column, Column]:
        """The days and values of a span, all tables together."""
        if span not in self._single:
            places, values, before = [], [], 0
            for table in self._tables:
                place, value = table.single(span)
                places.append(place + before)
                values.append(value)
                before += len(table.dates)
            self._single[span] = np.concatenate(places), np.concatenate(values)
        return self._single[span]

    def _percentiles(self, span: str, share: float, role: Floats) -> Floats:
        places, values = self._singles(span)
        mine = role[places] > 0
        places, values = places[mine], values[mine]
        if not values.size:
            return np.full(self._times.shape[0], np.nan)
        days, place = np.unique(places, return_inverse=True)
        times = self._times[:, np.searchsorted(self._used, days)]
        return drawn_percentiles(values, place, role[days], times, share)


def _verdict(interval: Interval | None) -> Verdict:
    if interval is None or interval[0] <= 0 <= interval[1]:
        return "cannot tell"
    return "rose" if interval[0] > 0 else "fell"


def _number(value: float) -> float | None:
    return round(float(value), DECIMALS) if np.isfinite(value) else None


def _rounded(interval: Interval | None) -> Interval | None:
    return interval and (round(interval[0], DECIMALS), round(interval[1], DECIMALS))
