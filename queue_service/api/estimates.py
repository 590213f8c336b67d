"""How good the estimates of waits are, for whoever wants to know before he believes them."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import FromPath
from msgspec import Struct

from queue_service.api.guard import ANALYST
from queue_service.api.request import TheLedger
from queue_service.api.stats import AFormat, Lang, accepted, file, in_a_thread, known_language
from queue_service.intervals import WHOLE_OFFICE, Row
from queue_service.offices import Office
from queue_service.sheets import ESTIMATES, Sheet
from queue_service.tables import Format, file_of
from queue_service.waits import Means, Report, report_of
from queue_service.words import OWN


class Estimates(Struct, frozen=True, kw_only=True):
    """Errors in seconds, shares from 0 to 1. `mae`: mean absolute error, ours and of simple ways.

    `last_wait`: the wait of the ticket called last; `by_interval`: people ahead × the mean interval
    of calls; `constant`: the median of earlier days. `bias`: foreseen less came. `within_p50`,
    `within_p90`: the share of waits not longer than foreseen.
    """

    office: str
    learned_on: str | None  # null: nothing was learned yet
    days: int
    shown_services: list[str]
    every: Means
    shown: Means
    services: dict[str, Means]


@get("/stats/estimates", opt={"roles": ANALYST})
async def estimates(
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    format: AFormat = None,
    lang: Lang = OWN,
) -> Response[Estimates]:
    """How far estimates of the last weeks would have erred, each by what was known before its day.

    An estimate is shown only for services whose last days were foreseen well enough; elsewhere
    people ahead alone are shown.
    """
    wanted, language = format or accepted(request), known_language(lang)
    known = await ledger.known_office(office)
    report = await report_of(ledger, office) or Report(
        learned_on="", days=0, every={}, shown={}, services={}, shown_services=[]
    )
    told = Estimates(
        office=office,
        learned_on=report.learned_on or None,
        days=report.days,
        shown_services=report.shown_services,
        every=report.every,
        shown=report.shown,
        services=report.services,
    )
    body = await in_a_thread(_written, told, known, wanted, language)
    return file(body, wanted, f"estimates-{office}", {"Vary": "Accept"})


def _written(told: Estimates, office: Office, format: Format, language: str) -> bytes:
    if format == "json":
        return msgspec.json.encode(told)
    rows = [
        _row(WHOLE_OFFICE, told.every, None),
        *(_row(name, means, name in told.shown_services) for name, means in told.services.items()),
    ]
    sheet = Sheet(
        table="estimates",
        office=office,
        period=told.learned_on or "",
        columns=ESTIMATES,
        rows=rows,
        rests_on={"n": rows[0]["n"]},
    )
    return file_of(sheet, format, language)


def _row(service: str, means: Means, shown: bool | None) -> Row:
    """One service, or the office, in the columns of the file."""
    told: Row = {name: means.get(name) for name in ESTIMATES}
    return told | {"service": service, "n": int(means.get("n") or 0), "shown": shown}


router = Router("/offices/{office:str}", route_handlers=[estimates], tags=["statistics"])
