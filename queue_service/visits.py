"""Visits: what became of each ticket, told by the entries that still count.

Pure. It gathers a ledger's entries into visits, leaves out what was taken back, and tells a visit
stage by stage. It decides no legality and measures no figures.
"""

from collections.abc import Callable

from msgspec import Struct

from queue_service import events as ev
from queue_service.events import Entry
from queue_service.tickets import Item, Stage

ENDS: dict[type[object], str] = {
    ev.Finished: "finished",
    ev.NoShow: "no_show",
    ev.Cancelled: "cancelled",
    ev.Expired: "expired",
}
OPEN = "open"  # the state of a visit that has not ended


class Stay(Struct, kw_only=True):
    """One stage of a visit as it went. `leg` counts the services, transfers included."""

    leg: int
    service: str
    stage: Stage
    joined_at: int | None  # None: booked, not arrived
    desk: str | None = None
    calls: int = 0
    called_at: int | None = None  # the first call
    started_at: int | None = None  # the first serving
    finished_at: int | None = None
    left_at: int | None = None  # the end of its last serving
    served_ms: int | None = None  # at a desk, or in process without the visitor; None: not ended
    implied: bool = False  # nobody pressed start: `started_at` is the last call
    by_next: bool = False  # nobody pressed finish: the next visitor was called


class Visit(Struct):
    """The entries of one ticket that still count, in order; the first is its `Issued`."""

    ticket: int
    entries: list[Entry]

    @property
    def issued(self) -> ev.Issued:
        """How it began."""
        first = self.entries[0].event
        assert isinstance(first, ev.Issued), "a visit begins with its number"
        return first

    @property
    def end(self) -> Entry | None:
        """The entry that ended it. A no-show who came back has not ended."""
        end = None
        for entry in self.entries:
            if type(entry.event) in ENDS:
                end = entry
            elif isinstance(entry.event, ev.Returned):
                end = None
        return end

    @property
    def priority(self) -> str:
        """The priority class it had last."""
        found = [e.event.priority for e in self.entries if isinstance(e.event, ev.PrioritySet)]
        return found[-1] if found else self.issued.priority

    @property
    def items(self) -> tuple[Item, ...]:
        """What was asked for, as recorded last."""
        found = [e.event.items for e in self.entries if isinstance(e.event, ev.ItemsSet)]
        return found[-1] if found else self.issued.items

    @property
    def stays(self) -> list[Stay]:
        """Its stages, each with its first call and its serving."""
        issued = self.issued
        joined = None if issued.place is None else issued.at
        now = Stay(leg=1, service=issued.service, stage=issued.stages[0], joined_at=joined)
        found = [now]
        since = None  # of the serving that goes on
        for entry in self.entries[1:]:
            match entry.event:
                case ev.CheckedIn(at=at):
                    now.joined_at = at
                case ev.Called(at=at, desk=desk) | ev.Recalled(at=at, desk=desk):
                    now.calls, now.called_at, now.desk = now.calls + 1, now.called_at or at, desk
                case ev.ServeStarted(at=at):
                    now.started_at, since = now.started_at or at, at
                case ev.Finished() | ev.StageFinished() | ev.LegFinished() as event:
                    _end(now, event)
                    if not isinstance(event, ev.Finished):
                        now = _next(now, event)
                        found.append(now)
                    since = None
                case ev.Transferred(at=at) as event:
                    _serve(now, since, at)
                    now, since = _next(now, event), None
                    found.append(now)
                case ev.Parked(at=at) | ev.Returned(at=at) | ev.NoShow(at=at):
                    _serve(now, since, at)
                    since = None
                case _:
                    pass
        return found


def _serve(stay: Stay, since: int | None, at: int) -> None:
    """Count a serving, if there was one."""
    if since is not None:
        stay.left_at, stay.served_ms = at, (stay.served_ms or 0) + at - since


def _end(stay: Stay, event: ev.StageFinished | ev.LegFinished | ev.Finished) -> None:
    stay.finished_at, stay.by_next = event.at, event.by_next
    if stay.started_at is None:
        stay.started_at, stay.implied = event.started_at, event.implied
    # Without a desk the stage was worked on from when the visitor's part was over.
    _serve(stay, event.started_at if event.desk else stay.joined_at, event.at)


def _next(stay: Stay, event: ev.StageFinished | ev.LegFinished | ev.Transferred) -> Stay:
    at = event.at
    if isinstance(event, ev.Transferred):
        return Stay(leg=stay.leg + 1, service=event.to, stage=event.stages[0], joined_at=at)
    if isinstance(event, ev.LegFinished):
        service, stage = event.next_service, event.stages[0]
        return Stay(leg=stay.leg + 1, service=service, stage=stage, joined_at=at)
    return Stay(leg=stay.leg, service=stay.service, stage=event.next, joined_at=at)


class Visits:
    """Gathers entries into visits, and gives each away when its day is over and it has ended."""

    def __init__(self) -> None:
        self._open: dict[int, Visit] = {}

    def add(self, entry: Entry) -> list[Visit]:
        """Add an entry; returns the visits that nothing can change any more.

        A ticket that was issued before the first entry it was given is passed over.
        """
        match entry.event:
            case ev.Issued():
                self._open[entry.id] = Visit(entry.id, [entry])
            case ev.Undone(ticket=ticket, undoes=undone):
                if visit := self._open.get(ticket):
                    visit.entries = [each for each in visit.entries if each.id != undone]
            case ev.TicketEvent(ticket=ticket):
                if visit := self._open.get(ticket):
                    visit.entries.append(entry)
            case ev.DayOpened():
                return self._take(lambda visit: visit.end is not None)
            case _:
                pass
        return []

    def rest(self) -> list[Visit]:
        """The visits of the running day, and those still at a desk."""
        return self._take(lambda _: True)

    def _take(self, chosen: Callable[[Visit], bool]) -> list[Visit]:
        taken = [visit for visit in self._open.values() if chosen(visit)]
        for visit in taken:
            del self._open[visit.ticket]
        return taken
