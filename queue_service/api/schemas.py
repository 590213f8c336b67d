"""What goes in and what comes out. Unknown fields are refused; every limit stands here.

Ids and words that reach the scripts match `Word`: safe in keys, in JSON, and in a log.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from litestar import Request
from msgspec import Meta, Struct

from queue_service import tickets
from queue_service.api.guard import holder, works_at
from queue_service.estimates import Estimate
from queue_service.events import DeskStatus
from queue_service.freed_time import MOST_MINUTES
from queue_service.hours import local_time
from queue_service.ledger import Ledger
from queue_service.tickets import Move, Stage, State

END = r"(?!\n)$"  # Python's $ alone lets a last line break through
Word = Annotated[
    str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,39}}{END}", examples=["certificates"])
]
Number = Annotated[str, Meta(pattern=rf"^[A-Z]{{1,2}}[0-9]{{3,4}}{END}", examples=["A012"])]
Language = Annotated[str, Meta(pattern=rf"^[a-z]{{2,3}}(-[A-Za-z0-9]{{1,8}}){{0,4}}{END}")]
TicketId = Annotated[
    str, Meta(min_length=1, max_length=64, examples=["12-Jm2v0yqf5TqHn3cC1w8xQkz7abc"])
]
Text = Annotated[
    dict[
        Language,
        Annotated[str, Meta(min_length=1, max_length=500)],
    ],
    Meta(
        min_length=1,
        max_length=20,
        description="Language → text, for people in the lobby.",
        examples=[{"ja": "本日は混み合っています", "en": "It is busy today"}],
    ),
]
Services = Annotated[tuple[Word, ...], Meta(max_length=100)]


Needs = Annotated[tuple[Word, ...], Meta(max_length=10, examples=[["wheelchair"]])]


def utc(at: int) -> datetime:
    """An instant in ms as it is shown where no office says what time it is."""
    return datetime.fromtimestamp(at // 1000, UTC)


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's body."""


class NothingBody(Body, frozen=True, kw_only=True):
    """Nothing needs to be said: send no body, or an empty object."""


class ItemBody(Body, frozen=True, kw_only=True):
    """What was asked for: a procedure, and how many copies or cases."""

    procedure: Word
    quantity: Annotated[int, Meta(ge=1, le=1000)] = 1


Items = Annotated[tuple[ItemBody, ...], Meta(max_length=50)]


class IssueBody(Body, frozen=True, kw_only=True):
    """What a visitor asks for."""

    service: Word
    then: Annotated[
        tuple[Word, ...], Meta(max_length=5, description="Further services under the same number.")
    ] = ()
    priority: Annotated[Word, Meta(description="A class of the office; only staff set it.")] = (
        "normal"
    )
    needs: Needs = ()
    language: Language = "ja"
    channel: Word = "kiosk"
    items: Items = ()
    booked_for: (
        Annotated[datetime, Meta(tz=True, description="The time of an appointment, today.")] | None
    ) = None


class CallNextBody(Body, frozen=True, kw_only=True):
    """Which services to call from, if not all that the desk serves."""

    services: Services = ()


class CallBody(Body, frozen=True, kw_only=True):
    """Which ticket to call: its number or its id."""

    number: Number | None = None
    ticket: TicketId | None = None


class ReleaseBody(Body, frozen=True, kw_only=True):
    """The ticket the desk is done with."""

    ticket: TicketId
    move: Literal["finish-stage", "finish", "no-show", "park"] | None = None
    services: Services = ()


class DeskBody(Body, frozen=True, kw_only=True):
    """Whether a desk takes visitors, and for which services; none: those of its definition."""

    status: DeskStatus
    services: Services = ()


class ServiceBody(Body, frozen=True, kw_only=True):
    """Whether a service gives tickets, and what to tell those who come."""

    status: Literal["open", "suspended"]
    message: Text | None = None


class NoticeBody(Body, frozen=True, kw_only=True):
    """The office's notice; null takes it down."""

    text: Text | None


class HintBody(Body, frozen=True, kw_only=True):
    """What the visitor answered to "this can be had without a visit"."""

    service: Word
    procedure: Word
    answer: Literal["elsewhere", "no_card", "prefers_counter"]


class HelpedBody(Body, frozen=True, kw_only=True):
    """Whom somebody could help without a number."""

    service: Annotated[
        Word | None, Meta(description="Which counter it would have been; null: none of them.")
    ] = None
    channel: Word = "floor"


class FreedTimeBody(Body, frozen=True, kw_only=True):
    """What a section used freed time for."""

    used_on: Annotated[date, Meta(description="Local date; not one to come.")]
    section: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="As the services of the office name it; - where they name none.",
            examples=["市民課"],
        ),
    ]
    category: Annotated[Word, Meta(examples=["training"])]
    minutes: Annotated[int, Meta(ge=1, le=MOST_MINUTES)]


class NeedsBody(Body, frozen=True, kw_only=True):
    """What a visitor needs help with, whole: it replaces what was noted before."""

    needs: Needs


class TransferBody(Body, frozen=True, kw_only=True):
    """The service that the visitor really needs."""

    service: Word


class ItemsBody(Body, frozen=True, kw_only=True):
    """What was asked for, whole: it replaces what was recorded before."""

    items: Items


class PriorityBody(Body, frozen=True, kw_only=True):
    """A priority class of the office."""

    priority: Word


class Ticket(Struct, frozen=True, kw_only=True):
    """A ticket as it is now."""

    id: str
    office: str
    number: str
    service: str
    then: list[str]
    state: State
    stage: Stage
    stages: list[Stage]
    allowed: Annotated[list[Move] | None, Meta(description="What may be done now; staff only.")]
    priority: str
    needs: list[str]
    channel: str
    language: str
    items: list[ItemBody]
    business_date: str
    booked_for: datetime | None
    issued_at: datetime
    arrived_at: datetime | None
    called_at: Annotated[datetime | None, Meta(description="The latest call.")]
    started_at: Annotated[datetime | None, Meta(description="Of the present stage.")]
    finished_at: datetime | None
    desk: str | None
    calls: int
    people_ahead: Annotated[int | None, Meta(description="null: not in line")]
    estimate: Estimate | None
    entry_id: int


class Tickets(Struct, frozen=True, kw_only=True):
    """Tickets in calling order, then those that are not in line."""

    tickets: list[Ticket]


class Released(Struct, frozen=True, kw_only=True):
    """What a desk let go, and whom it called."""

    released: Ticket
    called: Ticket | None


class Desk(Struct, frozen=True, kw_only=True):
    """A desk after its status was set."""

    desk: str
    status: DeskStatus
    services: list[str]


class Service(Struct, frozen=True, kw_only=True):
    """A service after its status was set."""

    service: str
    status: Literal["open", "suspended"]
    message: dict[str, str] | None


class Notice(Struct, frozen=True, kw_only=True):
    """The notice after it was set."""

    text: dict[str, str] | None


def ticket_view(
    request: Request[Any, Any, Any],
    ticket: tickets.Ticket,
    ahead: int | None,
    estimate: Estimate | None = None,
) -> Ticket:
    """A ticket as the outside sees it: with its id, in local time; moves for staff only."""
    ledger: Ledger = request.app.state.ledger
    name: str = request.path_params["office"]
    office = ledger.seen_office(name)
    who = holder(request)

    def local(at: int | None) -> datetime | None:
        return None if at is None else local_time(office, at)

    return Ticket(
        id=ledger.ticket_id(name, ticket.seq),
        office=name,
        number=ticket.number,
        service=ticket.service,
        then=[leg.service for leg in ticket.then],
        state=ticket.state,
        stage=ticket.stage,
        stages=list(ticket.stages),
        allowed=tickets.allowed(ticket) if works_at(who, name) else None,
        priority=ticket.priority,
        needs=list(ticket.needs),
        channel=ticket.channel,
        language=ticket.language,
        items=[ItemBody(procedure=i.procedure, quantity=i.quantity) for i in ticket.items],
        business_date=ticket.date,
        booked_for=local(ticket.booked_for),
        issued_at=local_time(office, ticket.issued_at),
        arrived_at=local(ticket.arrived_at),
        called_at=local(ticket.called_at),
        started_at=local(ticket.started_at),
        finished_at=local(ticket.finished_at),
        desk=ticket.desk,
        calls=ticket.calls,
        people_ahead=ahead,
        estimate=estimate,
        entry_id=ticket.entry,
    )
