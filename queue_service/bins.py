"""Bins: a range of local dates cut into intervals, and which interval an instant lies in.

Pure. It knows calendars and clocks that are changed: a day may have 92, 96 or 100 quarters of an hour,
and an hour that is shown twice is two intervals, told apart by their offset. An interval that the range
cuts is shorter, and says so by its start and end.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Literal, get_args

import numpy as np

from queue_service.figures import Column, Flags
from queue_service.hours import MINUTE_MS, instant, reception_spans
from queue_service.offices import Office

Bin = Literal["15", "30", "60", "day", "week", "month", "year"]
BINS: tuple[str, ...] = get_args(Bin)
QUARTER = 15  # minutes; offsets of time zones change on these
DAY = 24 * 60
FISCAL_YEAR_MONTH = 4  # 年度: from April

_ONE_DAY = timedelta(days=1)


class Bins:
    """The intervals of a range of dates, both included, in the order of time and without gaps."""

    def __init__(self, office: Office, first: date, last: date, bin: Bin, *, whole: bool) -> None:
        """`whole`: the range is one interval, and `bin` only cuts the clock."""
        self._office = office
        self._dates = [first + n * _ONE_DAY for n in range((last - first).days + 1)]
        self._midnights = [instant(office.tz, each, 0) for each in (*self._dates, last + _ONE_DAY)]
        self._minutes = int(bin) if bin.isdecimal() else DAY
        self._cut = "range" if whole else bin
        begins = [at for at, _ in self._begin()]
        self.starts = np.array(begins, "<i8")
        self.ends = np.array([*begins[1:], self._midnights[-1]], "<i8")

    def _begin(self) -> Iterator[tuple[int, int]]:
        """The first instant of each interval, and the minute that clocks show then."""
        if self._cut == "range":
            yield self._midnights[0], 0
        elif self._cut.isdecimal():
            for n in range(len(self._dates)):
                yield from self._day(n, self._minutes)
        else:
            for n, day in enumerate(self._dates):
                if n == 0 or _begins(day, self._cut):
                    yield self._midnights[n], 0

    def _day(self, n: int, minutes: int) -> Iterator[tuple[int, int]]:
        begin, end = self._midnights[n : n + 2]
        if end - begin == DAY * MINUTE_MS:
            yield from ((begin + m * MINUTE_MS, m) for m in range(0, DAY, minutes))
            return
        last = None
        for at in range(begin, end, QUARTER * MINUTE_MS):
            wall = datetime.fromtimestamp(at / 1000, self._office.tz)
            shown = wall.hour * 60 + wall.minute
            here = (shown // minutes, wall.utcoffset())
            if here != last:
                yield at, shown
            last = here

    def place(self, at: Column) -> Column:
        """In which interval each instant lies; all of them lie in the range."""
        return np.searchsorted(self.starts, at, "right").astype("<i8") - 1

    def day(self, at: Column) -> Column:
        """How many days after the first date each instant lies."""
        return np.searchsorted(self._midnights[:-1], at, "right").astype("<i8") - 1

    def of_dates(self, dates: Collection[str]) -> Flags:
        """Which intervals, and which weekdays in them, have one of these dates."""
        found = np.zeros((self.starts.size, 7), bool)
        begins = self.place(np.array(self._midnights[:-1], "<i8")).tolist()
        ends = self.place(np.array(self._midnights[1:], "<i8") - 1).tolist()
        for day, begin, end in zip(self._dates, begins, ends, strict=True):
            if day.isoformat() in dates:
                found[begin : end + 1, day.weekday()] = True
        return found

    def weekday(self, at: Column) -> Column:
        """The day of the week of each instant; Monday is 0."""
        days = np.array([each.weekday() for each in self._dates], "<i8")
        return days[self.day(at)]

    def minute(self, at: Column) -> Column:
        """The minutes after midnight that clocks show at each instant."""
        begins, shown = self._shown
        place = np.searchsorted(begins, at, "right") - 1
        return shown[place] + (at - begins[place]) // MINUTE_MS

    def clock(self, at: Column) -> Column:
        """Which of `clock_labels` clocks show at each instant."""
        begins, shown = self._shown
        return shown[np.searchsorted(begins, at, "right") - 1] // self._minutes

    @cached_property
    def _shown(self) -> tuple[Column, Column]:
        days = (self._day(n, QUARTER) for n in range(len(self._dates)))
        begins, shown = zip(*(each for day in days for each in day), strict=True)
        return np.array(begins, "<i8"), np.array(shown, "<i8")

    @property
    def clock_labels(self) -> list[str]:
        """The beginnings of the intervals of a day, like "08:30"."""
        return [f"{m // 60:02}:{m % 60:02}" for m in range(0, DAY, self._minutes)]

    def labels(self, places: Column) -> tuple[list[str], list[str]]:
        """Of some intervals the first instant, and of the next, in local time with its offset."""
        zone = self._office.tz

        @cache
        def written(at: int) -> str:
            return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).isoformat()

        starts, ends = (each[places].tolist() for each in (self.starts, self.ends))
        return [*map(written, starts)], [*map(written, ends)]


def _begins(day: date, bin: str) -> bool:
    match bin:
        case "week":
            return day.weekday() == 0
        case "month":
            return day.day == 1
        case "year":
            return (day.month, day.day) == (FISCAL_YEAR_MONTH, 1)
        case _:
            return True


def reception_bins(
    office: Office, services: Iterable[str], dates: Iterable[str], cut: Bins
) -> dict[str, Column]:
    """The intervals of these business dates in which each service has reception hours.

    Whatever has no hours of its own has the office's, also a service that the office does not know.
    """
    own = {each.id: each for each in office.services if each.hours is not None}
    days = sorted(dates)
    usual = _places(office, None, days, cut)
    return {name: _places(office, name, days, cut) if name in own else usual for name in services}


def _places(office: Office, service: str | None, dates: list[str], cut: Bins) -> Column:
    whose = office.service(service) if service is not None else None
    first, last = int(cut.starts[0]), int(cut.ends[-1])
    spans = [
        (max(start, first), min(end, last) - 1)
        for each in dates
        for start, end in reception_spans(office, whose, each)
        if start < last and end > first
    ]
    if not spans:
        return np.empty(0, "<i8")
    begin, end = cut.place(np.array(spans, "<i8")).T
    return np.unique(np.concatenate([np.arange(b, e + 1) for b, e in zip(begin, end, strict=True)]))
