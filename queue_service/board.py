"""The board: what a lobby may see, and nothing else.

A board is always whole: a screen that missed any number of them needs only the newest. It is
composed from one snapshot of the ledger's live keys; it holds numbers and desks, never who they are.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from queue_service.announcements import Spoken, spoken
from queue_service.estimates import Estimate, Line, Model
from queue_service.events import DeskStatus
from queue_service.hall import CallRecord, DeskRecord
from queue_service.hours import Spans, local_time
from queue_service.offices import Desk, Office, Service
from queue_service.tickets import Stage, State, Ticket

Text = dict[str, str]  # language → text
Lamp = Literal["quiet", "busy", "crowded"]


class OpenHours(Struct, frozen=True):
    """When a service gives tickets and receives visitors on one business day."""

    issuing: Spans
    receiving: Spans


class Snapshot(Struct, frozen=True, kw_only=True):
    """What snapshot.lua reads in one step, and the hours of that day."""

    as_of: int
    at: int
    version: int  # of the office definition
    issued: dict[str, int] = {}  # service → tickets given today
    hours: dict[str, OpenHours] = {}
    calls: tuple[CallRecord, ...]
    held: tuple[Ticket, ...]
    ready: tuple[Ticket, ...]
    waiting: dict[str, int]  # "moving:handover" → people
    suspended: tuple[str, ...]
    desks: dict[str, DeskRecord]
    texts: dict[str, Text]
    waits: Model | None = None  # what past days say of them


class Call(Struct, frozen=True, kw_only=True):
    """One call of a number to a desk."""

    entry_id: int
    number: str
    desk: str
    zone: str | None
    stage: Stage
    called_at: datetime
    recall: bool
    current: bool  # the number is called now, and this is its latest call
    spoken: Spoken | None  # what is said aloud; of a current call only


class QueueLine(Struct, frozen=True, kw_only=True):
    """One service's line."""

    service: str
    waiting: int
    estimate: Estimate | None
    lamp: Lamp
    status: Literal["open", "closed", "suspended", "full"]  # whether a ticket would be given
    message: Text | None = None
    hours: str | None = None  # today's, "09:00-16:30"; "": closed today; None: always open
    opens_at: datetime | None = None  # when tickets will be given again today


class DeskLine(Struct, frozen=True, kw_only=True):
    """One desk and the number that is there."""

    desk: str
    status: DeskStatus
    services: list[str]  # those it takes now
    number: str | None


class Board(Struct, frozen=True, kw_only=True):
    """The whole board of an office, or of one zone of it."""

    office: str
    version: int  # of the office definition: names are to be read again when it grows
    as_of: int
    at: datetime
    calls: list[Call]
    ready: list[str]
    queues: list[QueueLine]
    desks: list[DeskLine]
    notice: Text | None


def lamp(service: Service, waiting: int) -> Lamp:
    """How crowded a service is, by the people waiting for it."""
    if waiting >= service.lamp.crowded:
        return "crowded"
    return "busy" if waiting >= service.lamp.busy else "quiet"


def queue_lines(office: Office, snapshot: Snapshot) -> list[QueueLine]:
    """Every service's line, in the order of the office definition."""
    return [_queue_line(office, service, snapshot) for service in office.services]


def _queue_line(office: Office, service: Service, snapshot: Snapshot) -> QueueLine:
    # Everyone in line counts, at the first stage or a later one: they wait for the same desks.
    waiting = sum(snapshot.waiting.get(f"{service.id}:{stage}", 0) for stage in Stage)
    status = _service_status(service, snapshot)
    spans = snapshot.hours.get(service.id, OpenHours((), ()))
    later = [start for start, _ in spans.issuing if start > snapshot.at]
    return QueueLine(
        service=service.id,
        waiting=waiting,
        estimate=estimate(office, snapshot, service.id) if status == "open" else None,
        lamp=lamp(service, waiting),
        status=status,
        message=snapshot.texts.get(f"service:{service.id}") if status == "suspended" else None,
        hours=_hours(office, service, spans.receiving),
        opens_at=local_time(office, later[0]) if status == "closed" and later else None,
    )


def estimate(
    office: Office, snapshot: Snapshot, service: str, ahead: int | None = None
) -> Estimate | None:
    """How long somebody waits for a service who has so many people ahead; None: who comes now.

    None while nothing can be said: there are too few days, or the estimates of the last days were
    wrong, or no desk is open.
    """
    if snapshot.waits is None:
        return None
    waiting = {
        each.id: snapshot.waiting.get(f"{each.id}:{each.stages[0]}", 0) for each in office.services
    }
    calls = (
        call.called_at for call in snapshot.calls if call.service == service and not call.recall
    )
    line = Line(
        at=snapshot.at,
        ahead=waiting[service] if ahead is None else ahead,
        beside=sum(waiting.values()) - waiting[service],
        open_desks=open_desks(office, snapshot.desks, service),
        recent_calls=sorted(calls),
    )
    return snapshot.waits.estimate(service, line)


def open_desks(office: Office, desks: Mapping[str, DeskRecord], service: str) -> int | None:
    """How many desks are open that call new visitors of a service; None: there is no such service."""
    stage = next((each.stages[0] for each in office.services if each.id == service), None)
    if stage is None:
        return None
    return sum(
        service in (desks[desk.id].services or desk.services)
        and (not desk.stages or stage in desk.stages)
        for desk in office.desks
        if desk.id in desks and desks[desk.id].status is DeskStatus.OPEN
    )


def _service_status(
    service: Service, snapshot: Snapshot
) -> Literal["open", "closed", "suspended", "full"]:
    """Whether a ticket would be given now, by the rules of issue.lua in their order."""
    hours = snapshot.hours.get(service.id)
    if hours and not any(start <= snapshot.at < end for start, end in hours.issuing):
        return "closed"
    if service.id in snapshot.suspended:
        return "suspended"
    limit = service.daily_limit
    if limit is not None and snapshot.issued.get(service.id, 0) >= limit:
        return "full"
    return "open"


def _hours(office: Office, service: Service, spans: Spans) -> str | None:
    if service.hours is None and not office.reception_hours:
        return None

    def clock(at: int) -> str:
        return local_time(office, at).strftime("%H:%M")

    return ",".join(f"{clock(start)}-{clock(end)}" for start, end in spans)


def compose(office: Office, snapshot: Snapshot, zone: str | None = None) -> Board:
    """The board of a snapshot; with a zone, only the desks and calls of that zone.

    The same snapshot gives the same board. Calls are newest first: the latest ones, and each call
    that still stands however old it is.
    """
    zones = {desk.id: desk.zone for desk in office.desks}
    held = {ticket.seq: ticket for ticket in snapshot.held}
    standing = {t.call_entry: t for t in snapshot.held if t.state is State.CALLED}
    listed = {call.entry_id for call in snapshot.calls}
    older = [_standing_call(t) for entry, t in standing.items() if entry not in listed]
    calls = sorted([*snapshot.calls, *older], key=lambda call: -call.entry_id)

    def shows(desk: str) -> bool:
        return zone is None or zones.get(desk) == zone

    return Board(
        office=office.id,
        version=snapshot.version,
        as_of=snapshot.as_of,
        at=local_time(office, snapshot.at),
        calls=[
            Call(
                entry_id=call.entry_id,
                number=call.number,
                desk=call.desk,
                zone=zones.get(call.desk),
                stage=call.stage,
                called_at=local_time(office, call.called_at),
                recall=call.recall,
                current=call.entry_id in standing,
                spoken=_spoken(office, standing.get(call.entry_id)),
            )
            for call in calls
            if shows(call.desk)
        ],
        ready=[ticket.number for ticket in sorted(snapshot.ready, key=lambda t: (t.place, t.seq))],
        queues=queue_lines(office, snapshot),
        desks=[
            _desk_line(desk, snapshot.desks.get(desk.id, DeskRecord()), held)
            for desk in office.desks
            if shows(desk.id)
        ],
        notice=snapshot.texts.get("notice"),
    )


def _standing_call(ticket: Ticket) -> CallRecord:
    assert ticket.call_entry and ticket.desk and ticket.called_at, "a called ticket has a call"
    return CallRecord(
        entry_id=ticket.call_entry,
        ticket=ticket.seq,
        number=ticket.number,
        desk=ticket.desk,
        service=ticket.service,
        stage=ticket.stage,
        called_at=ticket.called_at,
        recall=ticket.calls > 1,
    )


def _spoken(office: Office, ticket: Ticket | None) -> Spoken | None:
    if ticket is None or ticket.desk is None:
        return None
    return spoken(office, ticket.number, ticket.desk, ticket.stage, ticket.language)


def _desk_line(desk: Desk, record: DeskRecord, held: dict[int, Ticket]) -> DeskLine:
    ticket = held.get(record.ticket) if record.ticket is not None else None
    return DeskLine(
        desk=desk.id,
        status=record.status,
        services=list(record.services or desk.services),
        number=ticket.number if ticket else None,
    )
