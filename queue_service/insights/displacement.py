"""Where those went who used to come while the doors were still open: moved, or not seen again.

Pure. When reception hours become shorter, whoever came in the time that was cut may come just after the
doors open, just before they close, or not be seen there again. What would have come is reckoned from
the rest of the day, so that a season or a campaign that changes all of it is not taken for a move.
Whoever comes at other hours, uses another way or stays away cannot be told apart, and is said not to be
seen.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from queue_service.figures import Column
from queue_service.hours import hours_in_force
from queue_service.insights.arrivals import MINUTES, Arrivals
from queue_service.insights.change import DECIMALS, FEWEST_DAYS, Drawn, Interval, Pair
from queue_service.insights.daily import OPEN, Daily, Floats
from queue_service.insights.week import Week, same, written
from queue_service.insights.windows import Window
from queue_service.offices import Office

EDGE = 30  # minutes after opening and before closing
CUT, FIRST, LAST, REST = 1, 2, 3, 4  # parts of a day; 0 is none of them
PARTS = {"cut": CUT, "first": FIRST, "last": LAST, "rest": REST}
TURNED_AWAY = "turned away"

Sure = Literal["yes", "no", "cannot tell"]


class Hours(Struct, frozen=True, kw_only=True):
    """Reception hours before and after a date."""

    before: Week
    after: Week
    early: int = 0  # minutes before opening at which numbers are given already

    @property
    def cut(self) -> bool:
        """Whether there is a time that was open and is no longer."""
        return any((self.parts(day) == CUT).any() for day in range(7))

    def parts(self, weekday: int) -> npt.NDArray[np.int64]:
        """Of each minute of a weekday the part of the day it lies in; none where nothing was cut."""
        then, now = (self._given(week, weekday) for week in (self.before, self.after))
        parts = np.zeros(MINUTES, "<i8")
        if not (then & ~now).any():
            return parts
        parts[then & ~now] = CUT
        parts[now] = REST
        if spans := self.after.on(weekday):
            opens, closes = spans[0][0], spans[-1][1]
            edge = np.zeros(MINUTES, bool)
            edge[max(0, opens - self.early) : opens + EDGE] = True
            parts[now & edge] = FIRST
            edge[:] = False
            edge[max(0, closes - EDGE) : closes] = True
            parts[now & edge & (parts == REST)] = LAST
        return parts

    def _given(self, week: Week, weekday: int) -> npt.NDArray[np.bool_]:
        """The minutes in which numbers are given."""
        found = np.zeros(MINUTES, bool)
        for opens, closes in week.on(weekday):
            found[max(0, opens - self.early) : closes] = True
        return found


class Part(Struct, frozen=True, kw_only=True):
    """Visitors a day, and as a share of those expected in the time that was cut."""

    per_day: float | None
    share: float | None
    ci95: Interval | None
    verdict: Sure


class Displacement(Struct, frozen=True, kw_only=True):
    """What became of the visitors of the time that was cut; the parts add up to what was expected."""

    hours_before: str | None  # null where they differ by weekday
    hours_after: str | None
    days_before: int
    days_after: int
    cut_before: float | None  # visitors a day in the time that was cut, while it was open
    # Without enough days nothing of what follows is told.
    cut_expected: float | None = None  # as many, changed as the rest of the day has
    still: float | None = None  # received in that time nevertheless
    turned_away: float | None = None  # touches of the ticket machine in that time; null: not known
    after_opening: Part | None = None
    before_closing: Part | None = None
    not_seen: Part | None = None


def hours_at(office: Office, at: date) -> Hours | None:
    """The hours that an office changed on a date; None: it did not, or was always open."""
    then, now = (hours_in_force(office, f"{each}") for each in (at - timedelta(days=1), at))
    if then is None or now is None or then is now:
        return None
    weeks = Week.of(then.hours), Week.of(now.hours)
    return Hours(before=weeks[0], after=weeks[1], early=-office.tickets_from)


def displacement(
    come: Arrivals, hours: Hours, before: Window, after: Window, away: Arrivals | None = None
) -> Displacement | None:
    """What became of them; None where counts do not say who came in the time that was cut.

    `come`: who was received; `away`: who was turned away, where that is known.
    """
    daily = _by_part(come, hours, away)
    if daily is None:
        return None
    pair = Pair.matched(daily, before, after)
    drawn = Drawn(pair)
    cut, first, last, rest, touched = (drawn.drawn(part, OPEN) for part in (*PARTS, TURNED_AWAY))
    told = Displacement(
        hours_before=_told(hours.before, daily.dates),
        hours_after=_told(hours.after, daily.dates),
        days_before=int((pair.before > 0).sum()),
        days_after=int((pair.after > 0).sum()),
        cut_before=_number(cut[0][0]),
    )
    if pair.fewest < FEWEST_DAYS:
        return told
    moved = _Moved(drawn, cut, rest)
    return replace(
        told,
        cut_expected=_number(moved.expected[0]),
        still=_number(cut[1][0]),
        turned_away=_number(touched[1][0]) if away else None,
        after_opening=moved.part(moved.beyond(*first)),
        before_closing=moved.part(moved.beyond(*last)),
        not_seen=moved.part(moved.not_seen(first, last)),
    )


class _Moved:
    """Draws of the time that was cut against the rest of the day."""

    def __init__(
        self, drawn: Drawn, cut: tuple[Floats, Floats], rest: tuple[Floats, Floats]
    ) -> None:
        self._drawn, self._still = drawn, cut[1]
        with np.errstate(all="ignore"):
            self._growth = rest[1] / rest[0]
        self.expected = cut[0] * self._growth

    def beyond(self, before: Floats, after: Floats) -> Floats:
        """How many more came than the rest of the day lets expect."""
        return after - before * self._growth

    def not_seen(self, *edges: tuple[Floats, Floats]) -> Floats:
        """Who was expected and neither came at the edges nor in the time that was cut."""
        return np.asarray(self.expected - self._still - sum(self.beyond(*each) for each in edges))

    def part(self, drawn: Floats) -> Part:
        interval = self._drawn.interval(drawn)
        sure: Sure = "cannot tell"
        if interval and not interval[0] <= 0 <= interval[1]:
            sure = "yes" if interval[0] > 0 else "no"
        with np.errstate(all="ignore"):
            share = _number(drawn[0] / self.expected[0])
        return Part(per_day=_number(drawn[0]), share=share, ci95=interval, verdict=sure)


def _by_part(come: Arrivals, hours: Hours, away: Arrivals | None) -> Daily | None:
    """Visitors by part of the day, of weekdays of which something was cut; None: an interval is cut."""
    tables = np.array([hours.parts(day) for day in range(7)])
    turns = np.cumsum(np.diff(tables, axis=1, prepend=tables[:, :1]) != 0, axis=1)

    def parts(them: Arrivals) -> Column:
        found: Column = tables[them.weekday[them.day], them.start]
        return found

    cut: Column = tables.any(axis=1).astype("<i8")
    mine = come.of_days(cut[come.weekday])
    weekday, part = mine.weekday[mine.day], parts(mine)
    if (turns[weekday, mine.start] != turns[weekday, mine.end - 1]).any():
        return None
    sums = {name: mine.by_date(part == each).astype(float) for name, each in PARTS.items()}
    turned = (
        dict(zip(away.dates, away.by_date(parts(away) == CUT).tolist(), strict=True))
        if away
        else {}
    )
    sums[TURNED_AWAY] = np.array([turned.get(each, 0) for each in mine.dates], float)
    return Daily(dates=mine.dates, sums=sums | {OPEN: np.ones(len(mine.dates))}, spans={})


def _told(week: Week, dates: Sequence[date]) -> str | None:
    one = same([week.on(day) for day in sorted({each.weekday() for each in dates})])
    return None if one is None else written(one)


def _number(value: float) -> float | None:
    return round(float(value), DECIMALS) if np.isfinite(value) else None
