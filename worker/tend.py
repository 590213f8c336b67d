"""Tending an office: end its business day, let its bookings lapse.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service.ledger import OpenLedger
from queue_service.refusals import Refusal

log = structlog.get_logger("worker.tend")


def tend(open: OpenLedger, office: str) -> int:
    """Do what is outstanding at an office; returns how many bookings lapsed.

    Twice or at once it finds nothing left to do. An engine that is away, or an office that is gone,
    is logged and left to the next tick.
    """
    return asyncio.run(_tend(open, office))


async def _tend(open: OpenLedger, office: str) -> int:
    try:
        async with open() as ledger:
            lapsed = await ledger.tend(office)
    except Refusal as refusal:
        log.warning("not_tended", office=office, code=refusal.code)
        return 0
    if lapsed:
        log.info("bookings_lapsed", office=office, count=lapsed)
    return lapsed
