"""What the oracle of the rule-based test knows of its office: tickets, numbers, the line, the day.

One plain Python rule for each question that a script answers: who is next, which number is free,
when the day ends. It refuses to know Redis and Lua. Its office lies in a zone where clocks are never
changed, so that the business day is arithmetic.
"""

from datetime import date, timedelta

from msgspec import Struct

from queue_service import events as ev
from queue_service.events import Entry
from queue_service.hall import DeskRecord, Hall
from queue_service.offices import Office, Service
from queue_service.tickets import (
    AT_DESK,
    BOOKING_GRACE_MS,
    ENDED,
    IN_LINE,
    LIVE,
    MOVES,
    Move,
    Stage,
    State,
    Ticket,
)
from tests.model_moves import about

HOUR = 3_600_000  # ms
DAY = 24 * HOUR
EAST = 9 * HOUR  # Asia/Tokyo never changes its clocks
OPEN, CLOSE = 9 * HOUR, 16 * HOUR  # of every service that has hours of its own here
EPOCH = date(1970, 1, 1)

Seen = tuple[Ticket, int | None]  # a ticket, and how many of its service come before it


class Refused(Struct, frozen=True):
    """A command was refused, with the ticket in the way."""

    code: str
    ticket: Ticket | None = None
    ahead: int | None = None


class Refusal(Exception):
    """Takes a `Refused` out of a decision."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


class ModelHall:
    """One office as it must be, with every entry that must be in its ledger."""

    def __init__(self, office: Office, clock: int) -> None:
        self.hall = Hall()
        self.entries: list[Entry] = []
        self.clock = clock
        self.office = office
        self.append(ev.OfficeChanged(at=clock, version=1))

    @property
    def now(self) -> int:
        """The clock, but never before the last entry."""
        return max(self.clock, self.hall.at)

    @property
    def tickets(self) -> list[Ticket]:
        """Every ticket of the day, by issue."""
        return sorted(self.hall.tickets.values(), key=lambda ticket: ticket.seq)

    def append(self, event: ev.AnyEvent | ev.TicketEvent) -> None:
        """Write down what must happen, and let it happen."""
        entry = Entry(len(self.entries) + 1, event)  # type: ignore[arg-type]
        self.entries.append(entry)
        self.hall.apply(entry)

    @property
    def today(self) -> str:
        """What the calendar on the wall shows; it turns at midnight, whenever the business day does."""
        return (EPOCH + timedelta((self.now + EAST) // DAY)).isoformat()

    # The day

    def day_of(self, instant: int) -> int:
        """The business day of an instant, counted since the epoch."""
        return (instant + EAST - self._dawn) // DAY

    def end_of(self, day: int) -> int:
        """The instant at which a business day ends."""
        return (day + 1) * DAY - EAST + self._dawn

    @property
    def _dawn(self) -> int:
        return int(self.office.day_starts_at[:2]) * HOUR

    def turn_day(self) -> None:
        """The first command of a business day ends the one before."""
        today = (EPOCH + timedelta(self.day_of(self.now))).isoformat()
        before = self.hall.date
        if before is not None and today <= before:
            return
        if before is not None:
            days = (date.fromisoformat(before) - EPOCH).days
            closing = max(self.end_of(days), self.hall.at)
            for ticket in self.tickets:
                if ticket.state in LIVE - AT_DESK:
                    self.append(ev.Expired(**about(ticket, closing)))
            self.append(ev.DayClosed(at=closing, date=before))
        self.append(ev.DayOpened(at=self.now, date=today))

    # What is seen, and what stands in the way

    def seen(self, seq: int) -> Seen:
        """A ticket, and how many people of its service will be called before it."""
        ticket = self.hall.tickets[seq]
        if ticket.state not in IN_LINE:
            return ticket, None
        line = [t for t in self.tickets if t.state in IN_LINE and t.service == ticket.service]
        return ticket, sum(order(other) < order(ticket) for other in line)

    def refusal(self, code: str, ticket: Ticket | None = None) -> Refusal:
        """What to raise, with the ticket in the way."""
        return Refusal(Refused(code, *self.seen(ticket.seq)) if ticket else Refused(code))

    def ticket(self, seq: int | None) -> Ticket:
        """A ticket of today."""
        if seq not in self.hall.tickets:
            raise self.refusal("unknown_ticket")
        return self.hall.tickets[seq]

    def check(self, ticket: Ticket, move: Move) -> None:
        """Refuse what the table of moves does not allow; an overdue booking counts as expired."""
        state = State.EXPIRED if self.overdue(ticket) else ticket.state
        ends = move is Move.FINISH_STAGE and ticket.next_stage is None
        if state not in MOVES[move].sources or ends:
            raise self.refusal("illegal_move", ticket)

    def overdue(self, ticket: Ticket) -> bool:
        """Whether nobody came for a booking."""
        booked = ticket.state == State.BOOKED and ticket.booked_for is not None
        return booked and self.now >= (ticket.booked_for or 0) + BOOKING_GRACE_MS

    # Numbers and the line

    def held_numbers(self) -> dict[str, int]:
        """Numbers that are not free: a no-show may come back with his."""
        held = [t for t in self.tickets if t.state not in ENDED or t.state == State.NO_SHOW]
        return {ticket.number: ticket.seq for ticket in held}

    def free_number(self, service: Service) -> str | None:
        """The next number after the last one given that nobody holds."""
        first, size = service.lowest, service.highest - service.lowest + 1
        last = self.hall.counters.get(f"last:{service.id}", first - 1)
        figures = (first + (last - first + step) % size for step in range(1, size + 1))
        numbers = (f"{service.prefix}{figure:0{service.width}d}" for figure in figures)
        held = self.held_numbers()
        return next((number for number in numbers if number not in held), None)

    def turned_away(self, service: Service, instant: int) -> ev.Refusal | None:
        """Why nobody gets a number of a service now, for a visit at an instant."""
        within = service.hours is None or OPEN <= (instant + EAST) % DAY < CLOSE
        if not within or self.day_of(instant) != self.day_of(self.now):
            return ev.Refusal.CLOSED
        if service.id in self.hall.suspended:
            return ev.Refusal.SUSPENDED
        issued = self.hall.counters.get(f"issued:{service.id}", 0)
        full = service.daily_limit is not None and issued >= service.daily_limit
        return ev.Refusal.FULL if full or self.free_number(service) is None else None

    def desk(self, id: str) -> DeskRecord:
        """A desk as it is; one that nobody has touched today is closed."""
        return self.hall.desks.get(id, DeskRecord())

    def next_for(self, id: str, services: tuple[str, ...]) -> Ticket | None:
        """Who is next: the earliest place, and of equal places the earliest number."""
        defined = self.office.desk(id)
        wanted = services or self.desk(id).services or defined.services
        stages = defined.stages or [stage for stage in Stage if stage.calls_visitor]
        line = [t for t in self.tickets if t.state in IN_LINE and t.service in wanted]
        return min((t for t in line if t.stage in stages), key=order, default=None)


def order(ticket: Ticket) -> tuple[int, int]:
    """What decides who of two people is called first."""
    assert ticket.place is not None, "who is in line has a place"
    return ticket.place, ticket.seq
