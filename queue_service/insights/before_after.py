"""Did it change with the reform? Any metric around a date, visitors and staff side by side.

Pure. What is compared are open days before a date and from it on, matched by weekday (`change`). A season
is taken out by the same dates a year earlier, unless the windows have the same season anyway, or by
other offices where somebody names them. Whatever makes the comparison unfair is warned of, and where
chance alone could have done it, the answer is "cannot tell".
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from queue_service.hours import DAYS
from queue_service.insights.arrivals import Arrivals
from queue_service.insights.change import DECIMALS, FEWEST_DAYS, Change, Drawn, Pair
from queue_service.insights.daily import METRICS, SECOND_MS, WAITS, Daily
from queue_service.insights.displacement import Displacement, Hours, displacement
from queue_service.insights.windows import Window, same_season

MAIN = (
    *("arrivals", "refused", "wait_p50_s", "wait_p90_s", "time_in_system_p50_s"),
    *("no_show_rate", "abandonment"),
    *("service_hours", "service_mean_s", "occupancy", "overtime_mean_s"),
)
CALLED = {"wait_p50_s": "wait_to_call_p50_s", "wait_p90_s": "wait_to_call_p90_s"}
LOAD = 0.1  # arrivals that differ by more change every wait
LENGTH = 0.1  # windows whose lengths differ by more
AS_MANY = 0.8  # of the days of the windows, a control has at least
POINTS = 100  # days that a series shows one by one; of more it shows weeks
A_WEEK = timedelta(weeks=1)

Control = Literal["year before", "other offices"]
Code = Literal[
    "unequal_length",
    "unequal_season",
    "unequal_load",
    "unseen_outside",
    "other_hours",
    "unmatched_weekdays",
    "missing_days",
    "no_comparison",
    "intervals_cut",
    "one_side",
]


class Caution(Struct, frozen=True, kw_only=True):
    """What makes the comparison less than fair, with the facts to say so."""

    code: Code
    facts: Mapping[str, object] = {}


class Days(Struct, frozen=True, kw_only=True):
    """A window, as it is told."""

    first: date
    last: date
    days: int
    open_days: int  # of which there is data
    arrivals: float | None  # a day, by the mix of weekdays


class Point(Struct, frozen=True, kw_only=True):
    """A day or a week of the metric; no week holds days from before and after the date."""

    start: date
    days: int
    value: float | None


class Around(Struct, frozen=True, kw_only=True):
    """What is asked, and what is known beside the figures."""

    metric: str
    at: date
    before: Window
    after: Window
    hours: Hours | None = None  # where they changed on the date
    other_hours: Sequence[date] = ()  # on which they changed within the windows, too
    missing_days: Sequence[date] = ()


class BeforeAfter(Struct, frozen=True, kw_only=True):
    """The answer."""

    change: Change  # of the metric that was asked for
    control: Control | None
    control_windows: tuple[Window, Window] | None
    before: Days
    after: Days
    n: int  # arrivals of both windows
    visitors: list[Change]
    staff: list[Change]
    displacement: Displacement | None
    warnings: list[Caution]
    bin: Literal["day", "week"]
    series: list[Point]


def before_after(
    own: Daily,
    asked: Around,
    others: Sequence[Daily] = (),
    *,
    come: Arrivals | None = None,
    away: Arrivals | None = None,
) -> BeforeAfter:
    """Whether the metric changed. `come`, `away`: who was received and who was turned away."""
    pair = Pair.matched(own, asked.before, asked.after)
    control, windows, controls = _control(own, asked, others, pair)
    drawn = Drawn(pair, controls)
    changes = {name: drawn.change(name) for name in _main(pair, asked.metric)}
    load = changes["arrivals"]
    moved = None
    if asked.hours and asked.hours.cut and come:
        moved = displacement(come, asked.hours, asked.before, asked.after, away)
    visitors, staff = (
        [each for each in changes.values() if each.side == side] for side in ("visitors", "staff")
    )
    bin, series = _series(own, asked)
    days = _days(own, asked.before, load.before), _days(own, asked.after, load.after)
    return BeforeAfter(
        change=changes[asked.metric],
        control=control,
        control_windows=windows,
        before=days[0],
        after=days[1],
        n=int(own.sum("arrivals")[_inside(own, asked)].sum()),
        visitors=visitors,
        staff=staff,
        displacement=moved,
        warnings=[
            *_unequal(asked, control, load),
            *_outside(asked, moved),
            *_missing(asked, own, pair),
            *([Caution(code="no_comparison")] if others and not control else []),
            *([] if any(_is_known(each) for each in staff) else [Caution(code="one_side")]),
        ],
        bin=bin,
        series=series,
    )


def _inside(own: Daily, asked: Around) -> npt.NDArray[np.bool_]:
    """Which dates lie in either window."""
    found: npt.NDArray[np.bool_] = asked.before.holds(own.dates) | asked.after.holds(own.dates)
    return found


def _is_known(change: Change) -> bool:
    return (change.before, change.after) != (None, None)


def _control(
    own: Daily, asked: Around, others: Sequence[Daily], pair: Pair
) -> tuple[Control | None, tuple[Window, Window] | None, list[Pair]]:
    """What else changed meanwhile: other offices, or else the office itself a year earlier."""
    windows = asked.before, asked.after
    if others:
        found = [Pair.matched(each, *windows) for each in others]
        found = [each for each in found if each.fewest >= FEWEST_DAYS]
        return ("other offices", windows, found) if found else (None, None, [])
    if same_season(*windows):
        return None, None, []
    before, after = (each.earlier() for each in windows)
    earlier = Pair.matched(own, before, after)
    if earlier.fewest < max(FEWEST_DAYS, AS_MANY * pair.fewest):
        return None, None, []
    return "year before", (before, after), [earlier]


def _main(pair: Pair, asked: str) -> list[str]:
    """The metrics of both sides. A log that knows no start of serving tells waits to the call."""
    places, _ = pair.daily.single("wait")
    names = MAIN if places.size else tuple(CALLED.get(name, name) for name in MAIN)
    return [*names, *([asked] if asked not in names else [])]


def _days(own: Daily, window: Window, arrivals: float | None) -> Days:
    return Days(
        first=window.first,
        last=window.last,
        days=window.days,
        open_days=int(window.holds(own.dates).sum()),
        arrivals=arrivals,
    )


# What makes the comparison unfair


def _unequal(asked: Around, control: Control | None, load: Change) -> list[Caution]:
    found = []
    before, after = asked.before.days, asked.after.days
    if abs(before - after) > LENGTH * max(before, after):
        found.append(Caution(code="unequal_length", facts={"before": before, "after": after}))
    if not control and not same_season(asked.before, asked.after):
        found.append(Caution(code="unequal_season"))
    if asked.metric in WAITS and load.before and load.after:
        relative = load.after / load.before - 1
        if abs(relative) > LOAD:
            facts = {"before": load.before, "after": load.after}
            found.append(Caution(code="unequal_load", facts=facts))
    return found


def _outside(asked: Around, moved: Displacement | None) -> list[Caution]:
    found = []
    if asked.hours and asked.hours.cut:
        found.append(Caution(code="unseen_outside"))
        if moved is None:
            found.append(Caution(code="intervals_cut"))
    if asked.other_hours:
        found.append(Caution(code="other_hours", facts={"dates": list(asked.other_hours)}))
    return found


def _missing(asked: Around, own: Daily, pair: Pair) -> list[Caution]:
    found = []
    unused = _inside(own, asked) & (pair.before == 0) & (pair.after == 0)
    left = sorted({own.dates[n].weekday() for n in np.flatnonzero(unused)})
    if left:
        facts = {"weekdays": [DAYS[day] for day in left]}
        found.append(Caution(code="unmatched_weekdays", facts=facts))
    if asked.missing_days:
        found.append(Caution(code="missing_days", facts={"n": len(asked.missing_days)}))
    return found


# A picture of it


def _series(own: Daily, asked: Around) -> tuple[Literal["day", "week"], list[Point]]:
    """The metric day by day, or week by week, counted from the date."""
    shown = np.flatnonzero(_inside(own, asked))
    length = 1 if shown.size <= POINTS else A_WEEK.days
    since = np.array([(each - asked.at).days for each in own.dates], "<i8") // length
    metric = METRICS[asked.metric]
    places, values = own.single(metric.span)
    points = []
    for bin in np.unique(since[shown]).tolist():
        days = shown[since[shown] == bin]
        value = None
        if metric.share is not None:
            mine = values[np.isin(places, days)]
            if mine.size:
                value = float(np.quantile(mine, metric.share)) / SECOND_MS
        else:
            above, below = (float(own.sum(name)[days].sum()) for name in metric.over)
            value = above / below if below else None
        start = max(own.dates[days[0]], asked.at + bin * length * timedelta(days=1))
        points.append(Point(start=start, days=days.size, value=value and round(value, DECIMALS)))
    return ("day" if length == 1 else "week"), points
