"""What an office did on each of its open days: the figures from which a change is told.

Pure. A day is a business day on which somebody came, or on which the office was open by its own hours.
What a source cannot know (a log without calls knows no wait) is missing and not zero: then the day has
nothing below the line, and does not count for that metric.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from queue_service.counts import Count
from queue_service.figures import LEDGER, NONE, STAGES, Column, Day, End, Rows
from queue_service.hours import hours_in_force, reception_spans
from queue_service.measures import COUNTS, SPANS
from queue_service.offices import Office

Side = Literal["visitors", "staff"]
Unit = Literal["people", "seconds", "share", "hours"]
Floats = npt.NDArray[np.float64]

HOUR_MS = 3_600_000
SECOND_MS = 1000
SHARES = {"p50": 0.5, "p90": 0.9}
AT_A_DESK = [STAGES.index(each) for each in STAGES if each.calls_visitor]
OPEN = "open"  # 1 of each day; what begins so is 1 or 0, however many sources a day has
TOLD, SERVED, CLOSED = "open: called", "open: served", "open: closed"


class Metric(Struct, frozen=True, kw_only=True):
    """A sum over a sum of days, or a percentile of single values."""

    side: Side
    unit: Unit
    over: tuple[str, str] = ("", "")  # names of `Daily.sums`; of percentiles there are none
    span: str = ""  # of `measures.SPANS`, …
    figure: str = ""  # … and what is told of it

    @property
    def share(self) -> float | None:
        """How many of the values lie below; None where it is no percentile."""
        return SHARES.get(self.figure)


def _metrics() -> Iterable[tuple[str, Metric]]:
    for name in COUNTS:
        known = {"arrivals": OPEN, "refused": "open: refused"}.get(name, TOLD)
        yield name, Metric(side="visitors", unit="people", over=(name, known))
    for name, (_, figures) in SPANS.items():
        side: Side = "staff" if name == "service" else "visitors"
        for figure in figures:
            over = (f"{name}_s", f"{name}_n") if figure == "mean" else ("", "")
            if figure == "mean" or figure in SHARES:
                told = Metric(side=side, unit="seconds", over=over, span=name, figure=figure)
                yield f"{name}_{figure}_s", told
    yield "no_show_rate", Metric(side="visitors", unit="share", over=("no_show", "called"))
    yield "abandonment", Metric(side="visitors", unit="share", over=("gave_up", "could_give_up"))
    yield "service_hours", Metric(side="staff", unit="hours", over=("serving_h", SERVED))
    yield "occupancy", Metric(side="staff", unit="share", over=("busy_h", "desk_h"))
    yield "overtime_mean_s", Metric(side="staff", unit="seconds", over=("overtime_s", CLOSED))


METRICS: Mapping[str, Metric] = dict(_metrics())
WAITS = [name for name, each in METRICS.items() if each.side == "visitors" and each.span]


class Daily(Struct, frozen=True, kw_only=True):
    """The open days of an office in figures."""

    dates: tuple[date, ...]  # in order
    sums: Mapping[str, Floats]  # of each day
    spans: Mapping[str, tuple[Column, Column]]  # single values, ms: the place of the day, the value

    def sum(self, name: str) -> Floats:
        """Of each day; nothing where it is not known."""
        return self.sums.get(name, np.zeros(len(self.dates)))

    def single(self, span: str) -> tuple[Column, Column]:
        """Days and values of a span; none where it is not known."""
        return self.spans.get(span, (np.empty(0, "<i8"), np.empty(0, "<i8")))


def of_days(days: Iterable[Day], office: Office) -> Daily:
    """The days of an office, or of a log; `office`: whose hours say when it was open."""
    by_date: dict[str, list[Day]] = defaultdict(list)
    for day in days:
        by_date[day.date].append(day)
    kept = [each for each in sorted(by_date) if _is_open(by_date[each], office, each)]
    sums: dict[str, Floats] = defaultdict(lambda: np.zeros(len(kept)))
    for place, name in enumerate(kept):
        for day in by_date[name]:
            for what, value in _sums(day, office).items():
                sums[what][place] += value
    for what, column in sums.items():
        if what.startswith(OPEN):
            np.minimum(column, 1, out=column)
    return Daily(
        dates=tuple(date.fromisoformat(each) for each in kept),
        sums=dict(sums),
        spans={
            span: _single(column, [by_date[each] for each in kept]) for span, column in _COLUMNS
        },
    )


_COLUMNS = [(span, column) for span, (column, _) in SPANS.items()]


def of_counts(counts: Iterable[Count]) -> Daily:
    """Visitors whom somebody counted: nothing else is known of them."""
    by_date: dict[str, int] = defaultdict(int)
    for each in counts:
        by_date[each.date] += each.count
    dates = sorted(by_date)
    come = np.array([by_date[each] for each in dates], float)
    return Daily(
        dates=tuple(date.fromisoformat(each) for each in dates),
        sums={"arrivals": come, OPEN: np.ones(come.size)},
        spans={},
    )


def _is_open(days: Sequence[Day], office: Office, name: str) -> bool:
    if any(day.visits for day in days):
        return True
    return bool(office.reception_hours and reception_spans(office, None, name))


def _single(column: str, days: Sequence[Sequence[Day]]) -> tuple[Column, Column]:
    places, values = [np.empty(0, "<i8")], [np.empty(0, "<i8")]
    for place, same_date in enumerate(days):
        for day in same_date:
            found = day.visit_rows[column]
            values.append(found[found != NONE])
            places.append(np.full(values[-1].size, place))
    return np.concatenate(places), np.concatenate(values)


# One day


def _sums(day: Day, office: Office) -> dict[str, float]:
    visits, stays = day.visit_rows, day.stay_rows
    here = day.source == LEDGER
    told = float(here or bool((visits["to_call"] != NONE).any()))
    found = _of_visits(visits) | {OPEN: 1.0, TOLD: told, "refused": day.refused_rows.size}
    found |= {"open: refused": float(here), "could_give_up": told * visits.size}
    work = stays[np.isin(stays["stage"], AT_A_DESK) & (stays["served"] != NONE)]
    serving_h = float(work["served"].sum()) / HOUR_MS
    found |= {"serving_h": serving_h, SERVED: float(here or work.size > 0)}
    desks = day.open_rows
    if desks.size:
        desk_h = float((desks["until"] - desks["since"]).sum()) / HOUR_MS
        found |= {"busy_h": serving_h, "desk_h": desk_h}
    closes = _closes(office, day.date)
    if work.size and closes is not None:
        late = max(0, int(work["until"].max()) - closes)
        found |= {"overtime_s": late / SECOND_MS, CLOSED: 1.0}
    return found


def _of_visits(visits: Rows) -> dict[str, float]:
    uncalled = visits["to_call"] == NONE
    ends = {end: visits["end"] == end for end in End}
    gave_up = uncalled & (ends[End.CANCELLED] | ends[End.EXPIRED])
    found: dict[str, float] = {
        "arrivals": visits.size,
        "called": visits.size - int(uncalled.sum()),
        "served": int((visits["wait"] != NONE).sum()),
        "gave_up": int(gave_up.sum()),
    }
    for end in (End.FINISHED, End.NO_SHOW, End.CANCELLED, End.EXPIRED):
        found[end.name.lower()] = int(ends[end].sum())
    for span, (column, _) in SPANS.items():
        there = visits[column][visits[column] != NONE]
        found[f"{span}_s"], found[f"{span}_n"] = float(there.sum()) / SECOND_MS, there.size
    return found


def _closes(office: Office, name: str) -> int | None:
    """The instant at which the last reception of a date ends; None: it has no end."""
    if hours_in_force(office, name) is None:
        return None
    whose = [None, *(each for each in office.services if each.hours is not None)]
    ends = [spans[-1][1] for each in whose if (spans := reception_spans(office, each, name))]
    return max(ends, default=None)
