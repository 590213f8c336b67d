"""A business day in figures: its visits with their stages and items, and what else was counted.

Pure. Here it is said how figures are kept; `tally` decides what a visit counts for, `intervals` makes
intervals, means and percentiles of it.

The rows are kept as columns of numbers, so that a year of an office, a few hundred thousand visits,
is read and counted in a fraction of a second. Times are milliseconds; -1 stands for "there was none".
"""

import base64
import hashlib
import zlib
from enum import IntEnum
from functools import lru_cache

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from queue_service.tickets import Stage

Rows = npt.NDArray[np.void]  # of one of the kinds below
Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SHAPE = 3  # of what is kept; whatever has another one is computed anew from the ledger
NONE = -1
STAGES = tuple(Stage)  # a stage is kept as its place in here
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
STAY = np.dtype(  # a stage of a visit
    [
        ("visit", "<u4"),  # its place among the visits
        ("service", "<u2"),
        ("desk", "<u2"),
        ("stage", "u1"),
        ("since", "<i8"),  # joined the line, or its work could begin
        ("wait", "<i8"),  # first call − since; there is none without the visitor
        ("served", "<i8"),  # at a desk, or worked on without the visitor
        ("until", "<i8"),  # end of its last serving; without a call, when the line was left
    ]
)
ITEM = np.dtype([("visit", "<u4"), ("procedure", "<u2"), ("quantity", "<i4")])
REFUSED = np.dtype([("at", "<i8"), ("service", "<u2"), ("channel", "<u2"), ("reason", "<u2")])
HINT = np.dtype([("at", "<i8"), ("service", "<u2"), ("procedure", "<u2"), ("answer", "<u2")])
HELPED = np.dtype([("at", "<i8"), ("service", "<u2"), ("channel", "<u2")])
OPEN = np.dtype([("desk", "<u2"), ("since", "<i8"), ("until", "<i8")])  # a desk, while it was open


class Day(Struct, frozen=True, kw_only=True):
    """A business day of an office, from one source."""

    date: str
    source: str = LEDGER
    until: int  # the entry up to which the ledger was read
    unknown: tuple[str, ...] = ()  # counts that its source cannot tell: they are not 0
    names: tuple[str, ...]
    visits: bytes  # rows of VISIT, and so on
    refused: bytes
    stays: bytes = b""
    items: bytes = b""
    hints: bytes = b""
    helped: bytes = b""
    desks: bytes = b""

    @property
    def visit_rows(self) -> Rows:
        """The visits, in the order of their arrival."""
        return np.frombuffer(self.visits, VISIT)

    @property
    def stay_rows(self) -> Rows:
        """Their stages, in the order of the visits."""
        return np.frombuffer(self.stays, STAY)

    @property
    def item_rows(self) -> Rows:
        """What they came for, in the order of the visits."""
        return np.frombuffer(self.items, ITEM)

    @property
    def refused_rows(self) -> Rows:
        """The visitors who were given no number."""
        return np.frombuffer(self.refused, REFUSED)

    @property
    def hint_rows(self) -> Rows:
        """What visitors answered to "this can be had without a visit"."""
        return np.frombuffer(self.hints, HINT)

    @property
    def helped_rows(self) -> Rows:
        """The visitors who were helped and needed no number."""
        return np.frombuffer(self.helped, HELPED)

    @property
    def open_rows(self) -> Rows:
        """While desks were open."""
        return np.frombuffer(self.desks, OPEN)

    @property
    def tables(self) -> tuple[bytes, ...]:
        """All rows there are."""
        kept = (self.visits, self.refused, self.stays, self.items)
        return (*kept, self.hints, self.helped, self.desks)


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
    about = (day.date, day.source, *day.unknown, *day.names)
    told = hashlib.sha256(f"{' '.join(about)}\n".encode())
    for rows in day.tables:
        told.update(len(rows).to_bytes(8, "big"))
        told.update(rows)
    return told.digest()
