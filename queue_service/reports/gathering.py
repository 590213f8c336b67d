"""A report's ground from an office: its days, today included as far as it has come, and its tables.

Where there were no tickets yet, visitors who were counted otherwise stand in.
"""

from datetime import date, datetime, timedelta
from typing import Any

from queue_service import elsewhere, keys
from queue_service.counts import Counted, once, whole
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
    tables = await elsewhere.counts(ledger.redis, office.id, f"{first}", f"{last}")
    copies = await elsewhere.copies(ledger.redis, office.id, f"{first:%Y-%m}", f"{last:%Y-%m}")
    return Ground(
        office=office,
        source=LEDGER,
        first=first,
        last=last,
        days=found,
        counted=[Counted(each.interval, whole(each.counts)) for each in once(tables)],
        copies=copies,
        today=await _today(ledger, office),
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
        today=await _today(ledger, office),
        uses=uses,
        struck=len(noted) - len(uses),
    )


async def _today(ledger: Questions, office: Office) -> date:
    """The running business date; of an office that never had one, what the engine's clock shows."""
    async with answered():
        head: Any = await ledger.redis.hget(keys.of(office.id, "head"), "date")
        seconds, _ = await ledger.redis.time()
    return date.fromisoformat(head) if head else datetime.fromtimestamp(seconds, office.tz).date()
