"""The ticket machine, the visitor's phone, and what staff do with one ticket."""

from typing import Annotated, Any, Literal

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter, QueryParameter

from queue_service.access import Credential, Role
from queue_service.api.guard import KIOSK, PUBLIC, STAFF, holder, works_at
from queue_service.api.problems import Problem, invalid
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import (
    HintBody,
    IssueBody,
    ItemBody,
    ItemsBody,
    NothingBody,
    PriorityBody,
    Ticket,
    Tickets,
    TransferBody,
    ticket_view,
)
from queue_service.ledger import Ledger, Wish
from queue_service.offices import Office, UnknownService
from queue_service.round_trip import Shown
from queue_service.tickets import Item, Move, State

Asked = Request[Any, Any, Any]
Nothing = JSONBody[NothingBody | None]
REPLAYED = {"Idempotency-Replayed": "true"}


def answer(request: Asked, shown: Shown, status: int = 200) -> Response[Ticket]:
    """A ticket, marked when it is an earlier answer given again."""
    view = ticket_view(request, shown.ticket, shown.ahead)
    return Response(view, status_code=status, headers=REPLAYED if shown.replayed else None)


@post("/tickets", opt={"roles": KIOSK}, status_code=201)
async def issue(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    data: JSONBody[IssueBody],
    intent: TheIntent,
) -> Response[Ticket]:
    """Give a visitor a number.

    Send an Idempotency-Key for each press, so that a press whose answer was lost can be asked again.
    Outside the hours, while the service is suspended or at its limit, the answer is 409 and the
    visitor is counted as turned away.
    """
    known = await ledger.known_office(office)
    who = holder(request)
    _check_wish(known, data, who)
    wish = Wish(
        service=data.service,
        then=data.then,
        priority=data.priority,
        needs=data.needs,
        language=data.language,
        channel=data.channel,
        issuer=who.id if who else "",
        items=_items(data.items),
        booked_for=int(data.booked_for.timestamp() * 1000) if data.booked_for else None,
    )
    return answer(request, await ledger.issue(office, wish, intent), 201)


@get("/tickets", opt={"roles": STAFF})
async def list_tickets(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    service: FromQuery[str | None] = None,
    desk: FromQuery[str | None] = None,
) -> Tickets:
    """Today's tickets: those in line in calling order, then the others by issue."""
    return Tickets(
        tickets=[
            ticket_view(request, shown.ticket, shown.ahead)
            for shown in await ledger.tickets(office)
            if in_state in (None, shown.ticket.state)
            and service in (None, shown.ticket.service)
            and desk in (None, shown.ticket.desk)
        ]
    )


@get("/tickets/{ticket:str}", opt={"roles": PUBLIC})
async def show(
    request: Asked, ledger: TheLedger, office: FromPath[str], ticket: FromPath[str]
) -> Response[Ticket]:
    """One ticket as it is now. Its id is all it takes; it can be seen until the day ends."""
    await ledger.known_office(office)
    return answer(request, await ledger.ticket(office, ledger.ticket_of(office, ticket)))


@post("/tickets/{ticket:str}/cancel", opt={"roles": KIOSK, "holder": True}, status_code=200)
async def cancel(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[Ticket]:
    """Give up a visit: by its holder with the id alone, by the kiosk that issued it, or by staff."""
    seq = await _own(request, ledger, office, ticket)
    by: Literal["staff", "visitor"] = "staff" if works_at(holder(request), office) else "visitor"
    return answer(request, await ledger.advance(office, seq, Move.CANCEL, intent, by=by))


@post("/tickets/{ticket:str}/check-in", opt={"roles": KIOSK}, status_code=200)
async def check_in(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[Ticket]:
    """A booked visitor has arrived, and joins the line by the booked time."""
    seq = await _own(request, ledger, office, ticket)
    return answer(request, await ledger.advance(office, seq, Move.CHECK_IN, intent))


@post("/tickets/{ticket:str}/reprint", opt={"roles": KIOSK}, status_code=200)
async def reprint(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[Ticket]:
    """Print the same number again; it is no new arrival."""
    seq = await _own(request, ledger, office, ticket)
    return answer(request, await ledger.advance(office, seq, Move.REPRINT, intent))


@post("/tickets/{ticket:str}/transfer", opt={"roles": STAFF}, status_code=200)
async def transfer(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    data: JSONBody[TransferBody],
    intent: TheIntent,
) -> Response[Ticket]:
    """Move a ticket to the line of another service; it keeps its number and its place."""
    known = await ledger.known_office(office)
    _known_service(known, "service", data.service)
    seq = ledger.ticket_of(office, ticket)
    shown = await ledger.advance(office, seq, Move.TRANSFER, intent, transfer_to=data.service)
    return answer(request, shown)


@post("/tickets/{ticket:str}/set-items", opt={"roles": STAFF}, status_code=200)
async def set_items(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    data: JSONBody[ItemsBody],
    intent: TheIntent,
) -> Response[Ticket]:
    """Record what the visitor asked for: that is how avoidable visits are found."""
    _known_procedures(await ledger.known_office(office), data.items)
    seq = ledger.ticket_of(office, ticket)
    shown = await ledger.advance(office, seq, Move.SET_ITEMS, intent, items=_items(data.items))
    return answer(request, shown)


@post("/tickets/{ticket:str}/set-priority", opt={"roles": STAFF}, status_code=200)
async def set_priority(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    data: JSONBody[PriorityBody],
    intent: TheIntent,
) -> Response[Ticket]:
    """Change the priority class; the place in line moves by the difference of the head starts."""
    _known_priority(await ledger.known_office(office), data.priority)
    seq = ledger.ticket_of(office, ticket)
    shown = await ledger.advance(office, seq, Move.SET_PRIORITY, intent, priority=data.priority)
    return answer(request, shown)


@post("/tickets/{ticket:str}/undo", opt={"roles": STAFF}, status_code=200)
async def undo(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[Ticket]:
    """Take back the latest move of a desk with this ticket, within a minute."""
    seq = await _known(ledger, office, ticket)
    return answer(request, await ledger.undo(office, seq, intent))


PlainMove = Annotated[
    str,
    PathParameter(
        pattern="^(recall|start|finish-stage|finish|no-show|park|resume|return)$",
        description="recall, start, finish-stage, finish, no-show, park, resume or return",
    ),
]


@post("/tickets/{ticket:str}/{move:str}", opt={"roles": STAFF}, status_code=200)
async def advance(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    move: PlainMove,
    intent: TheIntent,
    *,
    data: Nothing = None,
) -> Response[Ticket]:
    """Make a move that needs no more words: recall, start, finish-stage, finish, no-show …

    A move that the ticket's state does not allow is 409 with `state` and `allowed`.
    """
    seq = await _known(ledger, office, ticket)
    return answer(request, await ledger.advance(office, seq, Move(move), intent))


@post("/hints", opt={"roles": KIOSK}, status_code=204)
async def hint(
    ledger: TheLedger, office: FromPath[str], data: JSONBody[HintBody], intent: TheIntent
) -> Response[None]:
    """Write down what a visitor answered when told that this can be had without a visit."""
    known = await ledger.known_office(office)
    _known_service(known, "service", data.service)
    procedures = [each.id for each in known.service(data.service).procedures]
    if data.procedure not in procedures:
        raise invalid("procedure", f"{data.service} has {', '.join(procedures) or 'none'}")
    reply = await ledger.hint(office, data.service, data.procedure, data.answer, intent)
    return Response(None, status_code=204, headers=REPLAYED if reply.replayed else None)


# What the body may say, given the office


def _check_wish(office: Office, wish: IssueBody, who: Credential | None) -> None:
    _known_service(office, "service", wish.service)
    for i, service in enumerate(wish.then):
        _known_service(office, f"then[{i}]", service)
    _known_priority(office, wish.priority)
    if wish.priority != "normal" and (who is None or who.role not in STAFF):
        raise Problem("forbidden", "priority: only staff may give priority.", field="priority")
    _known_procedures(office, wish.items)


def _known_service(office: Office, field: str, service: str) -> None:
    try:
        office.service(service)
    except UnknownService as unknown:
        raise invalid(field, str(unknown)) from None


def _known_priority(office: Office, priority: str) -> None:
    if priority not in office.priorities:
        raise invalid("priority", f"the classes are {', '.join(office.priorities)}")


def _known_procedures(office: Office, items: tuple[ItemBody, ...]) -> None:
    known = {each.id for service in office.services for each in service.procedures}
    for i, item in enumerate(items):
        if item.procedure not in known:
            names = ", ".join(sorted(known)) or "none"
            raise invalid(f"items[{i}].procedure", f"{item.procedure!r} is not among {names}")


def _items(items: tuple[ItemBody, ...]) -> tuple[Item, ...]:
    return tuple(Item(item.procedure, item.quantity) for item in items)


async def _known(ledger: Ledger, office: str, ticket: str) -> int:
    await ledger.known_office(office)
    return ledger.ticket_of(office, ticket)


async def _own(request: Asked, ledger: Ledger, office: str, ticket: str) -> int:
    """A ticket that whoever asks may act on: a kiosk only on what it issued."""
    seq = await _known(ledger, office, ticket)
    who = holder(request)
    if who and who.role is Role.KIOSK:
        issuer = (await ledger.ticket(office, seq)).ticket.issuer
        if issuer != who.id:
            raise Problem("forbidden", "Another machine gave this ticket.")
    return seq


handlers: list[Any] = [
    *(issue, list_tickets, show, cancel, check_in, reprint, transfer),
    *(set_items, set_priority, undo, advance, hint),
]
router = Router("/offices/{office:str}", route_handlers=handlers, tags=["tickets"])
