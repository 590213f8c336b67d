"""What visitors came for, month by month: their items, and what was said and done instead of a visit.

Pure. A visit stands in the month in which its visitor arrived. Copies are those of visits that were
served: whoever left without being served took nothing home.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, timedelta

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from queue_service.figures import NONE, Column, Day, Rows
from queue_service.hours import instant
from queue_service.offices import Office

A_DAY = timedelta(days=1)


class Asked(Struct, kw_only=True):
    """What visitors came for in a month, and who was spared the visit."""

    visits: int = 0
    with_items: int = 0  # of them, those of whom somebody recorded what they came for
    avoidable: int = 0  # of those, the ones whose every item can be had elsewhere
    helped: int = 0  # who needed no number
    # By procedure: copies of visits that were served, and visits, each once for all it came for.
    copies: Counter[str] = field(default_factory=Counter)
    visits_for: Counter[str] = field(default_factory=Counter)
    avoidable_for: Counter[str] = field(default_factory=Counter)
    hints: Counter[tuple[str, str]] = field(default_factory=Counter)  # and by answer

    @property
    def procedures(self) -> set[str]:
        """Whatever was asked for, or hinted at."""
        return {*self.visits_for, *(procedure for procedure, _ in self.hints)}

    def add(self, other: "Asked") -> None:
        """Add another month to this one."""
        self.visits += other.visits
        self.with_items += other.with_items
        self.avoidable += other.avoidable
        self.helped += other.helped
        self.copies.update(other.copies)
        self.visits_for.update(other.visits_for)
        self.avoidable_for.update(other.avoidable_for)
        self.hints.update(other.hints)


class Period:
    """Local calendar dates, both included, and the months that they touch."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        months = range(first.year * 12 + first.month, last.year * 12 + last.month)
        self.begins = [first, *(date(n // 12, n % 12 + 1, 1) for n in months)]
        self.months = [f"{each:%Y-%m}" for each in self.begins]

    def is_whole(self, month: str) -> bool:
        """Whether all days of a month lie in it."""
        begin = date.fromisoformat(f"{month}-01")
        _, days = monthrange(begin.year, begin.month)
        return self.first <= begin and begin.replace(day=days) <= self.last


def asked_by_month(
    days: Iterable[Day], office: Office, period: Period, obtainable: Set[str]
) -> dict[str, Asked]:
    """The months of which there are figures. `obtainable`: the procedures to be had elsewhere."""
    edges = np.array(
        [instant(office.tz, each, 0) for each in (*period.begins, period.last + A_DAY)], "<i8"
    )
    found: dict[str, Asked] = {}
    for day in days:
        if f"{period.first}" <= day.date <= f"{period.last}":
            found.setdefault(day.date[:7], Asked())
        for n, asked in _by_month(day, edges, obtainable).items():
            found.setdefault(period.months[n], Asked()).add(asked)
    return {month: found[month] for month in sorted(found)}


def together(months: Iterable[Asked]) -> Asked:
    """All of them as one."""
    whole = Asked()
    for each in months:
        whole.add(each)
    return whole


def _by_month(day: Day, edges: Column, obtainable: Set[str]) -> Mapping[int, Asked]:
    """The figures of a day by the place of their month; most days have one."""
    visits, hints = _month(day.visit_rows, "arrived_at", edges), _month(day.hint_rows, "at", edges)
    helped = _month(day.helped_rows, "at", edges)
    there = set(np.concatenate([visits, hints, helped]).tolist()) - {NONE}
    return {
        n: replace(
            _visits(day, visits == n, obtainable),
            helped=int((helped == n).sum()),
            hints=_hints(day.hint_rows[hints == n], day.names),
        )
        for n in there
    }


def _month(rows: Rows, at: str, edges: Column) -> Column:
    """The place of the month of each row; NONE outside the period."""
    place = np.searchsorted(edges, rows[at], "right") - 1
    return np.where(place < edges.size - 1, place, NONE)


def _visits(day: Day, here: Column, obtainable: Set[str]) -> Asked:
    """What chosen visits of a day came for."""
    items, names = day.item_rows, day.names
    elsewhere = np.array([name in obtainable for name in names], bool)[items["procedure"]]
    recorded, needed = np.zeros(here.size, bool), np.zeros(here.size, bool)
    recorded[items["visit"]] = True
    needed[items["visit"][~elsewhere]] = True
    avoidable = here & recorded & ~needed
    taken = items[(here & (day.visit_rows["wait"] != NONE))[items["visit"]]]
    return Asked(
        visits=int(here.sum()),
        with_items=int((here & recorded).sum()),
        avoidable=int(avoidable.sum()),
        copies=_by_name(taken["procedure"], names, taken["quantity"]),
        visits_for=_visits_for(items[here[items["visit"]]], names),
        avoidable_for=_visits_for(items[avoidable[items["visit"]]], names),
    )


def _visits_for(items: Rows, names: Sequence[str]) -> Counter[str]:
    """How many visits there were for each procedure, however often it stands among their items."""
    pairs = np.unique(items["visit"].astype("<i8") * len(names) + items["procedure"])
    return _by_name(pairs % len(names), names)


def _by_name(places: Column, names: Sequence[str], count: Column | None = None) -> Counter[str]:
    counted = np.bincount(places, count, len(names)).astype("<i8").tolist()
    return Counter({name: n for name, n in zip(names, counted, strict=True) if n})


def _hints(rows: Rows, names: Sequence[str]) -> Counter[tuple[str, str]]:
    pairs = zip(rows["procedure"].tolist(), rows["answer"].tolist(), strict=True)
    return Counter((names[procedure], names[answer]) for procedure, answer in pairs)
