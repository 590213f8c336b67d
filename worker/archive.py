"""Sealing: final days into the archive, and those beyond the retention out of it.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service import sealing
from queue_service.ledger import OpenLedger

log = structlog.get_logger("worker.archive")


def seal(open: OpenLedger, retention_days: int | None, office: str) -> int:
    """Seal what is final and delete what is too old; returns how many days were sealed.

    Twice, late or at once it comes to the same. Where the disk is full or the archive cannot be read
    it fails, and the engine keeps the days.
    """
    return asyncio.run(_seal(open, retention_days, office))


async def _seal(open: OpenLedger, retention_days: int | None, office: str) -> int:
    async with open() as ledger:
        sealed = await sealing.seal(ledger, await ledger.office(office))
        gone = []
        if retention_days is not None:
            gone = await sealing.delete_old(ledger, office, retention_days)
    for segment in sealed:
        log.info("sealed", office=office, date=f"{segment.date}", entries=segment.rows)
    for segment in gone:
        log.info("deleted", office=office, date=f"{segment.date}", entries=segment.rows)
    return len(sealed)
