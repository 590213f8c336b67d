"""What staff do with one ticket: every move that is not a call."""

from typing import Annotated, Any

from litestar import Response, Router, post
from litestar.params import FromPath, JSONBody, PathParameter

from queue_service.api import known
from queue_service.api.guard import STAFF
from queue_service.api.schemas import ItemsBody, NeedsBody, PriorityBody, Ticket, TransferBody
from queue_service.api.tickets import VISIT, Nothing, TheVisit, items_of
from queue_service.tickets import Move

PlainMove = Annotated[
    str,
    PathParameter(
        pattern="^(recall|start|finish-stage|finish|no-show|park|resume|return)$",
        description="recall, start, finish-stage, finish, no-show, park, resume or return",
    ),
]


@post("/transfer", status_code=200)
async def transfer(visit: TheVisit, data: JSONBody[TransferBody]) -> Response[Ticket]:
    """Move a ticket to the line of another service; it keeps its number and its place."""
    await visit.check(lambda office: known.service(office, "service", data.service))
    return await visit.advance(Move.TRANSFER, transfer_to=data.service)


@post("/set-items", status_code=200)
async def set_items(visit: TheVisit, data: JSONBody[ItemsBody]) -> Response[Ticket]:
    """Record what the visitor asked for: that is how avoidable visits are found."""
    await visit.check(lambda office: known.procedures(office, data.items))
    return await visit.advance(Move.SET_ITEMS, items=items_of(data.items))


@post("/set-priority", status_code=200)
async def set_priority(visit: TheVisit, data: JSONBody[PriorityBody]) -> Response[Ticket]:
    """Change the priority class; the place in line moves by the difference of the head starts."""
    await visit.check(lambda office: known.priority(office, data.priority))
    return await visit.advance(Move.SET_PRIORITY, priority=data.priority)


@post("/set-needs", status_code=200)
async def set_needs(visit: TheVisit, data: JSONBody[NeedsBody]) -> Response[Ticket]:
    """Note what the visitor needs help with, whole: it replaces what was noted before."""
    return await visit.advance(Move.SET_NEEDS, needs=data.needs)


@post("/undo", status_code=200)
async def undo(visit: TheVisit, data: Nothing = None) -> Response[Ticket]:
    """Take back the latest move of a desk with this ticket, within a minute."""
    return await visit.undo()


@post("/{move:str}", status_code=200)
async def advance(
    visit: TheVisit, move: FromPath[PlainMove], data: Nothing = None
) -> Response[Ticket]:
    """Make a move that needs no more words: recall, start, finish-stage, finish, no-show …

    A move that the ticket's state does not allow is 409 with `state` and `allowed`.
    """
    return await visit.advance(Move(move))


handlers: list[Any] = [transfer, set_items, set_priority, set_needs, undo, advance]
router = Router(
    "/offices/{office:str}/tickets/{ticket:str}",
    route_handlers=handlers,
    opt={"roles": STAFF},
    dependencies=VISIT,
    tags=["tickets"],
)
