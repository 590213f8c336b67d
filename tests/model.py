"""The oracle of the rule-based test: what each command must do, decided in plain Python.

Each verb appends to `entries` what must then be in the ledger, and returns what must be answered
or raises a `Refusal`. It knows the table of moves and `ModelHall`; it refuses to know Redis and
Lua.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from queue_service import events as ev
from queue_service.events import DeskStatus
from queue_service.freed_time import Use
from queue_service.hall import DeskRecord
from queue_service.ledger import Wish
from queue_service.offices import Office
from queue_service.tickets import AT_DESK, BOOKING_GRACE_MS, UNDO_WINDOW_MS, Leg, Move, Ticket
from tests.model_hall import ModelHall, Refusal, Refused, Seen
from tests.model_moves import Said, about, event_of

Outcome = Any  # what a command is answered; equal answers are equal values


class Model(ModelHall):
    """What every command must do to one office."""

    def __init__(self, office: Office, clock: int) -> None:
        super().__init__(office, clock)
        self.messages: dict[str, Any] = {}
        self.answers: dict[str, tuple[str, Outcome]] = {}
        # Where the rules leave a choice, what the engine chose.
        self.chosen_reason = ""
        self.chosen_order: list[int] = []

    def once(self, slot: str | None, fingerprint: str, decide: Callable[[], Outcome]) -> Outcome:
        """Decide once for each intent; of the refusals only a ticket machine's are remembered."""
        if slot in self.answers:
            first, outcome = self.answers[slot]
            return outcome if first == fingerprint else Refused("key_reused")
        kept = True
        try:
            outcome = decide()
        except Refusal as refusal:
            outcome = refusal.refused
            kept = outcome.code in tuple(ev.Refusal)
        if slot is not None and kept:
            self.answers[slot] = (fingerprint, outcome)
        return outcome

    def knows(
        self, wish: Wish | None = None, transfer_to: str = "", desk: str = "", **_: Any
    ) -> bool:
        """Whether the definition still has the services and the desk that a command names."""
        services = {transfer_to} | ({wish.service, *wish.then} if wish else set())
        return services <= {"", *(each.id for each in self.office.services)} and (
            desk in {"", *(each.id for each in self.office.desks)}
        )

    # The ticket machine

    def issue(self, wish: Wish) -> Seen:
        """The next free number, or a refusal that is counted."""
        self.turn_day()
        service = self.office.service(wish.service)
        visit = wish.booked_for or self.now
        if visit + BOOKING_GRACE_MS <= self.now:
            raise self.refusal("past")
        given: dict[str, Any] = {"at": self.now, "date": self.hall.date, "service": service.id}
        if reason := self.turned_away(service, visit):
            self.append(ev.Refused(reason=reason, channel=wish.channel, **given))
            raise self.refusal(reason)
        given = msgspec.structs.asdict(wish) | given
        given["number"] = self.free_number(service)
        given["stages"] = service.stages
        given["then"] = tuple(Leg(id, self.office.service(id).stages) for id in wish.then)
        head_start = self._said().head_start(wish.priority)
        given["place"] = None if wish.booked_for else self.now - head_start
        seq = len(self.entries) + 1
        self.append(ev.Issued(ticket=seq, **given))
        return self.seen(seq)

    # The desk

    def call_next(self, desk: str, services: tuple[str, ...] = ()) -> Seen | None:
        """Call whoever is next to a desk that holds nobody."""
        self.turn_day()
        self._refuse_busy(desk)
        return self._call(desk, self.next_for(desk, services))

    def call(self, desk: str, ticket: int | None = None, number: str | None = None) -> Seen | None:
        """Call a chosen ticket, by itself or by its number."""
        self.turn_day()
        chosen = self.ticket(ticket or self.held_numbers().get(number or ""))
        self._refuse_busy(desk)
        self.check(chosen, Move.CALL)
        return self._call(desk, chosen)

    def _refuse_busy(self, id: str) -> None:
        held = self.desk(id).ticket
        if held is not None:
            raise self.refusal("desk_busy", self.hall.tickets[held])

    def _call(self, id: str, ticket: Ticket | None) -> Seen | None:
        desk = self.desk(id)
        if desk.status != DeskStatus.OPEN:
            self._change_desk(id, DeskStatus.OPEN, desk.services)
        if ticket is None:
            return None
        where: dict[str, Any] = {"desk": id, "service": ticket.service, "stage": ticket.stage}
        self.append(ev.Called(**where, **about(ticket, self.now)))
        return self.seen(ticket.seq)

    def advance(self, ticket: int, move: Move, **said: Any) -> Seen:
        """One move with one ticket."""
        self.turn_day()
        moved = self.ticket(ticket)
        self.check(moved, move)
        self.append(event_of(move, moved, self._said(**said)))
        return self.seen(ticket)

    def _said(self, **said: Any) -> Said:
        return Said(office=self.office, now=self.now, tickets=self.tickets, **said)

    def release_and_call_next(
        self, desk: str, ticket: int, move: Move | None = None, services: tuple[str, ...] = ()
    ) -> tuple[Seen, Seen | None]:
        """End what a desk does and call the next."""
        self.turn_day()
        released, held = self.ticket(ticket), self.desk(desk).ticket
        if held != ticket:
            raise self.refusal("stale", self.hall.tickets[held] if held else None)
        usual = Move.FINISH_STAGE if released.next_stage else Move.FINISH
        gone = self.advance(ticket, move or usual, by_next=True)
        return gone, self._call(desk, self.next_for(desk, services))

    def undo(self, ticket: int) -> Seen:
        """Take back a desk's latest move, if it is the ticket's latest entry, within a minute."""
        self.turn_day()
        moved = self.ticket(ticket)
        for id, desk in self.hall.desks.items():
            if desk.last and desk.last.entry == moved.entry:
                late = self.now - desk.last.at > UNDO_WINDOW_MS
                given_away = self.held_numbers().get(moved.number, ticket) != ticket
                before = msgspec.json.decode(desk.last.before, type=Ticket)
                if not late and not given_away and not self._stranded(self.office, [before]):
                    self.append(ev.Undone(undoes=moved.entry, desk=id, **about(moved, self.now)))
                    return self.seen(ticket)
        raise self.refusal("nothing_to_undo", moved)

    def set_desk(self, desk: str, status: DeskStatus, services: tuple[str, ...]) -> DeskRecord:
        """Open, pause or close a desk."""
        self.turn_day()
        if status != DeskStatus.OPEN:
            self._refuse_busy(desk)
        before = self.desk(desk)
        if (before.status, before.services) != (status, services):
            self._change_desk(desk, status, services)
        return self.desk(desk)

    def _change_desk(self, id: str, status: DeskStatus, services: tuple[str, ...]) -> None:
        self.append(ev.DeskChanged(at=self.now, desk=id, status=status, services=services))

    # The office

    def set_service(self, service: str, status: Any, message: Any) -> None:
        """Suspend a service or open it again."""
        self.turn_day()
        suspended = service in self.hall.suspended
        if (status == "suspended", message) != (suspended, self.messages.get(service)):
            self.append(ev.ServiceChanged(at=self.now, service=service, status=status))
            self.messages.pop(service, None)
            if message:
                self.messages[service] = message

    def use_freed_time(self, uses: tuple[Use, ...], once: bool) -> None:
        """Write every use down, or none; `once`: but those that have an equal one."""
        self.turn_day()
        if any(use.used_on > self.today for use in uses):
            raise self.refusal("not_yet")
        standing = Counter(self.hall.uses.values() if once else ())
        for use in uses:
            if standing[use] > 0:
                standing[use] -= 1
            else:
                self.append(ev.FreedTimeUsed(at=self.now, **msgspec.structs.asdict(use)))

    def strike_freed_time(self, entry: int) -> None:
        """Let a use no longer count."""
        self.turn_day()
        if entry not in self.hall.uses:
            raise self.refusal("unknown_entry")
        if entry in self.hall.struck:
            raise self.refusal("already_struck")
        self.append(ev.FreedTimeStruck(at=self.now, strikes=entry))

    def apply_office(self, office: Office) -> int:
        """Bring a definition into force. Of several reasons against it any may be given."""
        reasons = self._stranded(office, self._held())
        if office != self.office and reasons:
            chosen = self.chosen_reason
            raise self.refusal(chosen if chosen in reasons else min(reasons))
        if office != self.office:
            self.append(ev.OfficeChanged(at=self.now, version=self.hall.version + 1))
            self.office = office
        return self.hall.version

    def _held(self) -> list[Ticket]:
        return [self.hall.tickets[seq] for seq in self.held_numbers().values()]

    def _stranded(self, office: Office, held: list[Ticket]) -> set[str]:
        legs = {id for t in held for id in (t.service, *(leg.service for leg in t.then))}
        desks = {ticket.desk for ticket in held if ticket.state in AT_DESK}
        reasons = {
            "service_in_use": legs - {service.id for service in office.services},
            "desk_in_use": desks - {desk.id for desk in office.desks},
        }
        return {reason for reason, stranded in reasons.items() if stranded}

    def tend(self) -> int:
        """Let bookings lapse; they may be written down in any order."""
        self.turn_day()
        lapsed = [ticket for ticket in self.tickets if self.overdue(ticket)]
        for ticket in sorted(lapsed, key=lambda ticket: self.chosen_order.index(ticket.seq)):
            self.append(ev.Expired(**about(ticket, self.now)))
        return len(lapsed)
