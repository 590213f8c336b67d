"""The events of the ledger: what happened, in the past tense, one entry for one move.

An entry is an event and its id. The id is the office's own sequence number: order, version and
cursor in one. The time `at` (ms) is for figures only and never decides an order.

How events may change, so that a ledger written today can be read in ten years:

1. A field that is added has a default; what it means for older entries is said beside it.
2. A field never changes its type or its meaning, and its name is never used again.
3. An event that is no longer written stays here, so that it can be read.
4. A reader ignores fields it does not know, and passes over events it does not know (`Unknown`).

No event holds free text, a ticket's id or anything about who the visitor is.
"""

from enum import StrEnum
from typing import Literal

import msgspec
from msgspec import Struct, field

from queue_service.tickets import Item, Leg, Stage


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Something that happened at an office."""

    at: int  # ms since the epoch; never earlier than the entry before


class TicketEvent(Event, frozen=True, kw_only=True):
    """Something that happened to one ticket."""

    ticket: int  # Ticket.seq
    number: str
    date: str  # business date of the ticket


# The visitor


class Issued(TicketEvent, frozen=True, kw_only=True, tag="Issued"):
    """A number was given. The visit arrives now, unless it was booked."""

    service: str
    stages: tuple[Stage, ...]
    then: tuple[Leg, ...] = ()
    priority: str
    needs: tuple[str, ...] = ()
    language: str
    channel: str
    issuer: str
    items: tuple[Item, ...] = ()
    booked_for: int | None = None
    place: int | None = None  # None: booked, holds no place yet


class CheckedIn(TicketEvent, frozen=True, kw_only=True, tag="CheckedIn"):
    """A booked visitor arrived."""

    place: int


class Cancelled(TicketEvent, frozen=True, kw_only=True, tag="Cancelled"):
    """The visit was given up, by the visitor or by staff."""

    by: Literal["visitor", "staff"]
    desk: str | None = None


class Expired(TicketEvent, frozen=True, kw_only=True, tag="Expired"):
    """The day ended while the ticket waited, or its booking was not claimed."""


class Reprinted(TicketEvent, frozen=True, kw_only=True, tag="Reprinted"):
    """The same number was printed again."""


class ItemsSet(TicketEvent, frozen=True, kw_only=True, tag="ItemsSet"):
    """Staff recorded what was asked for."""

    items: tuple[Item, ...] = ()


class PrioritySet(TicketEvent, frozen=True, kw_only=True, tag="PrioritySet"):
    """Staff changed the priority class, and with it the place in line."""

    priority: str
    place: int | None = None


class NeedsSet(TicketEvent, frozen=True, kw_only=True, tag="NeedsSet"):
    """Staff noted what a visitor needs help with."""

    needs: tuple[str, ...] = ()


# The desk


class DeskEvent(TicketEvent, frozen=True, kw_only=True):
    """Something a desk did with a ticket."""

    desk: str
    service: str
    stage: Stage


class Called(DeskEvent, frozen=True, kw_only=True, tag="Called"):
    """The number went up on the board."""


class Recalled(DeskEvent, frozen=True, kw_only=True, tag="Recalled"):
    """The number was called once more."""


class ServeStarted(DeskEvent, frozen=True, kw_only=True, tag="ServeStarted"):
    """The visitor is at the desk."""


class NoShow(DeskEvent, frozen=True, kw_only=True, tag="NoShow"):
    """The visitor was called and did not come."""


class ServedEvent(TicketEvent, frozen=True, kw_only=True):
    """A stage came to its end, at a desk or, without the visitor, at none."""

    service: str
    stage: Stage
    desk: str | None = None
    started_at: int | None = None  # of the serving that ended; None: there was no desk
    implied: bool = False  # nobody pressed start: `started_at` is the last call
    by_next: bool = False  # nobody pressed finish: the next visitor was called


class StageFinished(ServedEvent, frozen=True, kw_only=True, tag="StageFinished"):
    """The next stage began. With a place, the visitor waits to be called for it."""

    next: Stage
    place: int | None = None


class LegFinished(ServedEvent, frozen=True, kw_only=True, tag="LegFinished"):
    """One service is done; the same number joins the line of the next."""

    next_service: str
    stages: tuple[Stage, ...]
    place: int


class Finished(ServedEvent, frozen=True, kw_only=True, tag="Finished"):
    """The visit is over."""


class Parked(TicketEvent, frozen=True, kw_only=True, tag="Parked"):
    """The ticket was set aside."""

    desk: str | None = None


class Resumed(TicketEvent, frozen=True, kw_only=True, tag="Resumed"):
    """A parked ticket is in line again, at its old place."""

    place: int


class Returned(TicketEvent, frozen=True, kw_only=True, tag="Returned"):
    """A ticket went from the desk, or from no-show, back into the line."""

    place: int
    desk: str | None = None


class Transferred(TicketEvent, frozen=True, kw_only=True, tag="Transferred"):
    """The ticket joined the line of another service, keeping its place."""

    service: str
    to: str
    stages: tuple[Stage, ...]
    place: int
    desk: str | None = None


class Undone(TicketEvent, frozen=True, kw_only=True, tag="Undone"):
    """The entry `undoes` of the same ticket no longer counts."""

    undoes: int
    desk: str


# The office


class Refusal(StrEnum):
    """Why a visitor was given no number."""

    CLOSED = "closed"
    SUSPENDED = "suspended"
    FULL = "full"


class Refused(Event, frozen=True, kw_only=True, tag="Refused"):
    """A visitor asked for a number and was given none: demand that was turned away."""

    service: str
    reason: Refusal
    channel: str
    date: str


class HintAnswered(Event, frozen=True, kw_only=True, tag="HintAnswered"):
    """What a visitor answered to "this can be had without a visit"."""

    service: str
    procedure: str
    answer: Literal["elsewhere", "no_card", "prefers_counter"]
    date: str


class Helped(Event, frozen=True, kw_only=True, tag="Helped"):
    """A visitor was helped at the entrance and needed no number."""

    service: str | None = None  # None: nothing that a counter of this office offers
    channel: str
    date: str


class FreedTimeUsed(Event, frozen=True, kw_only=True, tag="FreedTimeUsed"):
    """What a section used minutes for that shorter reception hours had freed."""

    used_on: str  # local date; not `date`: it is no figure of that business day
    section: str  # as the office definition names it; "-": the whole office
    category: str
    minutes: int


class FreedTimeStruck(Event, frozen=True, kw_only=True, tag="FreedTimeStruck"):
    """The use in entry `strikes` no longer counts."""

    strikes: int


class Imported(Event, frozen=True, kw_only=True, tag="Imported"):
    """History from elsewhere was taken in; its rows lie beside the ledger, in a file of their own."""

    import_: str = field(name="import")  # its id
    kind: Literal["tickets", "counts", "channels"]
    rows: int
    first: str  # the first date of it
    last: str
    sha256: str  # of the file that was read


class DeskStatus(StrEnum):
    """Whether a desk takes visitors."""

    OPEN = "open"
    BREAK = "break"
    CLOSED = "closed"


class DeskChanged(Event, frozen=True, kw_only=True, tag="DeskChanged"):
    """A desk opened, paused or closed. No services: those of the office definition."""

    desk: str
    status: DeskStatus
    services: tuple[str, ...] = ()


class ServiceChanged(Event, frozen=True, kw_only=True, tag="ServiceChanged"):
    """A service was suspended or opened again. Its message is configuration, not history."""

    service: str
    status: Literal["open", "suspended"]


class NoticeChanged(Event, frozen=True, kw_only=True, tag="NoticeChanged"):
    """The office's notice was put up, changed or taken down. Its text is configuration."""

    shown: bool


class OfficeChanged(Event, frozen=True, kw_only=True, tag="OfficeChanged"):
    """A new version of the office definition came into force."""

    version: int


class DayOpened(Event, frozen=True, kw_only=True, tag="DayOpened"):
    """A business day began: numbers start again, ended tickets are put away."""

    date: str


class DayClosed(Event, frozen=True, kw_only=True, tag="DayClosed"):
    """A business day ended; everything that still waited has expired."""

    date: str


class Unknown(Event, frozen=True, kw_only=True, tag="Unknown"):
    """An event of a later version. It is passed over, and counted."""

    name: str = ""


AnyEvent = (
    Issued
    | CheckedIn
    | Called
    | Recalled
    | ServeStarted
    | StageFinished
    | LegFinished
    | Finished
    | NoShow
    | Parked
    | Resumed
    | Returned
    | Transferred
    | Cancelled
    | Expired
    | Reprinted
    | ItemsSet
    | PrioritySet
    | NeedsSet
    | Undone
    | Refused
    | HintAnswered
    | Helped
    | FreedTimeUsed
    | FreedTimeStruck
    | Imported
    | DeskChanged
    | ServiceChanged
    | NoticeChanged
    | OfficeChanged
    | DayOpened
    | DayClosed
    | Unknown
)


class Entry(Struct, frozen=True):
    """An event and the number under which the ledger keeps it."""

    id: int
    event: AnyEvent


class _Envelope(Struct):
    type: str
    at: int


_decoder = msgspec.json.Decoder(AnyEvent)
_envelope = msgspec.json.Decoder(_Envelope)
_names = frozenset(kind.__struct_config__.tag for kind in AnyEvent.__args__)


class NotAnEvent(ValueError):
    """The bytes are no event; the message says what is wrong with them, and recites nothing."""


def decode(raw: bytes) -> AnyEvent:
    """Read one event; one of a later version is returned as `Unknown` with its name.

    Raises:
        NotAnEvent: it is no JSON, or an event of a known name that does not have its shape.
    """
    try:
        return _decoded(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAnEvent(str(error)) from error


def _decoded(raw: bytes) -> AnyEvent:
    try:
        event: AnyEvent = _decoder.decode(raw)
        return event
    except msgspec.ValidationError:
        seen = _envelope.decode(raw)
        if seen.type in _names:
            raise
        return Unknown(at=seen.at, name=seen.type)


def encode(event: AnyEvent) -> bytes:
    """Write one event as the ledger keeps it; `decode` gives back an equal event."""
    return msgspec.json.encode(event)
