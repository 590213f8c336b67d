"""A report's ground from the days of an office, today included as far as it has come.

Where there were no tickets yet, visitors who were counted otherwise stand in.
"""

from datetime import date, datetime, timedelta
from typing import Any

from queue_service import elsewhere, keys
from queue_service.counts import Counted, once, whole
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.reports.ground import LEDGER, Ground
from queue_service.roll_ups import days
from queue_service.round_trip import answered

A_DAY = timedelta(days=1)


async def ground_of_office(ledger: Questions, office: Office, first: date, last: date) -> Ground:
    """The days of an office; local dates, both included."""
    # A business day reaches into the next calendar day.
    found = await days(ledger, office, f"{first - A_DAY}", f"{last}")
    tables = await elsewhere.counts(ledger.redis, office.id, f"{first}", f"{last}")
    return Ground(
        office=office,
        source=LEDGER,
        first=first,
        last=last,
        days=found,
        counted=[Counted(each.interval, whole(each.counts)) for each in once(tables)],
        today=await _today(ledger, office),
    )


async def _today(ledger: Questions, office: Office) -> date:
    """The running business date; of an office that never had one, what the engine's clock shows."""
    async with answered():
        head: Any = await ledger.redis.hget(keys.of(office.id, "head"), "date")
        seconds, _ = await ledger.redis.time()
    return date.fromisoformat(head) if head else datetime.fromtimestamp(seconds, office.tz).date()
