"""Rolling up: which business days have entries newer than their figures, and computing those anew.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service.ledger import Ledger
from queue_service.refusals import Refusal
from queue_service.roll_ups import note_cursor, outstanding
from queue_service.roll_ups import roll_up as compute

log = structlog.get_logger("worker.rollup")


async def survey(url: str) -> dict[str, tuple[str, ...]]:
    """Every office, with the business dates whose figures are behind."""
    found = {}
    async with Ledger.open(url) as ledger:
        for office in await ledger.offices():
            behind = await outstanding(ledger.redis, await ledger.office(office))
            await note_cursor(ledger.redis, office, behind.cursor)
            found[office] = behind.dates
    return found


def roll_up(url: str, office: str, date: str) -> int:
    """Compute the figures of one business day anew; returns how many visits it had.

    Twice, late or at once it comes to the same. An engine that is away, or an office that is gone, is
    logged and left to the next tick.
    """
    return asyncio.run(_roll_up(url, office, date))


async def _roll_up(url: str, office: str, date: str) -> int:
    try:
        async with Ledger.open(url) as ledger:
            day = await compute(ledger.redis, await ledger.office(office), date)
    except Refusal as refusal:
        log.warning("not_rolled_up", office=office, date=date, code=refusal.code)
        return 0
    return int(day.visit_rows.size)
