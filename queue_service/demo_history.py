"""The history of the demonstration: what the ticket machine before us would have written down.

Pure. It plays whole days without an engine: visitors wait in lines, desks take whoever has waited
longest among those they serve, one half goes to lunch after the other. The rows are those of a ticket
log, so they know one serving a visit.
"""

import datetime
import heapq
from collections import deque
from collections.abc import Iterator
from itertools import count

from queue_service.demo_day import Day, Visitor
from queue_service.hours import MINUTE_MS, clock, issuing_spans, local_time
from queue_service.offices import Desk, Office
from queue_service.ticket_log import Row
from queue_service.tickets import Stage

A_DAY, A_MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)
NO_OFFSET = datetime.timedelta()
PATIENCE_MS = 75 * MINUTE_MS  # after so long some of those who wait give up …
LEAVES = 0.3  # … so many of them
NO_SHOW_MS = MINUTE_MS  # a desk waits for somebody who does not appear
OPENS = 8 * 60 + 50  # minutes after midnight


def history(
    office: Office, first: datetime.date, last: datetime.date, seed: int
) -> Iterator[list[Row]]:
    """The rows of every day from `first` to `last` on which the office was open, in order."""
    line = count(2)  # of the log, whose first is its header
    date = first
    while date <= last:
        if spans := issuing_spans(office, None, date.isoformat()):
            day = Day(office, date, seed)
            come = [each for each in day.visitors() if _is_received(each, spans)]
            yield _Hall(office, day, line).play(come)
        date += A_DAY


def _is_received(visitor: Visitor, spans: tuple[tuple[int, int], ...]) -> bool:
    stays = not visitor.helped and visitor.hint != "elsewhere"
    return stays and any(start <= visitor.at < end for start, end in spans)


class _Hall:
    """One day of an office; the heap holds what happens next."""

    def __init__(self, office: Office, day: Day, line: Iterator[int]) -> None:
        self._office, self._day, self._line = office, day, line
        self._ahead: list[tuple[int, int, Visitor | Desk]] = []
        self._order = count()
        self._waiting: dict[str, deque[Visitor]] = {each.id: deque() for each in office.services}
        self._idle: dict[str, Desk] = {}
        self._lunch = self._lunches()
        self._issued = {each.id: count(each.lowest) for each in office.services}
        self._numbers: dict[int, str] = {}
        self._rows: list[Row] = []

    def play(self, visitors: list[Visitor]) -> list[Row]:
        """The rows of the day, in the order in which numbers were issued."""
        for desk in self._office.desks:
            if not desk.stages or Stage.RECEPTION in desk.stages:
                self._plan(self._day.at(OPENS), desk)
        for visitor in visitors:
            self._plan(visitor.at, visitor)
        while self._ahead:
            at, _, who = heapq.heappop(self._ahead)
            if isinstance(who, Desk):
                self._free(at, who)
            else:
                self._arrive(at, who)
        return sorted(self._rows, key=lambda row: row.issued_at)

    def _plan(self, at: int, who: Visitor | Desk) -> None:
        """Let a visitor arrive, or a desk have nobody before it."""
        heapq.heappush(self._ahead, (at, next(self._order), who))

    def _lunches(self) -> dict[str, int]:
        people = self._day.people
        begins = clock(people.breaks_from)
        return {
            desk.id: self._day.at(begins + i % 2 * people.break_minutes)
            for i, desk in enumerate(self._office.desks)
        }

    def _arrive(self, at: int, visitor: Visitor) -> None:
        service = self._office.service(visitor.service)
        figure = next(self._issued[service.id])
        self._numbers[id(visitor)] = f"{service.prefix}{figure:0{service.width}}"
        self._waiting[service.id].append(visitor)
        for desk in sorted(self._idle.values(), key=lambda each: each.id):
            if service.id in desk.services and self._waiting[service.id]:
                del self._idle[desk.id]
                self._free(at, desk)  # and if that one goes to lunch instead, the next

    def _free(self, at: int, desk: Desk) -> None:
        """A desk has nobody before it: lunch, the next visitor, or waiting for one."""
        lunch = self._lunch.get(desk.id)
        if lunch is not None and at >= lunch:
            del self._lunch[desk.id]
            self._plan(at + self._day.people.break_minutes * MINUTE_MS, desk)
        elif visitor := self._next(at, desk):
            self._plan(self._serve(at, desk, visitor), desk)
        else:
            self._idle[desk.id] = desk

    def _next(self, at: int, desk: Desk) -> Visitor | None:
        """Whoever has waited longest of those a desk serves and are still there."""
        while lines := [self._waiting[name] for name in desk.services if self._waiting[name]]:
            visitor = min(lines, key=lambda line: line[0].at).popleft()
            gone = at - visitor.at > PATIENCE_MS and self._day.happens(LEAVES)
            if not gone:
                return visitor
            self._write(visitor, "cancelled", finished_at=visitor.at + PATIENCE_MS)
        return None

    def _serve(self, at: int, desk: Desk, visitor: Visitor) -> int:
        """Write down what became of a visitor; returns when the desk is free again."""
        if self._day.happens(self._day.people.no_show):
            self._write(visitor, "no_show", desk, called_at=at)
            return at + NO_SHOW_MS
        started = at + self._day.walk_ms()
        stages = self._office.service(visitor.service).stages
        at_desk = [each for each in stages if each in (Stage.RECEPTION, Stage.HANDOVER)]
        minutes = sum(self._day.minutes(visitor.service, stage) for stage in at_desk)
        finished = started + round(minutes * MINUTE_MS)
        self._write(visitor, "finished", desk, at, started, finished)
        return finished

    def _write(
        self,
        visitor: Visitor,
        outcome: str,
        desk: Desk | None = None,
        called_at: int | None = None,
        started_at: int | None = None,
        finished_at: int | None = None,
    ) -> None:
        at = local_time(self._office, visitor.at)
        row = Row(
            line=next(self._line),
            number=self._numbers[id(visitor)],
            service=visitor.service,
            issued_at=visitor.at,
            called_at=called_at,
            started_at=started_at,
            finished_at=finished_at,
            outcome=outcome,
            desk=desk.id if desk else None,
            channel="kiosk",
            day=f"{at:%Y-%m-%d}",
            utc_offset=(at.utcoffset() or NO_OFFSET) // A_MINUTE,
        )
        self._rows.append(row)
