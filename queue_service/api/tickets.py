"""The life of a ticket as its visitor sees it: issued, looked up, checked in, printed, given up."""

from contextlib import suppress
from typing import Annotated, Any, NamedTuple

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from queue_service.api import known
from queue_service.api.guard import KIOSK, PUBLIC, STAFF, holder, works_at
from queue_service.api.problems import Problem
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import (
    IssueBody,
    ItemBody,
    NothingBody,
    Ticket,
    Tickets,
    ticket_view,
)
from queue_service.ledger import Ledger, Wish
from queue_service.offices import Office
from queue_service.refusals import Refusal
from queue_service.rights import Credential, Role
from queue_service.round_trip import Intent, Shown
from queue_service.tickets import Item, Move, State

Asked = Request[Any, Any, Any]
Nothing = JSONBody[NothingBody | None]
REPLAYED = {"Idempotency-Replayed": "true"}


async def answer(request: Asked, shown: Shown, status: int = 200) -> Response[Ticket]:
    """A ticket with its estimate, marked when it is an earlier answer given again."""
    ledger: Ledger = request.app.state.ledger
    estimate = None
    with suppress(Refusal):  # what was done is done, whatever becomes of the estimate
        estimate = await ledger.estimate(request.path_params["office"], shown)
    view = ticket_view(request, shown.ticket, shown.ahead, estimate)
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
    who = holder(request)
    await known.checked(ledger, office, lambda office: _check_wish(office, data, who))
    wish = Wish(
        service=data.service,
        then=data.then,
        priority=data.priority,
        needs=data.needs,
        language=data.language,
        channel=data.channel,
        issuer=who.id if who else "",
        items=items_of(data.items),
        booked_for=int(data.booked_for.timestamp() * 1000) if data.booked_for else None,
    )
    return await answer(request, await ledger.issue(office, wish, intent), 201)


@get("/tickets", opt={"roles": STAFF})
async def list_tickets(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    in_states: Annotated[
        list[State] | None,
        QueryParameter(name="state", description="May be repeated: tickets in any of the states."),
    ] = None,
    service: FromQuery[str | None] = None,
    desk: FromQuery[str | None] = None,
) -> Tickets:
    """Today's tickets: those in line in calling order, then the others by issue."""
    return Tickets(
        tickets=[
            ticket_view(request, shown.ticket, shown.ahead)
            for shown in await ledger.tickets(office)
            if (not in_states or shown.ticket.state in in_states)
            and service in (None, shown.ticket.service)
            and desk in (None, shown.ticket.desk)
        ]
    )


class Visit(NamedTuple):
    """The ticket a request is about, and whoever asks."""

    request: Asked
    ledger: Ledger
    office: str
    seq: int
    intent: Intent

    async def advance(self, move: Move, **said: Any) -> Response[Ticket]:
        """Make a move with the ticket and show it."""
        shown = await self.ledger.advance(self.office, self.seq, move, self.intent, **said)
        return await answer(self.request, shown)

    async def undo(self) -> Response[Ticket]:
        """Take back the latest move of a desk with the ticket and show it."""
        return await answer(
            self.request, await self.ledger.undo(self.office, self.seq, self.intent)
        )

    async def check(self, check: known.Check) -> None:
        """Hold the request against the office's definition."""
        await known.checked(self.ledger, self.office, check)

    async def check_issuer(self) -> None:
        """Let a kiosk act only on what it issued."""
        who = holder(self.request)
        if who and who.role is Role.KIOSK:
            shown = await self.ledger.ticket(self.office, self.seq)
            if shown.ticket.issuer != who.id:
                raise Problem("forbidden", "Another machine gave this ticket.")


async def provide_visit(
    request: Asked,
    ledger: TheLedger,
    office: FromPath[str],
    ticket: FromPath[str],
    intent: TheIntent,
) -> Visit:
    """The ticket that the path names.

    Raises:
        UnknownOffice, UnknownTicket
    """
    await ledger.known_office(office)
    return Visit(request, ledger, office, ledger.ticket_of(office, ticket), intent)


TheVisit = NamedDependency[Visit]
VISIT = {"visit": Provide(provide_visit)}


@get("/tickets/{ticket:str}", opt={"roles": PUBLIC}, dependencies=VISIT)
async def show(visit: TheVisit) -> Response[Ticket]:
    """One ticket as it is now. Its id is all it takes; it can be seen until the day ends."""
    return await answer(visit.request, await visit.ledger.ticket(visit.office, visit.seq))


@post(
    "/tickets/{ticket:str}/cancel",
    opt={"roles": KIOSK, "holder": True},
    status_code=200,
    dependencies=VISIT,
)
async def cancel(visit: TheVisit, data: Nothing = None) -> Response[Ticket]:
    """Give up a visit: by its holder with the id alone, by the kiosk that issued it, or by staff."""
    await visit.check_issuer()
    by = "staff" if works_at(holder(visit.request), visit.office) else "visitor"
    return await visit.advance(Move.CANCEL, by=by)


@post("/tickets/{ticket:str}/check-in", opt={"roles": KIOSK}, status_code=200, dependencies=VISIT)
async def check_in(visit: TheVisit, data: Nothing = None) -> Response[Ticket]:
    """A booked visitor has arrived, and joins the line by the booked time."""
    await visit.check_issuer()
    return await visit.advance(Move.CHECK_IN)


@post("/tickets/{ticket:str}/reprint", opt={"roles": KIOSK}, status_code=200, dependencies=VISIT)
async def reprint(visit: TheVisit, data: Nothing = None) -> Response[Ticket]:
    """Print the same number again; it is no new arrival."""
    await visit.check_issuer()
    return await visit.advance(Move.REPRINT)


def _check_wish(office: Office, wish: IssueBody, who: Credential | None) -> None:
    known.service(office, "service", wish.service)
    for i, service in enumerate(wish.then):
        known.service(office, f"then[{i}]", service)
    known.priority(office, wish.priority)
    if wish.priority != "normal" and (who is None or who.role not in STAFF):
        raise Problem("forbidden", "priority: only staff may give priority.", field="priority")
    known.procedures(office, wish.items)


def items_of(items: tuple[ItemBody, ...]) -> tuple[Item, ...]:
    """Items as the ledger keeps them."""
    return tuple(Item(item.procedure, item.quantity) for item in items)


handlers: list[Any] = [issue, list_tickets, show, cancel, check_in, reprint]
router = Router("/offices/{office:str}", route_handlers=handlers, tags=["tickets"])
