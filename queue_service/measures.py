"""The measures: what is counted of a group of visits, and what is told of its times.

Pure. An empty population is null, not zero. Percentiles are linear (R. J. Hyndman, Y. Fan, "Sample
Quantiles in Statistical Packages", The American Statistician 50, 1996, type 7), always from raw values.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from queue_service.figures import NONE, Column, End, Flags, Rows

Spans = Mapping[str, tuple[str, tuple[str, ...]]]  # the column, and what is told of it

NESTED = ("arrivals", "called", "served")  # each counts some of those before it
ENDS = ("finished", "no_show", "cancelled", "expired")  # a visit has one at most
COUNTS = ("arrivals", "refused", "called", "served", *ENDS)
SPANS: Spans = {
    "wait_to_call": ("to_call", ("mean", "p50", "p90", "max")),
    "wait": ("wait", ("mean", "p50", "p90", "max")),
    "service": ("service_ms", ("mean", "p50", "p90")),
    "handover_wait": ("handover_wait", ("p50", "p90")),
    "time_in_system": ("in_system", ("p50", "p90")),
}
STAGE_COUNTS = ("visits", "called", "handled")
STAGE_SPANS: Spans = {
    "stage_wait": ("wait", ("mean", "p50", "p90", "max")),
    "stage_time": ("served", ("mean", "p50", "p90")),
}
MOST_AT_ONCE = ("queue_max", "handover_queue_max")
LENGTHS = ("queue_mean", "queue_max", "handover_queue_mean", "handover_queue_max")


def _span_columns(spans: Spans) -> tuple[str, ...]:
    return tuple(f"{name}_{what}_s" for name, (_, told) in spans.items() for what in told)


MEASURES = (*COUNTS, *_span_columns(SPANS))
STAGE_MEASURES = (*STAGE_COUNTS, *_span_columns(STAGE_SPANS))
WITHIN = "served_within"  # told where it is asked for: the service level of a contact centre
SPAN_BITS = 40  # a span is never negative, and shorter than 34 years
DECIMALS = 4  # of seconds; the ledger knows milliseconds


def measure(
    visits: Rows,
    group: Column,
    away: Column,
    groups: int,
    within_ms: int | None = None,
    untold: Mapping[str, Flags] | None = None,
) -> dict[str, list[Any]]:
    """Every measure, as a column over the groups.

    `group`: of each visit, and once more for each further time that the visits are gone over; `away`:
    of each visitor who was turned away; `within_ms`: also count who was served after a wait of at
    most so long; `untold`: by count, the visits of which nobody can tell it. Times are in seconds.
    """
    again = group.size // visits.size if visits.size else 0

    def count(where: Any) -> Column:
        return np.bincount(group[np.tile(where, again)], minlength=groups)

    counts = {
        "arrivals": count(np.ones(visits.size, bool)),
        "refused": np.bincount(away, minlength=groups),
        "called": count(visits["to_call"] != NONE),
        "served": count(visits["wait"] != NONE),
    }
    if within_ms is not None:
        counts[WITHIN] = count((visits["wait"] != NONE) & (visits["wait"] <= within_ms))
    for end in (End.FINISHED, End.NO_SHOW, End.CANCELLED, End.EXPIRED):
        counts[end.name.lower()] = count(visits["end"] == end)
    return _known(counts, count, untold) | _times(SPANS, visits, group, groups)


def measure_stages(
    stays: Rows, group: Column, groups: int, untold: Mapping[str, Flags] | None = None
) -> dict[str, list[Any]]:
    """Every measure of stages, as a column over the groups; `group` and `untold` as above."""
    again = group.size // stays.size if stays.size else 0

    def count(where: Any) -> Column:
        return np.bincount(group[np.tile(where, again)], minlength=groups)

    counts = {
        "visits": count(np.ones(stays.size, bool)),
        "called": count(stays["wait"] != NONE),
        "handled": count(stays["served"] != NONE),
    }
    return _known(counts, count, untold) | _times(STAGE_SPANS, stays, group, groups)


def _known(
    counts: Mapping[str, Column],
    count: Callable[[Any], Column],
    untold: Mapping[str, Flags] | None,
) -> dict[str, list[Any]]:
    """Counts, null where nobody can tell them of any visit of a group."""
    told: dict[str, list[Any]] = {name: found.tolist() for name, found in counts.items()}
    for name, nobody in (untold or {}).items():
        # Where it can be told of some visits of a group, these are counted.
        dark = (count(nobody) > 0) & (count(~nobody) == 0)
        told[name] = nulled(told[name], dark)
    return told


def _times(spans: Spans, rows: Rows, group: Column, groups: int) -> dict[str, list[Any]]:
    again = group.size // rows.size if rows.size else 0
    told: dict[str, list[Any]] = {}
    for name, (column, what) in spans.items():
        there = np.tile(rows[column] != NONE, again)
        found = _spans(group[there], np.tile(rows[column], again)[there].astype("<i8"), groups)
        told |= {f"{name}_{each}_s": found[each] for each in what}
        told[population(name)] = np.bincount(group[there], minlength=groups).tolist()
    return told


def population(span: str) -> str:
    """The column that says how many had it; no row tells it."""
    return f"{span}_n"


def nulled(counts: list[Any], where: Flags) -> list[Any]:
    """Counts, with null where nobody can tell."""
    return [None if dark else count for count, dark in zip(counts, where.tolist(), strict=True)]


def _spans(group: Column, values: Column, groups: int) -> dict[str, list[float | None]]:
    """Mean, median, 90th percentile and maximum of each group in seconds; None where it is empty."""
    # One number of both sorts ten times as fast as two: 430,000 in 12 ms.
    values = np.sort(group << SPAN_BITS | values) & ((1 << SPAN_BITS) - 1)
    sizes = np.bincount(group, minlength=groups)
    some = sizes > 0
    found, size = np.flatnonzero(some).tolist(), sizes[some]
    begin = (np.cumsum(sizes) - sizes)[some]

    def at_share(share: float) -> Any:
        position = (size - 1) * share
        below = np.floor(position).astype("<i8")
        above = np.minimum(below + 1, size - 1)
        low, high = values[begin + below], values[begin + above]
        return low + (high - low) * (position - below)

    def column(told: Any) -> list[float | None]:
        seconds: list[float | None] = [None] * groups
        for place, each in zip(found, np.round(told / 1000, DECIMALS).tolist(), strict=True):
            seconds[place] = each
        return seconds

    sums = np.add.reduceat(values, begin) if size.size else np.empty(0)
    return {
        "mean": column(sums / size),
        "p50": column(at_share(0.5)),
        "p90": column(at_share(0.9)),
        "max": column(at_share(1.0)),
    }
