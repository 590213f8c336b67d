"""What visitors of some days came for, how often, and how long each stage of it took.

Pure. A case is a visit in which a procedure was handled: a visit with several is a case of each, and a
stage is shared equally by those that were handled in it, so that all hours add up to what was measured.

A stage belongs to the recorded procedures that its service offers; where it offers none of them, to those
that no service of that visit offers. A service at which none was recorded stands for itself, under the
procedure null. A visit whose finish was forgotten is a case without a time: the mean of the others of its
procedure stands for it. A visit that is still being served is not counted yet.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from queue_service.figures import LEDGER, NONE, STAGES, Column, Day, End
from queue_service.hours import MINUTE_MS, instant
from queue_service.insights.ranking import HOUR, MOST, Hours, TooMany
from queue_service.insights.reform_priority import Work
from queue_service.insights.resampling import FEWEST_DAYS, weights
from queue_service.offices import Office

A_DAY = timedelta(days=1)
A_YEAR = 365
WHOLE_YEAR = (365, 366)  # days of a window whose cases are those of a year
SEASONS = 350  # days of a window that has seen every season

Yes = npt.NDArray[np.bool_]
Kind = tuple[str, str | None]  # service and procedure
CASES, TIMED, MS = 0, 1, slice(2, 2 + len(STAGES))  # columns: so many, of known time, by stage


class Seen(Struct, frozen=True, kw_only=True):
    """What works rest on, as numbers of visits."""

    visits: int = 0  # that arrived
    handled: int = 0  # of them, those who were served
    running: int = 0  # still being served: not counted yet
    recorded: int = 0  # of those handled, those of whom somebody recorded what they came for
    timed: int = 0  # of those handled, those whose time is known


class Timeless(Struct, frozen=True, kw_only=True):
    """Cases of which no time is known at all; they have no place in the order."""

    procedure: str | None
    service: str
    counted: int


class Measured(Struct, frozen=True, kw_only=True):
    """The works of some days, and what they rest on."""

    works: list[Work]
    timeless: list[Timeless]
    seen: Seen
    days: int  # with a handled visit
    calendar_days: int
    annual_factor: float  # cases that were seen × this = cases a year

    @property
    def seasons_seen(self) -> bool:
        """Whether the days are about a year, so that no season is missing in it."""
        return self.calendar_days >= SEASONS


def measured(
    days: Sequence[Day], office: Office, first: date, last: date, today: date | None = None
) -> Measured:
    """The works of local calendar dates, both included; dates after `today` are not over.

    Raises:
        TooMany
    """
    calendar_days = max(1, (min(last, today or last) - first).days + 1)
    factor = 1.0 if calendar_days in WHOLE_YEAR else A_YEAR / calendar_days
    begins, ends = (instant(office.tz, each, 0) for each in (first, last + A_DAY))
    found: dict[str, dict[Kind, Column]] = defaultdict(dict)
    seen = Seen()
    for day in days:
        visits = _Visits(day, begins, ends)
        seen = _added(seen, visits.seen)
        for kind, figures in _cases(day, visits, office).items():
            mine = found[day.date]
            mine[kind] = mine.get(kind, 0) + figures
    works, timeless = _works(found, office, factor)
    return Measured(
        works=works,
        timeless=timeless,
        seen=seen,
        days=len(found),
        calendar_days=calendar_days,
        annual_factor=factor,
    )


def _added(one: Seen, other: Seen) -> Seen:
    return Seen(
        **{name: getattr(one, name) + getattr(other, name) for name in Seen.__struct_fields__}
    )


# One day


class _Visits:
    """Which visits of a day were handled, and of which the time is known."""

    def __init__(self, day: Day, begins: int, ends: int) -> None:
        rows, stays = day.visit_rows, day.stay_rows
        here = (rows["arrived_at"] >= begins) & (rows["arrived_at"] < ends)
        open_ = (rows["end"] == End.OPEN) & ~rows["forgotten"]
        running = here & open_ if day.source == LEDGER else np.zeros(rows.size, bool)
        # Called, and then nothing: a log that does not say, or somebody who forgot to.
        silent = (rows["to_call"] != NONE) & (rows["end"] == End.OPEN)
        served = (rows["end"] == End.FINISHED) | (rows["wait"] != NONE) | silent
        self.handled: Yes = here & ~running & served
        timed = np.bincount(stays["visit"][stays["served"] != NONE], minlength=rows.size) > 0
        self.timed: Yes = self.handled & timed
        self.seen = Seen(
            visits=int(here.sum()),
            handled=int(self.handled.sum()),
            running=int(running.sum()),
            recorded=int((self.handled & rows["with_items"]).sum()),
            timed=int(self.timed.sum()),
        )

    def worked(self, day: Day) -> Yes:
        """At which stays something was done; of visits without a time, those that were called."""
        visit, called = day.stay_rows["visit"], day.stay_rows["wait"] != NONE
        once = np.bincount(visit[called], minlength=self.handled.size) > 0
        guessed: Yes = (self.handled & ~self.timed)[visit] & (called | ~once[visit])
        timed: Yes = self.timed[visit] & (day.stay_rows["served"] != NONE)
        return guessed | timed


def _cases(day: Day, visits: _Visits, office: Office) -> dict[Kind, Column]:
    """How many cases of each kind a day had, and how long they took."""
    width, stays = len(day.names), day.stay_rows[visits.worked(day)]
    # A leg: a visit at a service.
    pairs = stays["visit"].astype("<i8") * width + stays["service"]
    legs, place = np.unique(pairs, return_inverse=True)
    took = np.zeros((legs.size, len(STAGES)))
    np.add.at(took, (place, stays["stage"]), np.maximum(stays["served"], 0))
    leg, procedure = _handled_in(day, legs // width, legs % width, office)
    figures = np.empty((leg.size, MS.stop))
    figures[:, CASES] = 1
    figures[:, TIMED] = visits.timed[legs // width][leg]
    figures[:, MS] = took[leg] / np.bincount(leg, minlength=legs.size)[leg, None]
    kinds, place = np.unique((legs % width)[leg] * width + procedure, return_inverse=True)
    whole = np.zeros((kinds.size, MS.stop))
    np.add.at(whole, place, figures)
    names = ((day.names[n // width], day.names[n % width] or None) for n in kinds.tolist())
    return dict(zip(names, whole, strict=True))


def _handled_in(day: Day, visit: Column, service: Column, office: Office) -> tuple[Column, Column]:
    """Each leg with each procedure that was handled in it, 0 where none was recorded."""
    width = len(day.names)
    items = np.unique(day.item_rows["visit"].astype("<i8") * width + day.item_rows["procedure"])
    of, procedure = items // width, items % width
    begin, end = (np.searchsorted(of, visit, side) for side in ("left", "right"))
    count = end - begin
    leg = np.repeat(np.arange(visit.size), count)
    item = np.arange(leg.size) + np.repeat(begin - (np.cumsum(count) - count), count)
    own = np.isin(service[leg] * width + procedure[item], _offered(day, office))
    of_service = np.bincount(leg, own, visit.size) > 0
    of_any = np.bincount(item, own, items.size) > 0
    here = np.where(of_service[leg], own, ~of_any[item])
    none = np.flatnonzero(np.bincount(leg, here, visit.size) == 0)
    return (
        np.concatenate([leg[here], none]),
        np.concatenate([procedure[item[here]], np.zeros_like(none)]),
    )


def _offered(day: Day, office: Office) -> list[int]:
    """The procedures that services offer, each pair as one number of places among the names of a day."""
    place = {name: n for n, name in enumerate(day.names)}
    return [
        place[service.id] * len(place) + place[each.id]
        for service in office.services
        for each in service.procedures
        if service.id in place and each.id in place
    ]


# All days


def _works(
    found: Mapping[str, Mapping[Kind, Column]], office: Office, factor: float
) -> tuple[list[Work], list[Timeless]]:
    dates = sorted(found)
    kinds = sorted({kind for date in dates for kind in found[date]}, key=str)
    if len(kinds) > MOST:
        raise TooMany(len(kinds))
    none = np.zeros(MS.stop)
    table = np.array([[found[date].get(kind, none) for date in dates] for kind in kinds])
    sections = {each.id: each.section for each in office.services}
    drawn = drawn_hours(table, dates, factor) if kinds else table
    works, timeless = list[Work](), list[Timeless]()
    for (service, procedure), figures, hours in zip(kinds, table, drawn, strict=True):
        total = figures.sum(0)
        counted, timed = int(total[CASES]), float(total[TIMED])
        if not timed:
            timeless.append(Timeless(service=service, procedure=procedure, counted=counted))
            continue
        minutes = (total[MS] / timed / MINUTE_MS).tolist()
        work = Work(
            service=service,
            procedure=procedure,
            section=sections.get(service),
            counted=counted,
            count=counted if factor == 1 else counted * factor,
            minutes=dict(zip(STAGES, minutes, strict=True)),
            drawn=hours,
            days=int((figures[:, TIMED] > 0).sum()),
        )
        works.append(work)
    return works, timeless


def drawn_hours(table: Hours, dates: Sequence[str], factor: float) -> Hours:
    """The hours a year of each kind when days are drawn anew, within their weekdays.

    `table`: kinds × dates × (cases, cases of known time, ms of each stage); on few dates nothing is drawn.
    What is drawn are the mean minutes; where the cases of a year are not counted but scaled, these too.
    """
    cases, timed, ms = table[:, :, CASES], table[:, :, TIMED], table[:, :, MS].sum(2)
    known = timed.sum(1, keepdims=True)
    hours = cases.sum(1, keepdims=True) * factor * ms.sum(1, keepdims=True) / np.maximum(known, 1)
    if len(dates) >= FEWEST_DAYS:
        day = weights(np.array([date.fromisoformat(each).weekday() for each in dates], "<i8")).T
        times = timed @ day
        count = cases @ day if factor != 1 else cases.sum(1, keepdims=True)
        # A draw without any case of known time says nothing of it.
        fresh = count * factor * (ms @ day) / np.where(times > 0, times, 1)
        hours = np.where(times > 0, fresh, hours)
    return np.asarray(hours / MINUTE_MS / HOUR)
