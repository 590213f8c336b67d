"""`/reports/reform-priority`."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from queue_service.api.guard import ANALYST
from queue_service.api.problems import invalid
from queue_service.api.reports.asking import FormatOf, answered
from queue_service.api.stats import Lang, known_language
from queue_service.insights.ranking import TooMany
from queue_service.insights.reform_priority import UNCERTAINTY, By, reduction_of
from queue_service.reports.ground import Ground
from queue_service.reports.priority import Priority, report_on_priority
from queue_service.reports.telling import Report
from queue_service.words import OWN

REDUCTION = "By which part stages become shorter, like reception:0.3,review:0.5."
OFF = "By which part all minutes could be wrong, to see which ranks would change."


def _priority(
    reduction: Annotated[str, QueryParameter(description=REDUCTION)] = "",
    by: Annotated[By, QueryParameter(description="What is ranked.")] = "procedure",
    uncertainty: Annotated[float, QueryParameter(ge=0, le=1, description=OFF)] = UNCERTAINTY,
) -> Priority:
    """What is asked of the order."""
    try:
        return Priority(reduction=reduction_of(reduction), by=by, uncertainty=uncertainty)
    except ValueError as error:
        raise invalid("reduction", str(error)) from None


@get(
    "/reports/reform-priority",
    opt={"roles": ANALYST},
    dependencies={"asked": Provide(_priority, sync_to_thread=False)},
)
async def reform_priority(
    ground: NamedDependency[Ground],
    asked: NamedDependency[Priority],
    format: FormatOf = "json",
    lang: Lang = OWN,
) -> Response[Report]:
    """Which procedures take the most hours a year, and how sure that order is.

    Every visit that was served is a case of the procedures that staff recorded for it, with the
    minutes of its stages as they were measured.
    """
    language = known_language(lang)
    try:
        return await answered(
            ground, lambda: report_on_priority(ground, None, asked, language), format, language
        )
    except TooMany as much:
        raise invalid("office", str(much)) from None
