"""The two spans of days that are compared: before a date, and from it on.

Pure. Unless somebody says otherwise both are as long as the data allows, equal, and a year at most.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from msgspec import Struct

LONGEST = 365  # days, unless somebody says otherwise
MOST_DAYS = 731  # of a window that somebody asks for
A_YEAR = 364  # days, of which one window has every season
A_DAY = timedelta(days=1)
YEARS = range(1970, 2100)  # of whose days anything could be known


class Window(Struct, frozen=True):
    """Calendar days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    def holds(self, dates: Sequence[date]) -> npt.NDArray[np.bool_]:
        """Which dates lie in it."""
        return np.array([self.first <= each <= self.last for each in dates], bool)

    def earlier(self, years: int = 1) -> "Window":
        """The same dates in an earlier year."""
        return Window(_years_before(self.first, years), _years_before(self.last, years))


Span = int | Window  # as many days, or just these


def known_date(day: date) -> date:
    """The date, which can be compared with days years before and after it.

    Raises:
        ValueError: nothing can be known of it.
    """
    if day.year not in YEARS:
        raise ValueError(f"{day} cannot be asked for: write a date from 1970 to 2099")
    return day


def parse_span(text: str) -> Span:
    """A window as people write it: a number of days like "90", or "2026-04-01/2026-06-30".

    Raises:
        ValueError: with the reason and the remedy.
    """
    if text.isdecimal():
        if not 1 <= int(text) <= MOST_DAYS:
            raise ValueError(f"{text} days cannot be asked for: write 1 to {MOST_DAYS}")
        return int(text)
    first, slash, last = text.partition("/")
    try:
        span = Window(date.fromisoformat(first.strip()), date.fromisoformat(last.strip()))
    except ValueError:
        slash = ""
    if not slash:
        raise ValueError(
            f"{text!r} is no span of days: write a number like 90, or 2026-04-01/2026-06-30"
        )
    known_date(span.first), known_date(span.last)
    if not 1 <= span.days <= MOST_DAYS:
        raise ValueError(f"{text!r} does not have 1 to {MOST_DAYS} days: write the first day first")
    return span


def windows(
    at: date, before: Span | None, after: Span | None, dates: Sequence[date]
) -> tuple[Window, Window]:
    """The days before a date and from it on; `dates`: those of which there is data.

    Raises:
        ValueError: one of them lies on the wrong side of the date, and which.
    """
    if isinstance(before, Window) and before.last >= at:
        raise ValueError(f"before: it has to end before {at}")
    if isinstance(after, Window) and after.first < at:
        raise ValueError(f"after: it cannot begin before {at}")
    past = (at - dates[0]).days if dates else 0
    come = (dates[-1] - at).days + 1 if dates else 0
    usual = max(1, min(past, come, LONGEST))
    earlier = before if before is not None else max(1, min(_days(after) or usual, past))
    later = after if after is not None else max(1, min(_days(before) or usual, come))
    return (
        earlier if isinstance(earlier, Window) else Window(at - earlier * A_DAY, at - A_DAY),
        later if isinstance(later, Window) else Window(at, at + (later - 1) * A_DAY),
    )


def reach(at: date, before: Span | None, after: Span | None) -> tuple[date, date]:
    """From which day to which data could be of use: also the year before is."""
    longest = max(LONGEST, _days(before) or 0, _days(after) or 0)
    first = before.first if isinstance(before, Window) else at - longest * A_DAY
    last = after.last if isinstance(after, Window) else at + longest * A_DAY
    return min(_years_before(first, 1), first), last


def same_season(before: Window, after: Window) -> bool:
    """Whether the dates are those of the same time of the year, or each window has all of it."""
    if min(before.days, after.days) >= A_YEAR:
        return True
    years = after.last.year - before.last.year
    return years > 0 and after.earlier(years) == before


def _days(span: Span | None) -> int | None:
    return span.days if isinstance(span, Window) else span


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
