"""What staff do with one ticket: every move that is not a call."""

from typing import Annotated, Any

from litestar import Response, Router, post
from litestar.params import FromPath, JSONBody, PathParameter

from queue_service.api import known
from queue_service.api.guard import STAFF
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import ItemsBody, NeedsBody, PriorityBody, Ticket, TransferBody
from queue_service.api.tickets import Asked, Nothing, answer, items_of, seq_of
from queue_service.tickets import Move


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
    await known.checked(ledger, office, lambda o: known.service(o, "service", data.service))
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
    await known.checked(ledger, office, lambda o: known.procedures(o, data.items))
    seq = ledger.ticket_of(office, ticket)
    shown = await ledger.advance(office, seq, Move.SET_ITEMS, intent, items=items_of(data.items))
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
    await known.checked(ledger, office, lambda o: known.priority(o, data.priority))
    seq = ledger.ticket_of(office, ticket)
    shown = await ledger.advance(office, seq, Move.SET_PRIORITY, intent, priority=data.priority)
    return answer(request, shown)


@post("/tickets/{ticket:str}/set-needs", opt={"roles": STAFF}, status_code=200)
async def set_needs(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    data: JSONBody[NeedsBody],
    intent: TheIntent,
) -> Response[Ticket]:
    """Note what the visitor needs help with, whole: it replaces what was noted before."""
    seq = await seq_of(ledger, office, ticket)
    shown = await ledger.advance(office, seq, Move.SET_NEEDS, intent, needs=data.needs)
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
    seq = await seq_of(ledger, office, ticket)
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
    seq = await seq_of(ledger, office, ticket)
    return answer(request, await ledger.advance(office, seq, Move(move), intent))


handlers: list[Any] = [transfer, set_items, set_priority, set_needs, undo, advance]
router = Router("/offices/{office:str}", route_handlers=handlers, tags=["tickets"])
