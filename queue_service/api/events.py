"""The ledger as a feed: resumable, in order, each entry once."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from queue_service.api.guard import ANALYST
from queue_service.api.request import TheLedger
from queue_service.export import event_row
from queue_service.ledger import Ledger
from queue_service.offices import Office

NDJSON = "application/x-ndjson"
PIECE = 1000  # entries read at once while streaming


class Events(Struct, frozen=True, kw_only=True):
    """A piece of the ledger, and where the next piece begins."""

    events: list[dict[str, Any]]
    next: int


@get("/events", opt={"roles": ANALYST})
async def feed(
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    after: Annotated[
        int, QueryParameter(ge=0, le=2**53, description="The last entry seen, or 0.")
    ] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1000,
) -> Response[Events]:
    """Entries after one, in order. Ask again with `next`; an empty piece is the end for now.

    With `Accept: application/x-ndjson` the answer is a stream of all entries after `after`, one a
    line, without a limit.
    """
    known = await ledger.known_office(office)
    if NDJSON in request.headers.get("accept", ""):
        return Stream(_lines(ledger, known, after), media_type=NDJSON)  # type: ignore[return-value]
    entries = await ledger.entries(office, after, limit)
    views = [event_row(known, entry) for entry in entries]
    return Response(Events(events=views, next=entries[-1].id if entries else after))


async def _lines(ledger: Ledger, office: Office, after: int) -> AsyncIterator[bytes]:
    async for entry in ledger.all_entries(office.id, after):
        yield msgspec.json.encode(event_row(office, entry)) + b"\n"


router = Router("/offices/{office:str}", route_handlers=[feed], tags=["events"])
