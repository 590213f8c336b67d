"""Rolling up: computing the figures of a business day anew.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service.ledger import OpenLedger
from queue_service.refusals import Refusal
from queue_service.roll_ups import roll_up as compute

log = structlog.get_logger("worker.rollup")


def roll_up(open: OpenLedger, office: str, date: str) -> int:
    """Compute the figures of one business day anew; returns how many visits it had.

    Twice, late or at once it comes to the same. An engine that is away, or an office that is gone, is
    logged and left to the next tick.
    """
    return asyncio.run(_roll_up(open, office, date))


async def _roll_up(open: OpenLedger, office: str, date: str) -> int:
    try:
        async with open() as ledger:
            day = await compute(ledger, await ledger.office(office), date)
    except Refusal as refusal:
        log.warning("not_rolled_up", office=office, date=date, code=refusal.code)
        return 0
    return int(day.visit_rows.size)
