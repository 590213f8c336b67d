"""The hall: what an office's entries add up to.

`apply` is the fold behind law 1: whatever the scripts keep in Redis for an office can be rebuilt from
its ledger with nothing else. `scripts/hall.lua` does the same, entry by entry, while people wait; this
is its twin for whoever has time: `verify`, the tests, and every figure that needs the state of the
house at some moment. It decides nothing: what may happen is decided before an entry is written.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_service import events as ev
from queue_service.events import DeskStatus, Entry
from queue_service.freed_time import Use
from queue_service.scripts import CALLS_KEPT
from queue_service.tickets import AT_DESK, ENDED, IN_LINE, LIVE, Stage, State, Ticket

# What taking sense from entries that make none may raise.
NONSENSE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


class Contradiction(ValueError):
    """An entry cannot follow on those before it."""

    def __init__(self, entry: Entry) -> None:
        what = type(entry.event).__name__
        super().__init__(f"entry {entry.id} ({what}) contradicts those before it")


class LastMove(Struct, frozen=True, array_like=True):
    """The latest move of a desk, which it may take back: the ticket's bytes from before it."""

    entry: int
    at: int
    ticket: int
    before: str


class DeskRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A desk as the entries of the day add up to it."""

    status: DeskStatus = msgspec.field(default_factory=lambda: DeskStatus.CLOSED)
    services: tuple[str, ...] = ()
    ticket: int | None = None
    last: LastMove | None = None


class CallRecord(Struct, frozen=True, kw_only=True):
    """One call as it is kept for the boards."""

    entry_id: int
    ticket: int
    number: str
    desk: str
    service: str
    stage: Stage
    called_at: int
    recall: bool


def encode_ticket(ticket: Ticket) -> str:
    """The bytes of a ticket in Redis."""
    return msgspec.json.encode(ticket).decode()


def figure(number: str) -> int:
    """The figure of a number without its prefix.

    >>> figure("A012")
    12
    """
    return int(number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


class _Encoded(Struct):
    """The attributes of a `Hall`, with their types."""

    seq: int
    at: int
    version: int
    date: str | None
    tickets: dict[int, Ticket]
    desks: dict[str, DeskRecord]
    suspended: set[str]
    numbers: dict[str, int]
    counters: dict[str, int]
    calls: list[CallRecord]
    queues: dict[str, dict[int, int]]
    uses: dict[int, Use] = {}
    struck: dict[int, int] = {}


class Hall:
    """An office's state, built up by `apply`; each attribute is one key of `keys.py`."""

    def __init__(self) -> None:
        self.seq = self.at = self.version = 0
        self.date: str | None = None
        self.tickets: dict[int, Ticket] = {}
        self.desks: dict[str, DeskRecord] = {}
        self.suspended: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.counters: dict[str, int] = {}
        self.calls: list[CallRecord] = []
        self.queues: dict[str, dict[int, int]] = {}  # "moving:handover" → ticket → place
        self.uses: dict[int, Use] = {}  # of freed time, by entry
        self.struck: dict[int, int] = {}  # which of them no longer count, and since which entry

    def encoded(self) -> bytes:
        """Everything that the entries so far add up to, as JSON."""
        return msgspec.json.encode(vars(self) | {"suspended": sorted(self.suspended)})

    @classmethod
    def decoded(cls, raw: bytes | str) -> "Hall":
        """The hall that was encoded."""
        hall = cls()
        for name, value in msgspec.structs.asdict(msgspec.json.decode(raw, type=_Encoded)).items():
            setattr(hall, name, value)
        return hall

    def apply_all(self, entries: Iterable[Entry]) -> "Hall":
        """Apply entries in their order and return the hall itself.

        Raises:
            Contradiction
        """
        for entry in entries:
            self.apply(entry)
        return self

    def apply(self, entry: Entry) -> None:
        """Add one entry; entries must come in the order of their ids, each once.

        Raises:
            Contradiction: no script wrote it. The hall is of no use any more.
        """
        try:
            self._add(entry)
        except NONSENSE as error:
            raise Contradiction(entry) from error

    def _add(self, entry: Entry) -> None:
        event = entry.event
        self.seq, self.at = entry.id, max(self.at, event.at)
        match event:
            case ev.Issued():
                self._issue(entry.id, event)
            case ev.Undone():
                self._undo(entry.id, event)
            case ev.TicketEvent():
                self._move(entry.id, event)
            case ev.DeskChanged():
                desk = self.desks.get(event.desk, DeskRecord())
                self.desks[event.desk] = replace(desk, status=event.status, services=event.services)
            case ev.ServiceChanged(service=service, status="suspended"):
                self.suspended.add(service)
            case ev.ServiceChanged(service=service):
                self.suspended.discard(service)
            case ev.FreedTimeUsed() | ev.FreedTimeStruck():
                self._note_use(entry.id, event)
            case ev.OfficeChanged():
                self.version = event.version
            case ev.DayOpened():
                self._open_day(event.date)
            case _:
                pass

    # Tickets

    def _issue(self, entry: int, event: ev.Issued) -> None:
        ticket = Ticket(
            seq=entry,
            number=event.number,
            date=event.date,
            state=State.BOOKED if event.place is None else State.WAITING,
            service=event.service,
            stages=event.stages,
            stage=event.stages[0],
            place=event.place,
            then=event.then,
            priority=event.priority,
            needs=event.needs,
            language=event.language,
            channel=event.channel,
            issuer=event.issuer,
            items=event.items,
            booked_for=event.booked_for,
            issued_at=event.at,
            arrived_at=None if event.place is None else event.at,
            entry=entry,
        )
        self.counters[f"last:{event.service}"] = figure(event.number)
        issued = f"issued:{event.service}"
        self.counters[issued] = self.counters.get(issued, 0) + 1
        self._settle(None, ticket)

    def _move(self, entry: int, event: ev.TicketEvent) -> None:
        before = self.tickets[event.ticket]
        after = changed(replace(before, entry=entry), event)
        self._settle(before, after)
        desk: str | None = getattr(event, "desk", None)
        if desk is not None:
            last = LastMove(entry, event.at, event.ticket, encode_ticket(before))
            self.desks[desk] = replace(self.desks[desk], last=last)
        if isinstance(event, ev.Called | ev.Recalled):
            self._announce(after, recall=isinstance(event, ev.Recalled))

    def _announce(self, ticket: Ticket, recall: bool) -> None:
        assert ticket.desk and ticket.call_entry and ticket.called_at, "a called ticket has a call"
        call = CallRecord(
            entry_id=ticket.call_entry,
            ticket=ticket.seq,
            number=ticket.number,
            desk=ticket.desk,
            service=ticket.service,
            stage=ticket.stage,
            called_at=ticket.called_at,
            recall=recall,
        )
        self.calls = [call, *self.calls][:CALLS_KEPT]

    def _undo(self, entry: int, event: ev.Undone) -> None:
        last = self.desks[event.desk].last
        assert last is not None and last.entry == event.undoes, (
            "only a desk's latest move is undone"
        )
        before = msgspec.json.decode(last.before, type=Ticket)
        self._settle(self.tickets[event.ticket], replace(before, entry=entry))
        self.desks[event.desk] = replace(self.desks[event.desk], last=None)
        self.calls = [call for call in self.calls if call.entry_id != event.undoes]

    def _settle(self, old: Ticket | None, new: Ticket) -> None:
        """Bring queue, desk and number in step with what a ticket was and now is.

        Twin: hall.lua `settle`.
        """
        if old and old.state in IN_LINE:
            self._queue(old).pop(old.seq)
        if new.state in IN_LINE:
            assert new.place is not None, "who is in line has a place"
            self._queue(new)[new.seq] = new.place
        if old and old.state in AT_DESK and not (new.state in AT_DESK and new.desk == old.desk):
            self._hold(old.desk, None)
        if new.state in AT_DESK:
            self._hold(new.desk, new.seq)
        if new.state in ENDED and new.state is not State.NO_SHOW:  # a no-show may come back
            self.numbers.pop(new.number, None)
        else:
            self.numbers[new.number] = new.seq
        self.tickets[new.seq] = new

    def _queue(self, ticket: Ticket) -> dict[int, int]:
        return self.queues.setdefault(f"{ticket.service}:{ticket.stage}", {})

    def _hold(self, desk: str | None, ticket: int | None) -> None:
        assert desk is not None, "a ticket that is held has a desk"
        self.desks[desk] = replace(self.desks.get(desk, DeskRecord()), ticket=ticket)

    # The office and its day

    def _note_use(self, entry: int, event: ev.FreedTimeUsed | ev.FreedTimeStruck) -> None:
        if isinstance(event, ev.FreedTimeStruck):
            self.struck[event.strikes] = entry
        else:
            use = Use(event.used_on, event.section, event.category, event.minutes)
            self.uses[entry] = use

    def _open_day(self, date: str) -> None:
        """Begin a day with what is still at the desks and nothing else. Twin: close_day.lua."""
        self.date = date
        self.tickets = {seq: t for seq, t in self.tickets.items() if t.state in LIVE}
        self.numbers = {ticket.number: seq for seq, ticket in self.tickets.items()}
        self.desks = {
            id: replace(desk, last=None)
            for id, desk in self.desks.items()
            if desk.ticket is not None
        }
        self.counters, self.calls = {}, []


def changed(ticket: Ticket, event: ev.TicketEvent) -> Ticket:  # noqa: C901 - a table, one row an event
    """The ticket after an event about it; its `entry` is already the event's.

    Twin: hall.lua `change`.
    """
    match event:
        case ev.CheckedIn(at=at, place=place):
            return _back_in_line(replace(ticket, arrived_at=at), place)
        case ev.Called(at=at, desk=desk):
            return _called(replace(ticket, state=State.CALLED, desk=desk, started_at=None), at)
        case ev.Recalled(at=at):
            return _called(ticket, at)
        case ev.ServeStarted(at=at):
            return replace(ticket, state=State.SERVING, started_at=at)
        case ev.StageFinished(next=stage, place=None):
            return replace(ticket, stage=stage, state=State.PROCESSING, desk=None, started_at=None)
        case ev.StageFinished(next=stage, place=place):
            return replace(
                ticket, stage=stage, state=State.READY, place=place, desk=None, started_at=None
            )
        case ev.LegFinished(next_service=service, stages=stages, place=place):
            return _join(replace(ticket, then=ticket.then[1:]), service, stages, place)
        case ev.Finished(at=at, started_at=started_at):
            return replace(ticket, state=State.FINISHED, started_at=started_at, finished_at=at)
        case ev.Parked():
            return replace(ticket, state=State.PARKED, desk=None)
        case ev.Resumed(place=place) | ev.Returned(place=place):
            return _back_in_line(ticket, place)
        case ev.Transferred(to=service, stages=stages, place=place):
            return _join(ticket, service, stages, place)
        case ev.ItemsSet(items=items):
            return replace(ticket, items=items)
        case ev.PrioritySet(priority=priority, place=place):
            return replace(ticket, priority=priority, place=place)
        case ev.NeedsSet(needs=needs):
            return replace(ticket, needs=needs)
        case ev.NoShow():
            return replace(ticket, state=State.NO_SHOW)
        case ev.Cancelled():
            return replace(ticket, state=State.CANCELLED)
        case ev.Expired():
            return replace(ticket, state=State.EXPIRED)
        case _:
            return ticket


def _called(ticket: Ticket, at: int) -> Ticket:
    return replace(ticket, calls=ticket.calls + 1, called_at=at, call_entry=ticket.entry)


def _back_in_line(ticket: Ticket, place: int) -> Ticket:
    state = State.WAITING if ticket.stage == ticket.stages[0] else State.READY
    return replace(ticket, state=state, place=place, desk=None)


def _join(ticket: Ticket, service: str, stages: tuple[Stage, ...], place: int) -> Ticket:
    joined = replace(ticket, service=service, stages=stages, stage=stages[0], started_at=None)
    return _back_in_line(joined, place)
