"""Office definitions, and what an office tells its visitors."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, put
from litestar.params import FromPath, JSONBody

from queue_service.api import known
from queue_service.api.exceptions import of_office_error
from queue_service.api.guard import ADMIN, ANYONE, STAFF, holder
from queue_service.api.problems import invalid
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import Notice, NoticeBody, Service, ServiceBody
from queue_service.api.tickets import REPLAYED, Asked
from queue_service.office_files import office_from_json
from queue_service.office_rules import OfficeError
from queue_service.offices import Office


class Offices(msgspec.Struct, frozen=True, kw_only=True):
    """The offices that a key may see."""

    offices: list[str]


@get("/offices", opt={"roles": ANYONE}, tags=["offices"])
async def list_offices(request: Asked, ledger: TheLedger) -> Offices:
    """The ids of the offices this key may see."""
    who = holder(request)
    own = who.office if who else None
    return Offices(offices=[id for id in await ledger.offices() if own in (None, id)])


@get("/offices/{office:str}", opt={"roles": ANYONE}, tags=["offices"])
async def show_office(ledger: TheLedger, office: FromPath[str]) -> Office:
    """The definition in force, with every default written out."""
    return await ledger.office(office)


@put(
    "/offices/{office:str}",
    opt={"roles": ADMIN},
    tags=["offices"],
    # Here only: a stored definition that cannot be read is no fault of whoever asks.
    exception_handlers={OfficeError: of_office_error},
)
async def put_office(
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    data: JSONBody[Office],
    intent: TheIntent,
) -> Response[Office]:
    """Bring an office definition into force.

    The same definition twice changes nothing. A service or desk that a live ticket still needs
    cannot be taken away: 409 `service_in_use` or `desk_in_use`.
    """
    definition = office_from_json(await request.body())
    if definition.id != office:
        raise invalid("id", f"the body says {definition.id!r}, the address {office!r}")
    reply = await ledger.apply_office(definition, intent)
    return Response(definition, headers=REPLAYED if reply.replayed else None)


@put("/offices/{office:str}/services/{service:str}/status", opt={"roles": STAFF}, tags=["offices"])
async def set_service(
    ledger: TheLedger,
    office: FromPath[str],
    service: FromPath[str],
    data: JSONBody[ServiceBody],
    intent: TheIntent,
) -> Response[Service]:
    """Suspend a service, with a message for those who come, or open it again."""
    await known.checked(ledger, office, lambda office: office.service(service))
    reply = await ledger.set_service(office, service, data.status, data.message, intent)
    view = Service(service=service, status=data.status, message=data.message)
    return Response(view, headers=REPLAYED if reply.replayed else None)


@put("/offices/{office:str}/notice", opt={"roles": STAFF}, tags=["offices"])
async def set_notice(
    ledger: TheLedger, office: FromPath[str], data: JSONBody[NoticeBody], intent: TheIntent
) -> Response[Notice]:
    """Put up the office's notice on every board, or take it down."""
    reply = await ledger.set_notice(office, data.text, intent)
    return Response(Notice(text=data.text), headers=REPLAYED if reply.replayed else None)


router = Router(
    "/", route_handlers=[list_offices, show_office, put_office, set_service, set_notice]
)
