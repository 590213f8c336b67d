"""`/reports/before-after`."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from queue_service.api.guard import ANALYST, holder
from queue_service.api.known import checked
from queue_service.api.problems import Problem, invalid
from queue_service.api.reports.asking import FormatOf, answered
from queue_service.api.request import TheLedger
from queue_service.api.stats import Lang, known_language
from queue_service.insights.daily import METRICS
from queue_service.insights.week import Week
from queue_service.insights.windows import known_date, parse_span, reach
from queue_service.reports.before_after import Asked, report_on_change
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import Ground
from queue_service.reports.telling import Report
from queue_service.words import OWN

WINDOW = "A number of days, or DATE/DATE. Else as long as the data allows, equal, at most 365 days."
HOURS = "Reception hours {when} the date, like 09:00-16:30; else those of the office."

_T = TypeVar("_T")
_V = TypeVar("_V")


def _asked(
    metric: Annotated[
        str,
        QueryParameter(
            description="A column of /stats/arrivals, or a rate.",
            schema_extra={"enum": list(METRICS)},
        ),
    ],
    at: Annotated[date, QueryParameter(description="The first date on which it was changed.")],
    before: Annotated[str | None, QueryParameter(description=WINDOW)] = None,
    after: Annotated[str | None, QueryParameter(description=WINDOW)] = None,
    current: Annotated[str | None, QueryParameter(description=HOURS.format(when="before"))] = None,
    proposed: Annotated[str | None, QueryParameter(description=HOURS.format(when="from"))] = None,
) -> Asked:
    """What is asked."""
    if metric not in METRICS:
        raise invalid("metric", f"{metric!r} is none of {', '.join(METRICS)}")
    now, then = (
        _read(field, Week.parse, text)
        for field, text in (("current", current), ("proposed", proposed))
    )
    if (now is None) != (then is None):
        missing = "proposed" if then is None else "current"
        raise invalid(missing, "state both, the hours before the date and those from it on")
    _read("at", known_date, at)
    return Asked(
        metric=metric,
        at=at,
        before=_read("before", parse_span, before),
        after=_read("after", parse_span, after),
        hours=(now, then) if now and then else None,
    )


def _read(field: str, parse: Callable[[_V], _T], value: _V | None) -> _T | None:
    try:
        return None if value is None else parse(value)
    except ValueError as error:
        raise invalid(field, str(error)) from None


async def _grounds(
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    asked: NamedDependency[Asked],
    compare: Annotated[
        str, QueryParameter(description="Other offices, with commas, whose change is expected.")
    ] = "",
) -> list[Ground]:
    """The days of the office, and of those it is compared with."""
    who = holder(request)
    offices = dict.fromkeys([office, *(each.strip() for each in compare.split(","))])
    names = [each for each in offices if each]
    for each in names:
        if who is not None and who.office not in (None, each):
            raise Problem("forbidden", f"This key is for the office {who.office}.")
    period = reach(asked.at, asked.before, asked.after)
    return [await ground_of_office(ledger, await checked(ledger, each), *period) for each in names]


@get(
    "/reports/before-after",
    opt={"roles": ANALYST},
    dependencies={
        "asked": Provide(_asked, sync_to_thread=False),
        "grounds": Provide(_grounds),
    },
)
async def before_after(
    grounds: NamedDependency[list[Ground]],
    asked: NamedDependency[Asked],
    format: FormatOf = "json",
    lang: Lang = OWN,
) -> Response[Report]:
    """Whether a metric changed on a date, visitors' and staff's side in one answer.

    Matched by weekday; a season is taken out where the same dates a year earlier are there, or other
    offices are named. Where chance alone could have done it, the verdict is "cannot tell".
    """
    language = known_language(lang)
    own, *others = grounds

    def ask() -> Report:
        try:
            return report_on_change(own, asked, language, others)
        except ValueError as wrong:
            field, _, reason = str(wrong).partition(": ")
            raise invalid(field, reason) from None

    return await answered(own, ask, format, language)
