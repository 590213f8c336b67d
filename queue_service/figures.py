"""A business day in figures: one row a visit, and the visitors who were turned away.

Pure. Here it is decided what a visit counts for: when it arrived, how long each wait and the serving
took, how it ended. `intervals` makes intervals, means and percentiles of it.

The rows are kept as columns of numbers, so that a year of an office, a few hundred thousand visits,
is read and counted in a fraction of a second. Times are milliseconds; -1 stands for "there was none".
"""

import base64
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from queue_service.events import Finished, Refused
from queue_service.tickets import Stage
from queue_service.visits import ENDS, Visit

Rows = npt.NDArray[np.void]  # of VISIT or REFUSED
Column = npt.NDArray[np.int64]

NONE = -1
LONGER_MS = 30 * 60_000  # than nearly all others of its service: the end was forgotten
NEARLY_ALL = 99  # percent
DAYS_AT_HAND = 400  # of a large office, 900 visits a day, some 30 MB
LEDGER = ""  # the source of what this system saw itself; an import has an id


class End(IntEnum):
    """How a visit ended."""

    OPEN = 0
    FINISHED = 1
    NO_SHOW = 2
    CANCELLED = 3
    EXPIRED = 4


VISIT = np.dtype(
    [
        ("arrived_at", "<i8"),
        ("service", "<u2"),  # these four are places in `Day.names`
        ("desk", "<u2"),
        ("channel", "<u2"),
        ("language", "<u2"),
        ("to_call", "<i8"),  # first call − arrival
        ("wait", "<i8"),  # serve start − arrival
        ("service_ms", "<i8"),  # sum of the stages
        ("handover_wait", "<i8"),  # call to hand-over − ready
        ("in_system", "<i8"),  # finish − arrival
        ("left", "<i8"),  # end − arrival, of who was never called
        ("open_desks", "<i2"),  # that called visitors of the service, at the arrival
        ("end", "u1"),
        ("implied", "?"),  # nobody pressed start
        ("forgotten", "?"),  # nobody pressed finish in time: no service time
        ("with_items", "?"),  # somebody recorded what the visitor came for
    ]
)
REFUSED = np.dtype([("at", "<i8"), ("service", "<u2"), ("channel", "<u2"), ("reason", "<u2")])


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
    with_items: bool = False
    by_next: bool = False  # its longest serving was ended by calling the next visitor


class Day(Struct, frozen=True, kw_only=True):
    """A business day of an office, from one source."""

    date: str
    source: str = LEDGER
    until: int  # the entry up to which the ledger was read
    names: tuple[str, ...]
    visits: bytes  # rows of VISIT
    refused: bytes  # rows of REFUSED

    @property
    def visit_rows(self) -> Rows:
        """The visits, in the order of their arrival."""
        return np.frombuffer(self.visits, VISIT)

    @property
    def refused_rows(self) -> Rows:
        """The visitors who were given no number."""
        return np.frombuffer(self.refused, REFUSED)


def encode(day: Day) -> str:
    """A day as the engine keeps it, whose clients here read text: the same day, the same text."""
    return base64.b64encode(zlib.compress(msgspec.msgpack.encode(day), 6)).decode()


@lru_cache(DAYS_AT_HAND)
def decode(kept: str) -> Day:
    """Read a day as it was kept. The latest are at hand: a year is asked for again and again."""
    return _decoder.decode(zlib.decompress(base64.b64decode(kept)))


_decoder = msgspec.msgpack.Decoder(Day)


@lru_cache(DAYS_AT_HAND)
def digest(day: Day) -> bytes:
    """The same for the same figures, wherever they lie and however far the ledger was read."""
    told = hashlib.sha256(f"{day.date} {day.source} {' '.join(day.names)}\n".encode())
    told.update(day.visits)
    told.update(day.refused)
    return told.digest()


# One visit


def figures_of(
    visit: Visit, day_ends: int, *, over: bool, open_desks: int | None = None
) -> Figures | None:
    """What a visit of the ledger counts for; None: a booking whose visitor never came.

    `day_ends`: of its business day; `over`: it was closed; `open_desks`: when the visitor arrived. A
    serving that ended later, or goes on
    though the day is over, was forgotten at the desk.
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
        with_items=bool(visit.items),
        by_next=longest is not None and longest.by_next,
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
    refused: Iterable[Refused] = (),
    *,
    source: str = LEDGER,
    until: int = 0,
) -> Day:
    """A day of these visits and refusals, in the order of time."""
    names: dict[str, int] = {"": 0}

    def place(name: str) -> int:
        return names.setdefault(name, len(names))

    rows = [
        (
            *(each.arrived_at, place(each.service), place(each.desk)),
            *(place(each.channel), place(each.language)),
            *(_number(each.to_call), _number(each.wait)),
            NONE if is_forgotten else _number(each.service_ms),
            *(_number(each.handover_wait), _number(each.in_system)),
            *(_number(each.left), _number(each.open_desks)),
            *(each.end, each.implied, is_forgotten, each.with_items),
        )
        for each, is_forgotten in sorted(
            zip(visits, forgotten(visits), strict=True), key=lambda pair: pair[0].arrived_at
        )
    ]
    away = [
        (each.at, place(each.service), place(each.channel), place(each.reason)) for each in refused
    ]
    return Day(
        date=date,
        source=source,
        until=until,
        names=tuple(names),
        visits=np.array(rows, VISIT).tobytes(),
        refused=np.array(away, REFUSED).tobytes(),
    )


def _number(span: int | None) -> int:
    return NONE if span is None else span
