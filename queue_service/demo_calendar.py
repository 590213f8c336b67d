"""The calendar of the demonstration: how many more people come on some days than on others.

Pure. Weekdays differ; after days on which the office was closed those come who could not before; at
the turn of a month and of the fiscal year, when people in Japan move house, halls are full.
"""

import datetime
from collections.abc import Mapping
from itertools import count

from msgspec import Struct

from queue_service.hours import reception_spans
from queue_service.offices import Office

A_DAY = datetime.timedelta(days=1)
LONGEST = 14  # days that an office is closed in a row


class Season(
    Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}
):
    """Days of a year, as "03-25" to "04-03", both included, and how many times as many come."""

    first: str
    last: str
    times: float


class Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a day busier than another."""

    weekdays: tuple[float, ...]  # from Monday
    weekend: float  # where an office is open then
    after_closed: Mapping[int, float]  # at least so many closed days before
    month_turn: float  # the first and the last open day of a month
    year_end: float  # 27 and 28 December
    seasons: Mapping[str, tuple[Season, ...]]  # by service

    def factor(self, office: Office, date: datetime.date) -> float:
        """How many times as many come as on a usual day."""
        weekday = date.weekday()
        found = self.weekdays[weekday] if weekday < len(self.weekdays) else self.weekend
        before, after = _next_open(office, date, -A_DAY), _next_open(office, date, A_DAY)
        closed = (date - before).days - 1
        found *= max(
            (times for days, times in self.after_closed.items() if closed >= days), default=1
        )
        if before.month != date.month or after.month != date.month:
            found *= self.month_turn
        return found * (self.year_end if (date.month, date.day) in ((12, 27), (12, 28)) else 1)

    def season(self, service: str, date: datetime.date) -> float:
        """How many times as many come for a service as in the rest of the year."""
        day = f"{date:%m-%d}"
        seasons = self.seasons.get(service, ())
        return next((each.times for each in seasons if each.first <= day <= each.last), 1.0)


def _next_open(office: Office, date: datetime.date, step: datetime.timedelta) -> datetime.date:
    """The next day in a direction on which the office is open; of a longer closure its last day."""
    for n in count(1):
        day = date + n * step
        if n == LONGEST or reception_spans(office, None, day.isoformat()):
            return day
    raise AssertionError("counting has no end")
