"""`/reports/reception-hours`."""

from fractions import Fraction
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from queue_service.api.guard import ANALYST
from queue_service.api.problems import invalid
from queue_service.api.reports.asking import FormatOf, answered
from queue_service.api.stats import Lang, known_language
from queue_service.insights.arrivals import Basis
from queue_service.insights.week import Week
from queue_service.reports.ground import Ground
from queue_service.reports.hours import Hours, report_on_hours
from queue_service.reports.telling import Report
from queue_service.words import OWN

HOURS = 'Like 09:00-16:30, or "mon 09:00-18:30; tue-fri 09:00-16:30".'


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
        proposed=week("proposed", proposed),
        current=None if current is None else week("current", current),
        target=Fraction(str(target)),
        basis=basis,
    )


def week(field: str, text: str) -> Week:
    """Raises: Problem, naming the field."""
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
    return await answered(
        ground, lambda: report_on_hours(ground, asked, language), format, language
    )
