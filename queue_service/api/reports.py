"""Reports for analysts: the questions of a reform, asked of the days of an office."""

import asyncio
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Annotated

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from queue_service.api.guard import ANALYST
from queue_service.api.known import checked
from queue_service.api.problems import invalid
from queue_service.api.request import TheLedger
from queue_service.api.stats import CACHE, Lang, known_language
from queue_service.insights.arrivals import Basis
from queue_service.insights.week import Week
from queue_service.reports.asking import Hours, Report, report_on_hours
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import Ground
from queue_service.reports.writing import MEDIA, Format, written
from queue_service.statistics import MOST_DAYS
from queue_service.words import OWN

FormatOf = Annotated[Format, QueryParameter(description="html: one page to print.")]
HOURS = 'Like 09:00-16:30, or "mon 09:00-18:30; tue-fri 09:00-16:30".'


async def _ground(
    ledger: TheLedger,
    office: FromPath[str],
    from_: Annotated[date, QueryParameter(name="from", description="The first local date.")],
    to: Annotated[date, QueryParameter(description="The last, itself included.")],
) -> Ground:
    """The days that a report stands on."""
    if from_ > to:
        raise invalid("from", f"{from_} lies after to={to}")
    if (to - from_).days >= MOST_DAYS:
        raise invalid("from", f"ask for {MOST_DAYS} days at most")
    return await ground_of_office(ledger, await checked(ledger, office), from_, to)


def _hours(
    proposed: Annotated[str, QueryParameter(description=HOURS)],
    current: Annotated[
        str | None, QueryParameter(description="Else those of the office, day by day.")
    ] = None,
    target: Annotated[float, QueryParameter(gt=0, le=1)] = 0.9,
    basis: Annotated[
        Basis, QueryParameter(description="When a visit counts: its arrival, or when served.")
    ] = "arrival",
) -> Hours:
    """What is asked of the hours."""
    return Hours(
        proposed=_week("proposed", proposed),
        current=None if current is None else _week("current", current),
        target=Fraction(str(target)),
        basis=basis,
    )


def _week(field: str, text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as error:
        raise invalid(field, str(error)) from None


@get(
    "/reports/reception-hours",
    opt={"roles": ANALYST},
    dependencies={"asked": Provide(_hours, sync_to_thread=False)},
)
async def reception_hours(
    ground: NamedDependency[Ground],
    asked: NamedDependency[Hours],
    format: FormatOf = "json",
    lang: Lang = OWN,
) -> Response[Report]:
    """Which share of visitors proposed reception hours would receive.

    Everybody who came counts, those turned away included. Where the office was closed outside the
    proposed hours already, days are left out and named.
    """
    language = known_language(lang)
    return await _answered(
        ground, lambda: report_on_hours(ground, asked, language), format, language
    )


async def _answered(
    ground: Ground, ask: Callable[[], Report], format: Format, language: str
) -> Response[Report]:
    def work() -> tuple[str, str]:
        report = ask()
        return report["report"], written(report, format, language)

    name, body = await asyncio.to_thread(work)
    headers = {"Cache-Control": CACHE}
    if format != "json":
        file = f"{name}-{ground.office.id}-{ground.first}-{ground.last}.{format}"
        headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return Response(body.encode(), media_type=MEDIA[format], headers=headers)  # type: ignore[arg-type]


router = Router(
    "/offices/{office:str}",
    route_handlers=[reception_hours],
    dependencies={"ground": Provide(_ground)},
    tags=["reports"],
)
