"""`/reports/freed-time`."""

from datetime import date
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from queue_service.api.guard import ANALYST
from queue_service.api.known import checked
from queue_service.api.problems import invalid
from queue_service.api.reports.asking import FormatOf, answered, check_period
from queue_service.api.reports.hours import HOURS, week
from queue_service.api.request import TheLedger
from queue_service.api.stats import Lang, known_language
from queue_service.reports.freed_time import (
    Desks,
    Freed,
    UsedTime,
    check_desks,
    report_on_freed_time,
)
from queue_service.reports.gathering import used_time_of_office
from queue_service.reports.telling import Report
from queue_service.words import OWN


async def _used(
    ledger: TheLedger,
    office: FromPath[str],
    from_: Annotated[date, QueryParameter(name="from", description="The first local date.")],
    to: Annotated[date, QueryParameter(description="The last, itself included.")],
) -> UsedTime:
    """What was entered for these days."""
    check_period(from_, to)
    return await used_time_of_office(ledger, await checked(ledger, office), from_, to)


def _freed(
    used: NamedDependency[UsedTime],
    current: Annotated[
        str | None,
        QueryParameter(description=f"The hours before. {HOURS} Else those before the last change."),
    ] = None,
    desks: Annotated[
        str,
        QueryParameter(
            description="Like 12, or 市民課:5,税務課:3 by section. Else those of the office."
        ),
    ] = "",
) -> Freed:
    """What the entries are set against."""
    stated = None if current is None else week("current", current)
    try:
        counted = Desks.parse(desks)
        check_desks(used, counted)
    except ValueError as error:
        raise invalid("desks", str(error)) from None
    try:
        return Freed.since_change(used.office, used.last, stated, counted)
    except ValueError as error:
        raise invalid("current", str(error)) from None


@get(
    "/reports/freed-time",
    opt={"roles": ANALYST},
    dependencies={"used": Provide(_used), "asked": Provide(_freed, sync_to_thread=False)},
)
async def freed_time(
    used: NamedDependency[UsedTime],
    asked: NamedDependency[Freed],
    format: FormatOf = "json",
    lang: Lang = OWN,
) -> Response[Report]:
    """What shorter reception hours freed, and what it was used for.

    Freed are, on each open day, the minutes by which the hours in force are shorter than those before,
    at every desk; what was entered is set against it by section, category and month.
    """
    language = known_language(lang)
    return await answered(
        used, lambda: report_on_freed_time(used, asked, language), format, language
    )
