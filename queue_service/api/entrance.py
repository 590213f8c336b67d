"""What happens at the entrance without a number: signs to read, hints answered, people helped."""

import io
from typing import Any

import segno
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec.structs import replace

from queue_service.api import known
from queue_service.api.guard import KIOSK, PUBLIC, STAFF
from queue_service.api.problems import Problem, invalid
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import HelpedBody, HintBody
from queue_service.api.tickets import REPLAYED, VISIT, Asked, TheVisit
from queue_service.offices import Office
from queue_service.settings import Settings
from queue_service.signs import Signs, signs_of

SIGNS_S = 60  # how long anyone in between may keep them; a new version is asked for by its number


@get("/signs", opt={"roles": PUBLIC}, tags=["board"])
async def show_signs(
    request: Asked, ledger: TheLedger, office: FromPath[str], version: FromQuery[int] = 0
) -> Response[Signs]:
    """What is written on the walls: names of services and desks, what to bring, fees.

    With the version that a board names, the answer is at least as new.
    """
    if await ledger.known_version(office) < version:
        await ledger.office(office)
    settings: Settings = request.app.state.settings
    signs = signs_of(await ledger.known_office(office), await ledger.known_version(office))
    view = replace(signs, phones=settings.public_url is not None)
    return Response(view, headers={"Cache-Control": f"public, max-age={SIGNS_S}"})


@get(
    "/tickets/{ticket:str}/qr",
    opt={"roles": PUBLIC},
    dependencies=VISIT,
    tags=["tickets"],
    media_type="image/svg+xml",
)
async def show_qr(visit: TheVisit, office: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """The address of the visitor's own page as a QR code; 404 while no PUBLIC_URL is set."""
    await visit.ledger.ticket(visit.office, visit.seq)  # or a page that finds nothing
    settings: Settings = visit.request.app.state.settings
    if not settings.public_url:
        raise Problem("no_public_url", "MADOGUCHI_PUBLIC_URL is not set: nobody's phone finds us.")
    address = f"{settings.public_url.rstrip('/')}/t/{office}/{ticket}"
    picture = io.BytesIO()
    # Error level M survives a fold in the paper; a border of four modules is the standard's.
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=4, omitsize=True)
    return Response(picture.getvalue(), media_type="image/svg+xml")


@post("/hints", opt={"roles": KIOSK}, status_code=HTTP_204_NO_CONTENT, tags=["tickets"])
async def hint(
    ledger: TheLedger, office: FromPath[str], data: JSONBody[HintBody], intent: TheIntent
) -> Response[None]:
    """Write down what a visitor answered when told that this can be had without a visit."""

    def check(office: Office) -> None:
        known.service(office, "service", data.service)
        procedures = [each.id for each in office.service(data.service).procedures]
        if data.procedure not in procedures:
            raise invalid("procedure", f"{data.service} has {', '.join(procedures) or 'none'}")

    await known.checked(ledger, office, check)
    reply = await ledger.hint(office, data.service, data.procedure, data.answer, intent)
    return Response(None, status_code=204, headers=REPLAYED if reply.replayed else None)


@post("/helped", opt={"roles": STAFF}, status_code=HTTP_204_NO_CONTENT, tags=["tickets"])
async def helped(
    ledger: TheLedger, office: FromPath[str], data: JSONBody[HelpedBody], intent: TheIntent
) -> Response[None]:
    """Count a visitor who was helped at the entrance and needed no number."""

    def check(office: Office) -> None:
        if data.service is not None:
            known.service(office, "service", data.service)

    await known.checked(ledger, office, check)
    reply = await ledger.helped(office, data.service, data.channel, intent)
    return Response(None, status_code=204, headers=REPLAYED if reply.replayed else None)


handlers: list[Any] = [show_signs, show_qr, hint, helped]
router = Router("/offices/{office:str}", route_handlers=handlers)
