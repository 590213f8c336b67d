"""Stages: how long visits waited and were worked on at each, by time, service and whatever else.

Pure. A row is told of one stage of one service: that at which the stage was, whichever the visit first
came for. Every figure stands in the interval in which the visit arrived, as those of arrivals do, and
percentiles come from raw values.
"""

from collections.abc import Sequence

import numpy as np

from queue_service.figures import LEDGER, STAY, VISIT, Day, Flags, Rows
from queue_service.intervals import (
    Answer,
    Groups,
    Question,
    chosen,
    quality_asked,
    renamed,
    written,
)
from queue_service.measures import STAGE_SPANS, measure_stages, population
from queue_service.offices import Office
from queue_service.tickets import Stage

OF_VISIT = ("arrived_at", "channel", "language", "end")
STAY_OF_VISIT = np.dtype(  # a stage of a visit, with what it needs to know of the visit
    [
        *STAY.descr,
        *((name, VISIT[name].str) for name in OF_VISIT),
        ("day", "<u2"),  # its place among the days
        ("last", "?"),  # of its visit
        ("ours", "?"),  # seen by this system, not imported
    ]
)


def answer(question: Question, days: Sequence[Day], office: Office) -> Answer:
    """Count the stages of visits that arrived on the dates asked for."""
    stays, visits, names = stays_of(days)
    stays = stays[chosen(stays, "arrived_at", question, office, names)]
    groups = Groups(question, office, names)
    keys, group = np.unique(groups.of(stays, "arrived_at"), return_inverse=True)
    labels = groups.labels(keys)
    measured = measure_stages(stays, group, keys.size, _untold(stays, days))
    measured["called"] = [  # without the visitor, nobody could be
        count if Stage(stage).calls_visitor else None
        for stage, count in zip(labels["stage"], measured["called"], strict=True)
    ]
    seen = np.zeros(visits.size, bool)
    seen[stays["visit"]] = True
    return Answer(
        rows=written(question, labels, measured),
        n=int(seen.sum()),
        quality=quality_asked(question, days, office),
        populations={span: measured[population(span)] for span in STAGE_SPANS},
    )


def _untold(stays: Rows, days: Sequence[Day]) -> dict[str, Flags]:
    """By count the stages whose day cannot tell it."""
    told_by = {"called": "called", "handled": "served"}
    return {
        name: np.array([told in day.unknown for day in days], bool)[stays["day"]]
        for name, told in told_by.items()
        if any(told in day.unknown for day in days)
    }


def stays_of(days: Sequence[Day]) -> tuple[Rows, Rows, tuple[str, ...]]:
    """The stages of several days, the visits they point to, and the names that stand in both."""
    names: dict[str, int] = {"": 0}
    stays, visits, known = [np.empty(0, STAY_OF_VISIT)], [np.empty(0, VISIT)], 0
    for n, day in enumerate(days):
        mine, whose = (renamed(rows, day, names) for rows in (day.stay_rows, day.visit_rows))
        stays.append(_with_visits(mine, whose))
        stays[-1]["visit"] += known
        stays[-1]["day"], stays[-1]["ours"] = n, day.source == LEDGER
        visits.append(whose)
        known += whose.size
    return np.concatenate(stays), np.concatenate(visits), tuple(names)


def _with_visits(stays: Rows, visits: Rows) -> Rows:
    rows, visit = np.zeros(stays.size, STAY_OF_VISIT), stays["visit"]
    for name in STAY.names or ():
        rows[name] = stays[name]
    for name in OF_VISIT:
        rows[name] = visits[name][visit]
    rows["last"][-1:] = True
    rows["last"][:-1] = visit[1:] != visit[:-1]
    return rows
