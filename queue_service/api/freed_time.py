"""What freed time is used for: entered by whoever works there, read by them, and struck if wrong."""

from datetime import date
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from queue_service.api import known
from queue_service.api.guard import RECORDS
from queue_service.api.problems import invalid
from queue_service.api.request import TheIntent, TheLedger
from queue_service.api.schemas import FreedTimeBody
from queue_service.api.tickets import REPLAYED, Nothing
from queue_service.freed_time import NotedUse, Use, names, sections
from queue_service.words import OWN


class FreedTime(Struct, frozen=True, kw_only=True):
    """What freed time was used for, by its entry; with `struck_by` it no longer counts."""

    entry_id: int
    used_on: date
    section: str
    category: str
    minutes: int
    struck_by: int | None


class FreedTimes(Struct, frozen=True, kw_only=True):
    """What was entered, by date, and the words that an entry may use."""

    uses: list[FreedTime]
    sections: list[str]
    categories: list[str]


@post("/freed-time", opt={"roles": RECORDS})
async def use(
    ledger: TheLedger, office: FromPath[str], data: JSONBody[FreedTimeBody], intent: TheIntent
) -> Response[FreedTime]:
    """Enter what a section used freed minutes for."""
    await known.checked(
        ledger, office, lambda it: known.freed_time(it, data.section, data.category)
    )
    used = Use(f"{data.used_on}", data.section, data.category, data.minutes)
    reply = await ledger.use_freed_time(office, [used], intent)
    assert reply.entry is not None, "the script answered with the entry"
    view = _view(NotedUse(entry=reply.entry, use=used))
    return Response(view, status_code=201, headers=REPLAYED if reply.replayed else None)


@get("/freed-time", opt={"roles": RECORDS})
async def uses(
    ledger: TheLedger,
    office: FromPath[str],
    from_: Annotated[
        date | None, QueryParameter(name="from", description="The first local date.")
    ] = None,
    to: Annotated[date | None, QueryParameter(description="The last, itself included.")] = None,
) -> FreedTimes:
    """What was entered, what was struck included; without dates all of it."""
    if from_ and to and from_ > to:
        raise invalid("from", f"{from_} lies after to={to}")
    definition = await known.checked(ledger, office)
    return FreedTimes(
        uses=[
            _view(each)
            for each in await ledger.freed_time(office)
            if f"{from_ or date.min}" <= each.use.used_on <= f"{to or date.max}"
        ],
        sections=list(sections(definition)),
        categories=list(names(definition, OWN)),
    )


@post("/freed-time/{entry:int}/strike", opt={"roles": RECORDS}, status_code=200)
async def strike(
    ledger: TheLedger,
    office: FromPath[str],
    entry: FromPath[int],
    intent: TheIntent,
    data: Nothing = None,
) -> Response[FreedTime]:
    """Let an entry no longer count. It stays in the ledger; what is right is entered anew."""
    reply = await ledger.strike_freed_time(office, entry, intent)
    assert reply.use is not None, "the script answered with the use"
    view = _view(NotedUse(entry=entry, use=reply.use, struck_by=reply.entry))
    return Response(view, headers=REPLAYED if reply.replayed else None)


def _view(noted: NotedUse) -> FreedTime:
    return FreedTime(
        entry_id=noted.entry,
        used_on=date.fromisoformat(noted.use.used_on),
        section=noted.use.section,
        category=noted.use.category,
        minutes=noted.use.minutes,
        struck_by=noted.struck_by,
    )


handlers: list[Any] = [use, uses, strike]
router = Router("/offices/{office:str}", route_handlers=handlers, tags=["freed time"])
