"""How good the estimates of waits are, for whoever wants to know before he believes them."""

from litestar import Router, get
from litestar.params import FromPath
from msgspec import Struct

from queue_service.api.guard import ANALYST
from queue_service.api.request import TheLedger
from queue_service.waits import Means, Report, report_of


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
async def estimates(ledger: TheLedger, office: FromPath[str]) -> Estimates:
    """How far estimates of the last weeks would have erred, each by what was known before its day.

    An estimate is shown only for services whose last days were foreseen well enough; elsewhere
    people ahead alone are shown.
    """
    await ledger.known_office(office)
    report = await report_of(ledger, office) or Report(
        learned_on="", days=0, every={}, shown={}, services={}, shown_services=[]
    )
    return Estimates(
        office=office,
        learned_on=report.learned_on or None,
        days=report.days,
        shown_services=report.shown_services,
        every=report.every,
        shown=report.shown,
        services=report.services,
    )


router = Router("/offices/{office:str}", route_handlers=[estimates], tags=["statistics"])
