"""When visitors came, day by day: to the minute, or by the interval in which somebody counted them.

Pure. Both are intervals on a day's clock: of an event it is the minute it lies in, and as hours begin and
end on whole minutes, an event lies in them or does not. A counted interval may be cut by them.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
from msgspec import Struct

from queue_service.bins import Bins
from queue_service.counts import Count
from queue_service.figures import NONE, Column, Day
from queue_service.hours import Spans, instant
from queue_service.offices import Office

Basis = Literal["arrival", "start"]
Who = Literal["everybody", "received", "refused"]
A_DAY = timedelta(days=1)
MINUTES = 24 * 60


class Arrivals(Struct, frozen=True, kw_only=True):
    """Visitors by day and interval.

    `refused`: of them, those who were given no number; None where the data cannot tell.
    """

    dates: tuple[date, ...]  # those with visitors, in order
    day: Column  # of each interval: its place in `dates` …
    start: Column  # … its minutes after midnight …
    end: Column
    count: Column  # … and its visitors
    step: int  # the longest interval, minutes
    refused: int | None = None

    @property
    def weekday(self) -> Column:
        """Of each date; Monday is 0."""
        return np.array([each.weekday() for each in self.dates], "<i8")

    @property
    def visitors(self) -> Column:
        """Of each date."""
        return self.by_date(np.ones(self.day.size, bool))

    def by_date(self, where: Column) -> Column:
        """The visitors of each date in chosen intervals."""
        counted = np.bincount(self.day[where], self.count[where], len(self.dates))
        return counted.astype("<i8")

    def within(self, hours: Sequence[Spans]) -> tuple[Column, Column]:
        """Which intervals lie in the hours of their date, and which lie in them at least in part."""
        whole = np.zeros(self.day.size, bool)
        some = np.zeros(self.day.size, bool)
        most = max((len(each) for each in hours), default=0)
        for n in range(most):
            spans = np.array([each[n] if n < len(each) else (0, 0) for each in hours], "<i8")
            opens, closes = spans[self.day].T
            whole |= (self.start >= opens) & (self.end <= closes)
            some |= (self.start < closes) & (self.end > opens)
        return whole, some

    def of_days(self, chosen: Column) -> "Arrivals":
        """Only some of the dates."""
        kept = np.flatnonzero(chosen)
        place = np.full(len(self.dates), NONE, "<i8")
        place[kept] = np.arange(kept.size)
        where = place[self.day] != NONE
        return Arrivals(
            dates=tuple(self.dates[n] for n in kept.tolist()),
            day=place[self.day][where],
            start=self.start[where],
            end=self.end[where],
            count=self.count[where],
            step=self.step,
            refused=self.refused,
        )


def of_days(
    days: Iterable[Day],
    office: Office,
    first: date,
    last: date,
    basis: Basis = "arrival",
    *,
    who: Who = "everybody",
) -> Arrivals:
    """The visitors of local calendar dates, both included; everybody: those turned away, too.

    `basis` start: each at the start of serving, and only who was served; whoever was turned away is
    counted at the touch.
    """
    begins, ends = instant(office.tz, first, 0), instant(office.tz, last + A_DAY, 0)
    come, away, told = [np.empty(0, "<i8")], [np.empty(0, "<i8")], False
    for day in days:
        if who != "received":
            away.append(day.refused_rows["at"])
            told = told or "refused" not in day.unknown
        if who == "refused":
            continue
        rows = day.visit_rows
        if basis == "start":
            rows = rows[rows["wait"] != NONE]
            come.append(rows["arrived_at"] + rows["wait"])
        else:
            come.append(rows["arrived_at"])
    refused = np.concatenate(away)
    at = np.concatenate([*come, refused])
    at = at[(at >= begins) & (at < ends)]
    clock = Bins(office, first, last, "15", whole=False)
    # Each minute of each date, once, with how many came in it.
    minutes, count = np.unique(clock.day(at) * MINUTES + clock.minute(at), return_counts=True)
    used, day_of = np.unique(minutes // MINUTES, return_inverse=True)
    start = minutes % MINUTES
    return Arrivals(
        dates=tuple(first + n * A_DAY for n in used.tolist()),
        day=day_of.astype("<i8"),
        start=start,
        end=start + 1,
        count=count.astype("<i8"),
        step=1,
        refused=int(((refused >= begins) & (refused < ends)).sum()) if told else None,
    )


def of_counts(counts: Iterable[Count], interval: int) -> Arrivals:
    """Visitors whom somebody counted; `interval`: how long each was, minutes.

    A date on which nobody was counted at all was looked at while the doors were closed: it is no day.
    """
    every = [(date.fromisoformat(each.date), each.start, each.count) for each in counts]
    dates = sorted({day for day, _, count in every if count})
    place = {day: n for n, day in enumerate(dates)}
    rows = sorted(each for each in every if each[0] in place)
    day, start, count = (
        np.array([(place[day], start, count) for day, start, count in rows], "<i8").reshape(-1, 3).T
    )
    return Arrivals(
        dates=tuple(dates),
        day=day,
        start=start,
        end=np.minimum(start + interval, MINUTES),
        count=count,
        step=interval,
    )
