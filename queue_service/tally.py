"""A business day tallied: what each visit counts for, and what else was counted at the office.

Pure. Here it is decided when a visit arrived, how long each wait, each stage and the serving took, and
how it ended. `figures` says how that is kept.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from queue_service.events import Finished, Helped, HintAnswered, Refused
from queue_service.figures import (
    HELPED,
    HINT,
    ITEM,
    LEDGER,
    NONE,
    OPEN,
    REFUSED,
    STAGES,
    STAY,
    VISIT,
    Day,
    End,
)
from queue_service.tickets import Item, Stage
from queue_service.visits import ENDS, Stay, Visit

LONGER_MS = 30 * 60_000  # than nearly all others of its service: the end was forgotten
NEARLY_ALL = 99  # percent


class StayFigures(Struct, frozen=True, kw_only=True):
    """One stage of a visit; None where there was none."""

    service: str
    stage: Stage
    desk: str = ""
    since: int  # joined the line, or its work could begin
    wait: int | None = None
    served: int | None = None
    until: int | None = None  # end of its last serving; without a call, when the line was left


class Figures(Struct, kw_only=True):
    """One visit; None where there was none."""

    arrived_at: int
    service: str  # the first one: a visit counts once, whatever it was passed on to
    desk: str = ""
    channel: str = ""
    language: str = ""
    to_call: int | None = None
    wait: int | None = None
    service_ms: int | None = None
    handover_wait: int | None = None
    in_system: int | None = None
    left: int | None = None
    open_desks: int | None = None
    end: End = End.OPEN
    implied: bool = False
    forgotten: bool = False
    by_next: bool = False  # its longest serving was ended by calling the next visitor
    stays: tuple[StayFigures, ...] = ()
    items: tuple[Item, ...] = ()


class DeskSpan(Struct, frozen=True):
    """A desk, while it was open."""

    desk: str
    since: int
    until: int


class Beside(Struct, kw_only=True):
    """What was counted beside the visits of a day."""

    refused: list[Refused] = []
    hints: list[HintAnswered] = []
    helped: list[Helped] = []
    desks: list[DeskSpan] = []


# One visit


def figures_of(
    visit: Visit, day_ends: int, *, over: bool, open_desks: int | None = None
) -> Figures | None:
    """What a visit of the ledger counts for; None: a booking whose visitor never came.

    `day_ends`: of its business day; `over`: it was closed; `open_desks`: when the visitor arrived. A
    serving that ended later, or goes on though the day is over, was forgotten at the desk.
    """
    stays = visit.stays
    arrived = stays[0].joined_at
    if arrived is None:
        return None
    end, served = visit.end, [each for each in stays if each.served_ms is not None]
    called_at = next((each.called_at for each in stays if each.called_at), None)
    started_at = next((each.started_at for each in stays if each.started_at), None)
    handover = next((s for s in stays if s.stage is Stage.HANDOVER and s.called_at), None)
    finished = end is not None and isinstance(end.event, Finished)
    late = any((each.left_at or 0) > day_ends for each in stays)
    longest = max(served, key=lambda each: each.served_ms or 0, default=None)
    ends = [*(each.joined_at for each in stays[1:]), end.event.at if end else None]
    return Figures(
        arrived_at=arrived,
        service=visit.issued.service,
        desk=next((each.desk for each in stays if each.desk), ""),
        channel=visit.issued.channel,
        language=visit.issued.language,
        to_call=_span(called_at, arrived),
        wait=_span(started_at, arrived),
        service_ms=sum(each.served_ms or 0 for each in served) if served else None,
        handover_wait=_span(handover.called_at, handover.joined_at) if handover else None,
        in_system=_span(end.event.at, arrived) if finished and end else None,
        left=_span(end.event.at, arrived) if end and not called_at else None,
        open_desks=open_desks,
        end=End[ENDS[type(end.event)].upper()] if end else End.OPEN,
        implied=any(each.implied for each in stays),
        forgotten=late or (over and end is None),
        by_next=longest is not None and longest.by_next,
        stays=tuple(
            _figures_of_stay(stay, arrived, over_at)
            for stay, over_at in zip(stays, ends, strict=True)
        ),
        items=visit.items,
    )


def _figures_of_stay(stay: Stay, arrived: int, over_at: int | None) -> StayFigures:
    uncalled = stay.stage.calls_visitor and stay.called_at is None
    return StayFigures(
        service=stay.service,
        stage=stay.stage,
        desk=stay.desk or "",
        since=arrived if stay.joined_at is None else stay.joined_at,
        wait=_span(stay.called_at, stay.joined_at),
        served=stay.served_ms,
        until=over_at if uncalled else stay.left_at,
    )


def _span(until: int | None, since: int | None) -> int | None:
    return None if until is None or since is None else until - since


def forgotten(visits: Sequence[Figures]) -> list[bool]:
    """Whose end was forgotten: whoever counts their service times measures lunch breaks.

    These are servings that ran past the end of their business day, and those ended by calling the
    next visitor that took half an hour longer than 99 % of the others of their service and day.
    """
    times: dict[str, list[int]] = defaultdict(list)
    for each in visits:
        if each.service_ms is not None and not each.forgotten:
            times[each.service].append(each.service_ms)

    def is_forgotten(visit: Figures) -> bool:
        took = visit.service_ms
        if visit.forgotten or not visit.by_next or took is None or took <= LONGER_MS:
            return visit.forgotten
        others = list(times[visit.service])
        others.remove(took)
        return bool(others) and took > float(np.percentile(others, NEARLY_ALL)) + LONGER_MS

    return [is_forgotten(each) for each in visits]


# One day


def tally(
    date: str,
    visits: Sequence[Figures],
    beside: Beside | None = None,
    *,
    source: str = LEDGER,
    until: int = 0,
) -> Day:
    """A day of these visits, in the order of time, and of what was counted beside them."""
    rows = _Rows()
    for place, (visit, is_forgotten) in enumerate(
        sorted(zip(visits, forgotten(visits), strict=True), key=lambda pair: pair[0].arrived_at)
    ):
        rows.add(place, visit, is_forgotten)
    also = beside or Beside()
    name = rows.place
    tables: dict[str, tuple[np.dtype[Any], list[tuple[Any, ...]]]] = {
        "visits": (VISIT, rows.visits),
        "stays": (STAY, rows.stays),
        "items": (ITEM, rows.items),
        "refused": (
            REFUSED,
            [(e.at, name(e.service), name(e.channel), name(e.reason)) for e in also.refused],
        ),
        "hints": (
            HINT,
            [(e.at, name(e.service), name(e.procedure), name(e.answer)) for e in also.hints],
        ),
        "helped": (HELPED, [(e.at, name(e.service or ""), name(e.channel)) for e in also.helped]),
        "desks": (OPEN, [(name(each.desk), each.since, each.until) for each in also.desks]),
    }
    packed: dict[str, Any] = {
        title: np.array(found, kind).tobytes() for title, (kind, found) in tables.items()
    }
    return Day(date=date, source=source, until=until, names=tuple(rows.names), **packed)


class _Rows:
    """Visits written down as rows, and the names that stand in them as places."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {"": 0}
        self.visits: list[tuple[Any, ...]] = []
        self.stays: list[tuple[Any, ...]] = []
        self.items: list[tuple[Any, ...]] = []

    def place(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def add(self, place: int, visit: Figures, is_forgotten: bool) -> None:
        """`place`: of the visit among those of the day. What was forgotten has no serving time."""
        name = self.place
        self.visits.append(
            (
                *(visit.arrived_at, name(visit.service), name(visit.desk)),
                *(name(visit.channel), name(visit.language)),
                *(_number(visit.to_call), _number(visit.wait)),
                NONE if is_forgotten else _number(visit.service_ms),
                *(_number(visit.handover_wait), _number(visit.in_system)),
                *(_number(visit.left), _number(visit.open_desks)),
                *(visit.end, visit.implied, is_forgotten, bool(visit.items)),
            )
        )
        self.stays += [
            (
                *(place, name(stay.service), name(stay.desk), STAGES.index(stay.stage)),
                *(stay.since, _number(stay.wait), NONE if is_forgotten else _number(stay.served)),
                NONE if is_forgotten and stay.served is not None else _number(stay.until),
            )
            for stay in visit.stays
        ]
        self.items += [(place, name(item.procedure), item.quantity) for item in visit.items]


def _number(span: int | None) -> int:
    return NONE if span is None else span
