"""A report's ground from an office: its days, today included as far as it has come, and its tables."""

from datetime import date, timedelta
from typing import Any

from queue_service import elsewhere, keys
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.reports.freed_time import UsedTime
from queue_service.reports.ground import LEDGER, Ground
from queue_service.roll_ups import days
from queue_service.round_trip import answered

A_DAY = timedelta(days=1)


async def ground_of_office(ledger: Questions, office: Office, first: date, last: date) -> Ground:
    """The days of an office; local dates, both included."""
    # A business day reaches into the next calendar day.
    found = await days(ledger, office, f"{first - A_DAY}", f"{last}")
    copies = await elsewhere.copies(ledger.redis, office.id, f"{first:%Y-%m}", f"{last:%Y-%m}")
    return Ground(
        office=office,
        source=LEDGER,
        first=first,
        last=last,
        days=found,
        copies=copies,
        today=await _today(ledger, office) or first,
    )


async def used_time_of_office(
    ledger: Questions, office: Office, first: date, last: date
) -> UsedTime:
    """What freed time was used for; local dates, both included."""
    noted = [
        each
        for each in await ledger.freed_time(office.id)
        if f"{first}" <= each.use.used_on <= f"{last}"
    ]
    uses = [each.use for each in noted if each.struck_by is None]
    return UsedTime(
        office=office,
        source=LEDGER,
        first=first,
        last=last,
        today=await _today(ledger, office) or first,
        uses=uses,
        struck=len(noted) - len(uses),
    )


async def _today(ledger: Questions, office: Office) -> date | None:
    """The business date of its latest entry."""
    async with answered():
        head: Any = await ledger.redis.hget(keys.of(office.id, "head"), "date")
    return date.fromisoformat(head) if head else None
