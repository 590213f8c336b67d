"""What is done when, and at which desk, so that an office lives through a ticket log once more.

It knows the rows of a log and the office they are played in. It refuses to know HTTP and real time:
the steps are carried out by `replay`. The same rows give the same steps.

What a log does not say is decided here and nowhere else: a desk holds a ticket until the log ends
the visit, or else until the desk's next call, or else until the last entry of that business day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from queue_service.hours import business_day
from queue_service.offices import Office
from queue_service.replay_office import (
    PlanError,
    as_id,
    ids,
    known_services,
    new_office,
    service_of,
    with_desks,
)
from queue_service.ticket_log import Row
from queue_service.tickets import Stage


class Verb(StrEnum):
    """What a kiosk or a member of staff does; but for the first two, moves in the HTTP routes."""

    ISSUE = "issue"
    CALL = "call"
    START = "start"
    FINISH = "finish"
    NO_SHOW = "no-show"
    CANCEL = "cancel"


_ENDS = {"no_show": Verb.NO_SHOW, "cancelled": Verb.CANCEL}


class Step(Struct, frozen=True):
    """One thing that someone does with one ticket."""

    at: int
    verb: Verb
    row: Row
    service: str  # the id it has in the office
    desk: str | None = None  # that calls


class Plan(Struct, frozen=True):
    """An office and everything that happens in it, in order."""

    office: Office
    steps: tuple[Step, ...]


def plan_in(office: Office, rows: Sequence[Row]) -> Plan:
    """Plan the rows in an office as it is defined.

    Raises:
        PlanError: it lacks a service of the log, or a desk for one.
    """
    services = known_services(rows, office)
    receiving = [desk for desk in office.desks if not desk.stages or Stage.RECEPTION in desk.stages]
    desks = Desks({desk.id: list(desk.services) for desk in receiving}, grow=False)
    return Plan(office, tuple(_Walk(office, services, desks).steps(rows)))


def plan_new(id: str, timezone: str, rows: Sequence[Row]) -> Plan:
    """Plan the rows in an office made for them: always open, with the services and desks they need.

    It has the desks the log names. Where the log names none, a service has as many as its
    overlapping visits need, or one where the log does not say when visits end.

    Raises:
        PlanError: there are more services than two letters can tell apart.
    """
    office = new_office(rows, id, timezone)
    services = ids(map(service_of, rows))
    desks = Desks({}, grow=True)
    steps = tuple(_Walk(office, services, desks).steps(rows))
    for service in services.values():
        desks.at_least_one(service)
    return Plan(with_desks(office, desks.served), steps)


class Desks:
    """Which desk serves what, and which ticket it holds."""

    def __init__(self, served: dict[str, list[str]], *, grow: bool) -> None:
        self.served = served
        self.held: dict[str, Row] = {}  # by desk, the longest held first
        self._grow = grow

    def call(self, row: Row, service: str) -> tuple[str, Row | None]:
        """Call a ticket to a desk; returns the desk, and the ticket it has to let go first.

        Raises:
            PlanError: no desk serves the service.
        """
        desk = self._desk(row, service)
        former = self.held.pop(desk, None)
        self.held[desk] = row
        return desk, former

    def holds(self, row: Row) -> bool:
        """Whether a desk holds the ticket."""
        return any(held is row for held in self.held.values())

    def let_go(self, row: Row) -> bool:
        """End a visit; False when no desk holds the ticket any more."""
        for desk, held in self.held.items():
            if held is row:
                del self.held[desk]
                return True
        return False

    def endless(self) -> list[Row]:
        """The tickets at desks of which the log does not say when their visit ended."""
        return [row for row in self.held.values() if row.finished_at is None]

    def at_least_one(self, service: str) -> None:
        """An office needs a desk even for a service of which the log calls nobody."""
        if not any(service in services for services in self.served.values()):
            self._new(service)

    def _desk(self, row: Row, service: str) -> str:
        """The log's own desk; one that is free; one whose visit has no known end; a new one."""
        if row.desk and self._serves(as_id(row.desk), service):
            return as_id(row.desk)
        serving = [desk for desk, services in self.served.items() if service in services]
        free = [desk for desk in serving if desk not in self.held]
        held = [desk for desk in self.held if desk in serving]
        endless = [desk for desk in held if self.held[desk].finished_at is None]
        if free or endless:
            return (free or endless)[0]
        if self._grow:
            return self._new(service)
        if not held:
            raise PlanError(f"no desk of the office serves {service}, and the log calls for it")
        return held[0]

    def _serves(self, desk: str, service: str) -> bool:
        if self._grow and service not in self.served.setdefault(desk, []):
            self.served[desk].append(service)
        return service in self.served.get(desk, ())

    def _new(self, service: str) -> str:
        desk = next(str(n) for n in range(1, 10**6) if str(n) not in self.served)
        self.served[desk] = [service]
        return desk


class _Walk:
    """Goes through the log once and says what is done."""

    def __init__(self, office: Office, services: Mapping[str, str], desks: Desks) -> None:
        self._office = office
        self._services = services
        self._desks = desks
        self._undated: list[Row] = []  # cancelled, the log does not say when

    def steps(self, rows: Iterable[Row]) -> Iterator[Step]:
        """Every step, in order."""
        last, midnight = 0, 0
        for at, verb, row in _happenings(rows):
            if at >= midnight:
                yield from self._evening(last)
                midnight = business_day(self._office, at).end
            last = at
            match verb:
                case Verb.ISSUE:
                    yield from self._issue(at, row)
                case Verb.CALL:
                    yield from self._call(at, row)
                case Verb.START if not self._desks.holds(row):
                    pass  # the desk has called another since
                case Verb.START:
                    yield self._step(at, verb, row)
                case _ if _called_at(row) is None or self._desks.let_go(row):
                    yield self._step(at, verb, row)
        yield from self._evening(last)

    def _issue(self, at: int, row: Row) -> Iterator[Step]:
        yield self._step(at, Verb.ISSUE, row)
        if row.outcome == "cancelled" and _called_at(row) is None and row.finished_at is None:
            self._undated.append(row)

    def _call(self, at: int, row: Row) -> Iterator[Step]:
        desk, former = self._desks.call(row, self._services[service_of(row)])
        if former:
            yield self._step(at, _end(former), former)
        yield self._step(at, Verb.CALL, row, desk)

    def _evening(self, at: int) -> Iterator[Step]:
        """After the last entry of a business day the desks end what has no other end."""
        for row in self._desks.endless():
            self._desks.let_go(row)
            yield self._step(at, _end(row), row)
        for row in self._undated:
            yield self._step(at, Verb.CANCEL, row)
        self._undated.clear()

    def _step(self, at: int, verb: Verb, row: Row, desk: str | None = None) -> Step:
        return Step(at, verb, row, self._services[service_of(row)], desk)


def _end(row: Row) -> Verb:
    return _ENDS.get(row.outcome or "", Verb.FINISH)


def _called_at(row: Row) -> int | None:
    """When the visitor was called, as far as the log shows that he was."""
    if row.called_at is not None or row.outcome == "cancelled":
        return row.called_at
    return row.finished_at if row.started_at is None else row.started_at


def _happenings(rows: Iterable[Row]) -> list[tuple[int, Verb, Row]]:
    """Everything the log says, by its instant. Within one, visits first end, then begin."""
    found: list[tuple[int, int, int, Verb, Row]] = []
    for row in rows:
        called = _called_at(row)
        found.append((row.issued_at, 0, row.line, Verb.ISSUE, row))
        if called is not None:
            found.append((called, 2, row.line, Verb.CALL, row))
        if row.started_at is not None and _end(row) is Verb.FINISH:
            found.append((row.started_at, 3, row.line, Verb.START, row))
        if row.finished_at is not None and (called is not None or row.outcome == "cancelled"):
            rank = 4 if row.finished_at == called else 1
            found.append((row.finished_at, rank, row.line, _end(row), row))
    found.sort(key=lambda each: each[:3])
    return [(at, verb, row) for at, _, _, verb, row in found]
