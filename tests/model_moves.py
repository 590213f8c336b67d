"""Which event each move makes of a ticket: the oracle's half of `scripts/moves.lua`.

Pure: a ticket as it is, the moment, and what was said with the move. Legality is not decided here.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from queue_service import events as ev
from queue_service.offices import Office
from queue_service.tickets import AT_DESK, IN_LINE, Item, Move, State, Ticket

MINUTE = 60_000  # ms


class Said(Struct, frozen=True, kw_only=True):
    """What comes with a move."""

    office: Office
    now: int
    tickets: list[Ticket]
    transfer_to: str = ""
    items: tuple[Item, ...] = ()
    priority: str = ""
    needs: tuple[str, ...] = ()
    by: Any = "staff"
    by_next: bool = False

    def head_start(self, priority: str) -> int:
        """The head start of a class of priority, in ms."""
        return int(self.office.priorities.get(priority, 0) * MINUTE)


def about(ticket: Ticket, at: int) -> dict[str, Any]:
    """What every event says of its ticket."""
    return {"at": at, "ticket": ticket.seq, "number": ticket.number, "date": ticket.date}


def holder(ticket: Ticket) -> str | None:
    """The desk that holds the ticket."""
    return ticket.desk if ticket.state in AT_DESK else None


def first_place(tickets: Iterable[Ticket], own: int) -> int:
    """The place of someone who missed the call: before all who wait, never later than his own."""
    places = [t.place for t in tickets if t.state in IN_LINE and t.place is not None]
    return min([own, *(place - 1 for place in places)])


def event_of(move: Move, ticket: Ticket, said: Said) -> ev.TicketEvent:
    """The event of a legal move."""
    return EVENTS[move](ticket, said, about(ticket, said.now))


def _at_desk(kind: Any) -> Callable[[Ticket, Said, dict[str, Any]], ev.TicketEvent]:
    def event(ticket: Ticket, said: Said, named: dict[str, Any]) -> Any:
        return kind(desk=ticket.desk, service=ticket.service, stage=ticket.stage, **named)

    return event


def _served(ticket: Ticket, said: Said) -> dict[str, Any]:
    implied = ticket.state == State.CALLED
    return {
        "desk": holder(ticket),
        "service": ticket.service,
        "stage": ticket.stage,
        "started_at": ticket.called_at if implied else ticket.started_at,
        "implied": implied,
        "by_next": said.by_next,
    }


def _finish_stage(ticket: Ticket, said: Said, named: dict[str, Any]) -> ev.TicketEvent:
    upcoming = ticket.next_stage
    assert upcoming is not None
    place = said.now - said.head_start("handover") if upcoming.calls_visitor else None
    return ev.StageFinished(next=upcoming, place=place, **_served(ticket, said), **named)


def _finish(ticket: Ticket, said: Said, named: dict[str, Any]) -> ev.TicketEvent:
    if not ticket.then:
        return ev.Finished(**_served(ticket, said), **named)
    leg = ticket.then[0]
    place = said.now - said.head_start(ticket.priority)
    return ev.LegFinished(
        next_service=leg.service, stages=leg.stages, place=place, **_served(ticket, said), **named
    )


def _return(ticket: Ticket, said: Said, named: dict[str, Any]) -> ev.TicketEvent:
    assert ticket.place is not None
    missed = ticket.state == State.NO_SHOW
    place = first_place(said.tickets, ticket.place) if missed else ticket.place
    return ev.Returned(place=place, desk=holder(ticket), **named)


def _transfer(ticket: Ticket, said: Said, named: dict[str, Any]) -> ev.TicketEvent:
    assert ticket.place is not None
    return ev.Transferred(
        service=ticket.service,
        to=said.transfer_to,
        stages=said.office.service(said.transfer_to).stages,
        place=ticket.place,
        desk=holder(ticket),
        **named,
    )


def _set_priority(ticket: Ticket, said: Said, named: dict[str, Any]) -> ev.TicketEvent:
    place = ticket.place
    reckoned = ticket.booked_for is None and ticket.stage == ticket.stages[0]
    if place is not None and reckoned:
        place += said.head_start(ticket.priority) - said.head_start(said.priority)
    return ev.PrioritySet(priority=said.priority, place=place, **named)


EVENTS: dict[Move, Callable[[Ticket, Said, dict[str, Any]], Any]] = {
    Move.CHECK_IN: lambda t, said, named: ev.CheckedIn(place=t.booked_for or 0, **named),
    Move.RECALL: _at_desk(ev.Recalled),
    Move.START: _at_desk(ev.ServeStarted),
    Move.FINISH_STAGE: _finish_stage,
    Move.FINISH: _finish,
    Move.NO_SHOW: _at_desk(ev.NoShow),
    Move.PARK: lambda t, said, named: ev.Parked(desk=holder(t), **named),
    Move.RESUME: lambda t, said, named: ev.Resumed(place=t.place or 0, **named),
    Move.RETURN: _return,
    Move.TRANSFER: _transfer,
    Move.SET_ITEMS: lambda t, said, named: ev.ItemsSet(items=said.items, **named),
    Move.SET_NEEDS: lambda t, said, named: ev.NeedsSet(needs=said.needs, **named),
    Move.SET_PRIORITY: _set_priority,
    Move.CANCEL: lambda t, said, named: ev.Cancelled(by=said.by, desk=holder(t), **named),
    Move.REPRINT: lambda t, said, named: ev.Reprinted(**named),
}
