"""Intervals: arrivals, waits and serving times by time, service and whatever else is asked for.

Pure. Rows are made from the figures of whole days (`figures.Day`) each time anew: counts are sums,
means and percentiles come from the raw values of the range asked for and are never averaged. Every
figure of a visit stands in the interval of its arrival; intervals are half-open.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from msgspec import Struct

from queue_service.bins import Bin, Bins, reception_bins
from queue_service.figures import (
    LEDGER,
    NONE,
    REFUSED,
    STAGES,
    VISIT,
    Column,
    Day,
    Flags,
    Rows,
)
from queue_service.hours import DAYS, instant
from queue_service.measures import (
    ENDS,
    LENGTHS,
    MEASURES,
    MOST_AT_ONCE,
    NESTED,
    SPANS,
    STAGE_COUNTS,
    STAGE_MEASURES,
    STAGE_SPANS,
    WITHIN,
    Spans,
    measure,
    nulled,
    population,
)
from queue_service.offices import Office
from queue_service.withholding import Shape

Table = Literal["arrivals", "stages", "queue"]  # what rows tell of; the last two have own modules
By = Literal["service", "desk", "section", "weekday", "channel", "language", "time"]
Told = By | Literal["stage"]
WHOLE_OFFICE = "*"

Row = dict[str, Any]


class Question(Struct, frozen=True, kw_only=True):
    """What is asked: local calendar dates, both included, and how to cut them."""

    table: Table = "arrivals"
    first: date
    last: date
    bin: Bin = "60"
    by: tuple[By, ...] = ()
    service: str | None = None  # only this one, "*": the whole office; None: that and each
    within: int | None = None  # minutes: also count who was served after a wait of at most so long
    withhold: int | None = None  # for publication: tell nothing of fewer people; see `withholding`

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a row of the answer."""
        return ("start", "end", "service", *self.told_by, *self.measures)

    @property
    def measures(self) -> tuple[str, ...]:
        """What is told of each row."""
        match self.table:
            case "stages":
                return STAGE_MEASURES
            case "queue":
                return LENGTHS
            case _:
                return MEASURES if self.within is None else (*MEASURES, WITHIN)

    @property
    def shape(self) -> Shape:
        """How its counts hang together."""
        match self.table:
            case "stages":
                spans = _columns_of(STAGE_SPANS)
                base, *inner = STAGE_COUNTS
                return Shape(base=base, inner=tuple(inner), nested=STAGE_COUNTS, spans=spans)
            case "queue":  # its means add up as counts do, and are told where the most are told
                base, *alone = MOST_AT_ONCE
                follow = {each.replace("_max", "_mean"): each for each in MOST_AT_ONCE}
                return Shape(base=base, alone=tuple(alone), follow=follow)
            case _:
                more = () if self.within is None else (WITHIN,)
                base, *inner = NESTED
                return Shape(
                    base=base,
                    inner=(*inner, *ENDS, *more),
                    nested=(*NESTED, *more),
                    alone=("refused",),
                    spans=_columns_of(SPANS),
                )

    @property
    def told_by(self) -> tuple[Told, ...]:
        """What rows are told apart by, besides their interval and service."""
        stage: tuple[Told, ...] = ("stage",) if self.table == "stages" else ()
        return (*stage, *(each for each in self.by if each != "service"))


def _columns_of(spans: Spans) -> dict[str, tuple[str, ...]]:
    return {name: tuple(f"{name}_{each}_s" for each in told) for name, (_, told) in spans.items()}


class Quality(Struct, frozen=True, kw_only=True):
    """How far the figures can be trusted, as numbers of visits; null where nobody can tell.

    They are told of `known_for` visits: those that this system saw itself. The logs of others do not say.
    """

    known_for: int
    implied_starts: int | None
    forgotten_finishes: int | None
    with_items: int | None


def quality_of(days: Iterable[Day], begins: int, ends: int, service: str | None = None) -> Quality:
    """The quality of the visits from `begins` to `ends`, of one service or of all."""
    counted = Counter[str]()
    for day in days:
        if day.source != LEDGER:
            continue
        rows = day.visit_rows
        rows = rows[_wanted(rows, "arrived_at", begins, ends, day.names, service)]
        counted["known_for"] += rows.size
        for name in ("implied", "forgotten", "with_items"):
            counted[name] += int(rows[name].sum())
    known = counted["known_for"]
    return Quality(
        known_for=known,
        implied_starts=counted["implied"] if known else None,
        forgotten_finishes=counted["forgotten"] if known else None,
        with_items=counted["with_items"] if known else None,
    )


def quality_asked(question: Question, days: Iterable[Day], office: Office) -> Quality:
    """That of the visits of the dates and the service that are asked for."""
    return quality_of(days, *_bounds(question, office), question.service)


class Answer(Struct, frozen=True, kw_only=True):
    """Rows in the order of time, the whole office before its services."""

    rows: list[Row]
    n: int
    quality: Quality
    populations: dict[str, list[int]] = {}  # of each span, how many had it, row by row


def answer(question: Question, days: Sequence[Day], office: Office) -> Answer:
    """Count the days of an office: whatever lies outside the dates asked for is left out."""
    visits, refused, names = _together(days)
    wanted = chosen(visits, "arrived_at", question, office, names)
    untold = {name: dark[wanted] for name, dark in _untold(days, question).items()}
    visits = visits[wanted]
    refused = refused[chosen(refused, "at", question, office, names)]
    groups = Groups(question, office, names)
    mine = groups.of(visits, "arrived_at")
    away = groups.of(refused, "at")
    keys, place = np.unique(np.concatenate([mine, away, groups.empty(days)]), return_inverse=True)
    measured = measure(
        visits,
        place[: mine.size],
        place[mine.size : mine.size + away.size],
        keys.size,
        question.within and question.within * 60_000,
        untold,
    )
    if dark := {day.date for day in days if "refused" in day.unknown}:
        seen = {day.date for day in days if "refused" not in day.unknown}
        none = groups.have(dark, keys) & ~groups.have(seen, keys)
        none &= np.array(measured["refused"]) == 0
        measured["refused"] = nulled(measured["refused"], none)
    rows = written(question, groups.labels(keys), measured)
    return Answer(
        rows=rows,
        n=int(visits.size),
        quality=quality_asked(question, days, office),
        populations={span: measured[population(span)] for span in SPANS},
    )


def written(
    question: Question, labels: Mapping[str, list[Any]], measured: Mapping[str, list[Any]]
) -> list[Row]:
    """Columns as rows, in the order that was promised."""
    columns = [*labels.values(), *(measured[name] for name in question.measures)]
    titles = question.columns
    return [dict(zip(titles, row, strict=True)) for row in zip(*columns, strict=True)]


def _together(days: Sequence[Day]) -> tuple[Rows, Rows, tuple[str, ...]]:
    """The rows of all days, with one list of names for all of them."""
    names: dict[str, int] = {"": 0}
    visits, refused = [np.empty(0, VISIT)], [np.empty(0, REFUSED)]
    for day in days:
        visits.append(renamed(day.visit_rows, day, names))
        refused.append(renamed(day.refused_rows, day, names))
    return np.concatenate(visits), np.concatenate(refused), tuple(names)


def renamed(rows: Rows, day: Day, names: dict[str, int]) -> Rows:
    """Rows of a day with their places in `names`, which grows by those of the day."""
    place = np.array([names.setdefault(name, len(names)) for name in day.names], "<u2")
    mine = rows.copy()
    for column in ("service", "desk", "channel", "language", "reason"):
        if column in (mine.dtype.names or ()):
            mine[column] = place[mine[column]]
    return mine


def _untold(days: Sequence[Day], question: Question) -> dict[str, Flags]:
    """By count the visits whose day cannot tell it."""
    names = {name for day in days for name in day.unknown} - {"refused"}
    if "served" in names and question.within is not None:
        names.add(WITHIN)
    return {
        name: np.concatenate(
            [
                np.full(day.visit_rows.size, (name if name != WITHIN else "served") in day.unknown)
                for day in days
            ]
        )
        for name in names
    }


def chosen(rows: Rows, at: str, question: Question, office: Office, names: Sequence[str]) -> Flags:
    """Which rows are of the dates and the service that are asked for."""
    return _wanted(rows, at, *_bounds(question, office), names, question.service)


def _bounds(question: Question, office: Office) -> tuple[int, int]:
    """From which instant until which the dates are that are asked for."""
    begins = instant(office.tz, question.first, 0)
    return begins, instant(office.tz, question.last + timedelta(days=1), 0)


def _wanted(
    rows: Rows, at: str, begins: int, ends: int, names: Sequence[str], service: str | None
) -> Flags:
    wanted: Flags = (rows[at] >= begins) & (rows[at] < ends)
    if service not in (None, WHOLE_OFFICE):
        wanted &= rows["service"] == (names.index(service) if service in names else NONE)
    return wanted


class Groups:
    """Gives each row the numbers of the groups it belongs to: its service's, and the office's.

    A group is one number, made of interval, service and whatever else rows are told apart by, so
    that the order of the numbers is the order of the rows.
    """

    def __init__(self, question: Question, office: Office, names: tuple[str, ...]) -> None:
        whole = "time" in question.by
        self._cut = Bins(office, question.first, question.last, question.bin, whole=whole)
        self._question, self._office, self._names = question, office, names
        known = [each.id for each in office.services]
        others = sorted(set(names) - set(known) - {""})
        self._services = [WHOLE_OFFICE, *known, *others]  # others: of imports, or of yesterday
        self._values: dict[Told, list[str]] = {by: self._known(by) for by in question.told_by}

    def _known(self, by: Told) -> list[str]:
        if by == "stage":
            return [*STAGES]
        if by == "weekday":
            return list(DAYS)
        if by == "time":
            return self._cut.clock_labels
        if by == "section":
            return sorted({each.section or "" for each in self._office.services} | {""})
        return sorted(self._names)

    def of(self, rows: Rows, at: str) -> Column:
        """The groups of the rows: first those of the whole office, then those of the services."""
        interval = self._cut.place(rows[at])
        told = [self._told(by, rows, at) for by in self._question.told_by]
        places = np.array([self._place(name) for name in self._names], "<i8")
        service = places[rows["service"]]
        own = self._number(interval, service, told)
        whole = self._number(interval, np.zeros_like(service), told)
        match self._question.service:
            case None:
                return np.concatenate([whole, own])
            case "*":
                return whole
            case _:
                return own

    def _place(self, name: str) -> int:
        return self._services.index(name) if name in self._services else 0

    def _told(self, by: Told, rows: Rows, at: str) -> Column:
        values = self._values[by]
        if by == "stage":
            return rows["stage"].astype("<i8")
        if by == "weekday":
            return self._cut.weekday(rows[at])
        if by == "time":
            return self._cut.clock(rows[at])
        if by == "section":
            sections = {each.id: each.section or "" for each in self._office.services}
            table = [values.index(sections.get(name, "")) for name in self._names]
            places = rows["service"]
        else:
            table = [values.index(name) for name in self._names]
            # Whoever was turned away came to no desk and was asked for no language.
            places = rows[by] if by in (rows.dtype.names or ()) else np.zeros(rows.size, "<u2")
        codes: Column = np.array(table, "<i8")[places]
        return codes

    def _number(self, interval: Column, service: Column, told: Sequence[Column]) -> Column:
        number = interval * len(self._services) + service
        for by, value in zip(self._question.told_by, told, strict=True):
            number = number * len(self._values[by]) + value
        return number

    def empty(self, days: Sequence[Day]) -> Column:
        """The intervals of the reception hours, which have a row though nobody came."""
        if self._question.told_by:
            return np.empty(0, "<i8")
        used = {name for day in days for name in _services_of(day)}
        known = {each.id for each in self._office.services}
        dates = {day.date for day in days}
        found = reception_bins(self._office, {*known, *used}, dates, self._cut)
        # The office receives whenever one of its services does.
        found[WHOLE_OFFICE] = np.unique(np.concatenate([np.empty(0, "<i8"), *found.values()]))
        only = self._question.service
        every = [
            places * len(self._services) + self._services.index(name)
            for name, places in found.items()
            if only in (None, name)
        ]
        return np.concatenate([np.empty(0, "<i8"), *every])

    def have(self, dates: Collection[str], keys: Column) -> Flags:
        """Which groups have one of these dates in them."""
        found = self._cut.of_dates(dates)
        interval, weekday = self._parted(keys)
        whole: Flags = np.logical_or.reduce(found, axis=1)
        return whole[interval] if weekday is None else found[interval, weekday]

    def _parted(self, keys: Column) -> tuple[Column, Column | None]:
        """The intervals of the groups, and their weekdays where they are told apart by them."""
        weekday = None
        for by in reversed(self._question.told_by):
            size = len(self._values[by])
            if by == "weekday":
                weekday = keys % size
            keys = keys // size
        return keys // len(self._services), weekday

    def labels(self, keys: Column) -> dict[str, list[Any]]:
        """What the groups are called, as columns."""
        told: dict[str, list[Any]] = {}
        for by in reversed(self._question.told_by):
            values = self._values[by]
            told[by] = [values[n] or None for n in (keys % len(values)).tolist()]
            keys = keys // len(values)
        service = [self._services[n] for n in (keys % len(self._services)).tolist()]
        starts, ends = self._cut.labels(keys // len(self._services))
        return {
            "start": starts,
            "end": ends,
            "service": service,
            **{by: told[by] for by in self._question.told_by},
        }


def _services_of(day: Day) -> set[str]:
    used = {*day.visit_rows["service"].tolist(), *day.refused_rows["service"].tolist()}
    return {day.names[place] for place in used}
