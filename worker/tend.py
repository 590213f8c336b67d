"""Tending an office: end its business day, let its bookings lapse.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service.ledger import OpenLedger

log = structlog.get_logger("worker.tend")


def tend(open: OpenLedger, office: str) -> int:
    """Do what is outstanding at an office; returns how many bookings lapsed.

    Twice or at once it finds nothing left to do.
    """
    return asyncio.run(_tend(open, office))


async def _tend(open: OpenLedger, office: str) -> int:
    async with open() as ledger:
        lapsed = await ledger.tend(office)
    if lapsed:
        log.info("bookings_lapsed", office=office, count=lapsed)
    return lapsed
