"""The desk: call, release, open and close."""

from typing import Any

from litestar import Response, Router, post, put
from litestar.params import FromPath, JSONBody

from queue_service.api import known
from queue_service.api.guard import STAFF
from queue_service.api.problems import invalid
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import (
    CallBody,
    CallNextBody,
    Desk,
    DeskBody,
    ReleaseBody,
    Released,
    Ticket,
    ticket_view,
)
from queue_service.api.tickets import REPLAYED, Asked, answer
from queue_service.tickets import Move


@post("/call-next", opt={"roles": STAFF}, status_code=200)
async def call_next(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    desk: FromPath[str],
    intent: TheIntent,
    data: JSONBody[CallNextBody | None] = None,
) -> Response[Ticket | None]:
    """Call the best waiting ticket; 204 when nobody waits.

    Two desks asking at once never get the same ticket. A desk that still holds one is told so with
    409 `desk_busy`; a closed desk opens.
    """
    services = data.services if data else ()
    await known.checked(ledger, office, known.desk(desk, services))
    reply = await ledger.call_next(office, desk, services, intent)
    if reply.ticket is None:
        return Response(None, status_code=204, headers=REPLAYED if reply.replayed else None)
    return await answer(request, reply.shown())  # type: ignore[return-value]


@post("/call", opt={"roles": STAFF}, status_code=200)
async def call(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    desk: FromPath[str],
    data: JSONBody[CallBody],
    intent: TheIntent,
) -> Response[Ticket]:
    """Call one chosen ticket, whatever its place in line."""
    await known.checked(ledger, office, known.desk(desk))
    if (data.number is None) == (data.ticket is None):
        raise invalid("number", "send either a number or a ticket")
    seq = None if data.ticket is None else ledger.ticket_of(office, data.ticket)
    shown = await ledger.call(office, desk, number=data.number, ticket=seq, intent=intent)
    return await answer(request, shown)


@post("/release-and-call-next", opt={"roles": STAFF}, status_code=200)
async def release_and_call_next(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    desk: FromPath[str],
    data: JSONBody[ReleaseBody],
    intent: TheIntent,
) -> Response[Released]:
    """Done, next please: end what the desk is doing and call the next ticket, in one step.

    A desk that no longer holds the ticket is told so with 409 `stale`, so a double click never ends
    the visit of the person just called. Without a move, the stage is finished where stages remain,
    else the visit.
    """
    await known.checked(ledger, office, known.desk(desk, data.services))
    done = await ledger.release_and_call_next(
        office,
        desk,
        ledger.ticket_of(office, data.ticket),
        Move(data.move) if data.move else None,
        data.services,
        intent,
    )
    called = done.called
    view = Released(
        released=ticket_view(request, done.released.ticket, done.released.ahead),
        called=ticket_view(request, called.ticket, called.ahead) if called else None,
    )
    return Response(view, headers=REPLAYED if done.replayed else None)


@put("/status", opt={"roles": STAFF})
async def set_status(
    ledger: TheLedger,
    office: FromPath[str],
    desk: FromPath[str],
    data: JSONBody[DeskBody],
    intent: TheIntent,
) -> Response[Desk]:
    """Open a desk, send it on a break or close it, and choose the services it takes now."""
    definition = await known.checked(ledger, office, known.desk(desk, data.services))
    record, replayed = await ledger.set_desk(office, desk, data.status, data.services, intent)
    services = list(record.services or definition.desk(desk).services)
    view = Desk(desk=desk, status=record.status, services=services)
    return Response(view, headers=REPLAYED if replayed else None)


handlers: list[Any] = [call_next, call, release_and_call_next, set_status]
router = Router("/offices/{office:str}/desks/{desk:str}", route_handlers=handlers, tags=["desks"])
