"""The length of the line: how many people stand in it, on the average of an interval and at most.

Pure. Whoever waits for the call to a service stands in the line of that service: from the arrival, or
from being passed on to it, up to the first call there or to leaving. Whoever waits for something to be
handed over stands in a line of its own, from when it was ready.

A length belongs to the interval itself, not to that of an arrival. Over a closed day it is exactly what
was waited: the mean times the length of the interval, summed up, is the sum of all waits (J. D. C.
Little, "A Proof for the Queuing Formula L = λW", Operations Research 9, 1961).

Two things nobody knows. When somebody left whose number expired at the end of the day: counted here up
to the end of the reception hours. And when somebody left of whom an imported log tells neither call nor
end: such a visit stands in no line. Of a log that tells no calls at all there is no line.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from msgspec import Struct

from queue_service.bins import Bins, reception_bins
from queue_service.figures import NONE, STAGES, Column, Day, End, Flags, Rows
from queue_service.hours import DAYS, business_day, reception_spans
from queue_service.intervals import WHOLE_OFFICE, Answer, By, Question, quality_asked, written
from queue_service.measures import DECIMALS, LENGTHS
from queue_service.offices import Office
from queue_service.stages import stays_of
from queue_service.tickets import Stage

BY: tuple[By, ...] = ("service", "section", "weekday", "time")  # nobody in line is at a desk
CALLING = [n for n, stage in enumerate(STAGES) if stage.calls_visitor]
HANDOVER = STAGES.index(Stage.HANDOVER)

Told = dict[str, list[Any]]  # columns


class Line(Struct, frozen=True):
    """Those who wait for one service, or for any of several."""

    service: str
    section: str | None
    members: frozenset[str]


def answer(question: Question, days: Sequence[Day], office: Office, now: int) -> Answer:
    """Count who stood in line on the dates asked for; `now`: up to when anything is known (ms)."""
    days = [day for day in days if "called" not in day.unknown]
    stays, visits, names = stays_of(days)
    stays = stays[np.isin(stays["stage"], CALLING)]
    stays["until"] = _left_at(stays, office, names, now)
    lines = _lines(question, office, {names[n] for n in np.unique(stays["service"]).tolist()})
    clock = _Clock(question, office, lines, days, now)
    found, stood = [], np.zeros(visits.size, bool)
    for n, line in enumerate(lines):
        places = [place for place, name in enumerate(names) if name in line.members]
        mine = stays[np.isin(stays["service"], places)]
        found.append(clock.told(n, mine))
        stood[mine["visit"][clock.saw(mine)]] = True
    return Answer(
        rows=written(question, *clock.in_order(found)),
        n=int(stood.sum()),
        quality=quality_asked(question, days, office),
    )


def lengths(since: Column, until: Column, edges: Column) -> tuple[Column, Column]:
    """Of each interval between edges what was waited in it (ms), and how many waited at once at most.

    Each waited from one instant until another, itself not included; none before the first edge.
    """
    come, gone = np.sort(since) - edges[0], np.sort(until) - edges[0]
    edges = edges - edges[0]
    came_in_all, gone_in_all = (np.concatenate([[0], np.cumsum(each)]) for each in (come, gone))

    def there(at: Column) -> tuple[Column, Column]:
        return np.searchsorted(come, at, "right"), np.searchsorted(gone, at, "right")

    came, left = there(edges)
    waited = (
        gone_in_all[left] - came_in_all[came] + edges * (came - left)
    )  # up to each edge, by all
    peaks = np.sort(np.concatenate([edges[:-1], come[come < edges[-1]]]))
    came, left = there(peaks)
    most = np.maximum.reduceat(came - left, np.searchsorted(peaks, edges[:-1]))
    return np.diff(waited), np.where(np.diff(edges) > 0, most, 0)


def _left_at(stays: Rows, office: Office, names: Sequence[str], now: int) -> Column:
    """When each left its line: called, gone, or at the end of reception hours; never before `since`."""
    since, wait = stays["since"], stays["wait"]
    left = np.where(wait == NONE, stays["until"], since + wait)
    left = np.where((left == NONE) & stays["ours"], now, left)
    vain = (wait == NONE) & stays["last"] & (stays["end"] == End.EXPIRED)
    closing = cache(partial(_closing, office))
    for n in np.flatnonzero(vain).tolist():
        date = business_day(office, int(since[n])).date
        left[n] = min(left[n], closing(names[stays["service"][n]], date))
    at: Column = np.maximum(left, since)
    return at


def _closing(office: Office, service: str, date: str) -> float:
    """When a service ended to receive visitors; on a date without reception hours it never did."""
    own = next((each for each in office.services if each.id == service), None)
    spans = reception_spans(office, own, date)
    return spans[-1][1] if spans else math.inf


def _lines(question: Question, office: Office, used: Iterable[str]) -> list[Line]:
    """The lines that are told of: the whole office, and each service, or the sections of both."""
    sections = {each.id: each.section for each in office.services}
    every = [*sections, *sorted(set(used) - sections.keys())]

    def parts(service: str, members: Iterable[str]) -> Iterator[Line]:
        if "section" not in question.by:
            yield Line(service, None, frozenset(members))
            return
        apart: dict[str, list[str]] = {}
        for each in members:
            apart.setdefault(sections.get(each) or "", []).append(each)
        for section in sorted(apart):
            yield Line(service, section or None, frozenset(apart[section]))

    wanted = {WHOLE_OFFICE: every, **{each: [each] for each in every}}
    only = question.service
    return [
        line
        for service, members in wanted.items()
        if only in (None, service)
        for line in parts(service, members)
    ]


class _Clock:
    """The intervals that are asked about, and the finer ones that make them up; up to now."""

    def __init__(
        self, question: Question, office: Office, lines: list[Line], days: Sequence[Day], now: int
    ) -> None:
        bin, span = question.bin, (office, question.first, question.last)
        self._by, self._lines = question.told_by, lines
        self._rows = self._fine = Bins(*span, bin, whole=False)
        if {"time", "weekday"} & {*self._by}:
            self._rows = Bins(*span, bin, whole="time" in self._by)
            self._fine = Bins(*span, bin if bin.isdecimal() else "day", whole=False)
        self._starts = self._fine.starts
        self._edges = np.minimum(np.append(self._starts, self._fine.ends[-1]), now)
        self._edges = np.maximum(self._edges, self._starts[0])
        self._dates = [day.date for day in days]
        self._recorded = self._on(self._dates)
        members = {each for line in lines for each in line.members}
        self._receives = reception_bins(office, members, {*self._dates}, self._fine)
        self._shape = (self._rows.starts.size, len(lines), len(DAYS), len(self._fine.clock_labels))

    def saw(self, stays: Rows) -> Any:
        """Who stood in line at any of this time."""
        since, until = self._spans(stays)
        return until > since

    def told(self, line: int, stays: Rows) -> Told:
        """Every figure of a line, by the number of its row."""
        since, until = self._spans(stays)
        hands = stays["stage"] == HANDOVER
        kinds = {"queue": ~hands, "handover_queue": hands}
        found = {k: lengths(since[who], until[who], self._edges) for k, who in kinds.items()}
        handed_over = self._on(self._dates[n] for n in np.unique(stays["day"][hands]))
        there = np.zeros(self._starts.size, bool)
        for member in self._lines[line].members:
            there[self._receives[member]] = True
        for _, most in found.values():
            there |= most > 0
        keys = self._keys(line)
        used = np.unique(keys[there])
        told: Told = {"key": used.tolist()}
        for kind, (waited, most) in found.items():
            # A day on which nobody came to a hand-over says nothing of the line for it.
            known = there | self._recorded if kind == "queue" else handed_over | (most > 0)
            counts = known & np.isin(keys, used)
            row = np.searchsorted(used, keys[counts])
            lasted = np.bincount(row, np.diff(self._edges)[counts], used.size)
            top = np.zeros(used.size, "<i8")
            np.maximum.at(top, row, most[counts])
            mean = np.bincount(row, waited[counts], used.size) / np.maximum(lasted, 1)
            told[f"{kind}_mean"] = _where(lasted > 0, np.round(mean, DECIMALS))
            told[f"{kind}_max"] = _where(lasted > 0, top)
        return told

    def in_order(self, found: Sequence[Told]) -> tuple[Told, Told]:
        """The labels and the figures of all lines, in the order of time."""
        told: Told = {name: [] for name in ("key", *LENGTHS)}
        for each in found:
            for name, column in each.items():
                told[name] += column
        keys = np.array(told.pop("key"), "<i8")
        order = np.argsort(keys)
        place, line, weekday, time = np.unravel_index(keys[order], self._shape)
        starts, ends = self._rows.labels(place)
        values: dict[str, tuple[Column, Sequence[str | None]]] = {
            "service": (line, [each.service for each in self._lines]),
            "section": (line, [each.section for each in self._lines]),
            "weekday": (weekday, DAYS),
            "time": (time, self._fine.clock_labels),
        }
        labels: Told = {"start": starts, "end": ends}
        for name in ("service", *self._by):
            places, words = values[name]
            labels[name] = [words[n] for n in places.tolist()]
        return labels, {name: [column[n] for n in order.tolist()] for name, column in told.items()}

    def _on(self, dates: Iterable[str]) -> Flags:
        """Which of the finer intervals lie on some dates, or hold them."""
        found: Flags = np.logical_or.reduce(self._fine.of_dates({*dates}), axis=1)
        return found

    def _spans(self, stays: Rows) -> tuple[Column, Column]:
        """From when until when each stood in line, as far as it lies in this time."""
        first, last = self._edges[0], self._edges[-1]
        return np.clip(stays["since"], first, last), np.clip(stays["until"], first, last)

    def _keys(self, line: int) -> Column:
        """To which row of a line each of the finer intervals belongs."""
        at = self._starts
        none = np.zeros(at.size, "<i8")
        weekday = self._fine.weekday(at) if "weekday" in self._by else none
        time = self._fine.clock(at) if "time" in self._by else none
        keys: Column = np.ravel_multi_index(
            (self._rows.place(at), np.full_like(none, line), weekday, time), self._shape
        )
        return keys


def _where(known: Any, values: Column) -> list[Any]:
    return [value if there else None for value, there in zip(values.tolist(), known, strict=True)]
