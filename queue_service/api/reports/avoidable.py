"""`/reports/avoidable`."""

from litestar import Response, get
from litestar.di import NamedDependency

from queue_service.api.guard import ANALYST
from queue_service.api.reports.asking import FormatOf, answered
from queue_service.api.stats import Lang, known_language
from queue_service.reports.avoidable import report_on_avoidable
from queue_service.reports.ground import Ground
from queue_service.reports.telling import Report
from queue_service.words import OWN


@get("/reports/avoidable", opt={"roles": ANALYST})
async def avoidable(
    ground: NamedDependency[Ground], format: FormatOf = "json", lang: Lang = OWN
) -> Response[Report]:
    """Which copies and visits could have been had without the counter: an upper bound.

    Tables of copies by month count in the months that lie wholly in the period. What nobody counted is
    null.
    """
    language = known_language(lang)
    return await answered(ground, lambda: report_on_avoidable(ground, language), format, language)
