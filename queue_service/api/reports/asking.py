"""What a report over HTTP is asked of, and how its answer is written."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated

from litestar import Response
from litestar.params import FromPath, QueryParameter

from queue_service.api.known import checked
from queue_service.api.problems import invalid
from queue_service.api.request import TheLedger
from queue_service.api.stats import CACHE
from queue_service.reports.freed_time import UsedTime
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import EARLIEST, LATEST, Ground
from queue_service.reports.telling import Report
from queue_service.reports.writing import MEDIA, Format, written
from queue_service.statistics import MOST_DAYS

FormatOf = Annotated[Format, QueryParameter(description="html: one page to print.")]


async def ground(
    ledger: TheLedger,
    office: FromPath[str],
    from_: Annotated[date, QueryParameter(name="from", description="The first local date.")],
    to: Annotated[date, QueryParameter(description="The last, itself included.")],
) -> Ground:
    """The days that a report stands on."""
    check_period(from_, to)
    return await ground_of_office(ledger, await checked(ledger, office), from_, to)


def check_period(first: date, last: date) -> None:
    """Raises: Problem, naming the field."""
    for field, day in (("from", first), ("to", last)):
        if not EARLIEST <= day <= LATEST:
            raise invalid(field, f"{day} is not from {EARLIEST} to {LATEST}")
    if first > last:
        raise invalid("from", f"{first} lies after to={last}")
    if (last - first).days >= MOST_DAYS:
        raise invalid("from", f"ask for {MOST_DAYS} days at most")


async def answered(
    ground: Ground | UsedTime, ask: Callable[[], Report], format: Format, language: str
) -> Response[Report]:
    """Ask, in a thread of its own, and write the answer as it was asked for."""

    def work() -> tuple[str, str]:
        report = ask()
        return report["report"], written(report, format, language)

    name, body = await asyncio.to_thread(work)
    headers = {"Cache-Control": CACHE}
    if format != "json":
        file = f"{name}-{ground.office.id}-{ground.first}-{ground.last}.{format}"
        headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return Response(body.encode(), media_type=MEDIA[format], headers=headers)  # type: ignore[arg-type]
