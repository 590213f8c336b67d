"""What the lobby and the public may see."""

from datetime import datetime

from litestar import Response, Router, get
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from queue_service.api.guard import BOARD, PUBLIC
from queue_service.api.request import TheLedger
from queue_service.board import Board, QueueLine, queue_lines
from queue_service.hours import local_time

CONGESTION_S = 5  # how long anyone in between may keep the figures


class Congestion(Struct, frozen=True, kw_only=True):
    """How many people wait, now."""

    office: str
    version: int  # of the office definition
    at: datetime
    queues: list[QueueLine]


@get("/board", opt={"roles": BOARD})
async def show_board(
    ledger: TheLedger, office: FromPath[str], zone: FromQuery[str | None] = None
) -> Board:
    """The whole board as of its latest entry; with a zone, the desks and calls of that zone."""
    return await ledger.board(office, zone)


@get("/congestion", opt={"roles": PUBLIC})
async def show_congestion(ledger: TheLedger, office: FromPath[str]) -> Response[Congestion]:
    """How many people wait for each service: current figures only, for anyone."""
    snapshot = await ledger.snapshot(office)
    known = await ledger.known_office(office)
    view = Congestion(
        office=office,
        version=snapshot.version,
        at=local_time(known, snapshot.at),
        queues=queue_lines(known, snapshot),
    )
    return Response(view, headers={"Cache-Control": f"public, max-age={CONGESTION_S}"})


router = Router(
    "/offices/{office:str}", route_handlers=[show_board, show_congestion], tags=["board"]
)
