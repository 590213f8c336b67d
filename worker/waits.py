"""Learning what an office's past days say of the waits.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service import waits
from queue_service.ledger import OpenLedger

log = structlog.get_logger("worker.waits")


def learn(open: OpenLedger, office: str) -> int:
    """Learn from the days before the running one; returns from how many.

    Twice or at once it comes to the same.
    """
    return asyncio.run(_learn(open, office))


async def _learn(open: OpenLedger, office: str) -> int:
    async with open() as ledger:
        report = await waits.learn_waits(ledger, await ledger.office(office))
    if report is None:
        return 0
    log.info("learned", office=office, days=report.days, shown=len(report.shown_services))
    return report.days
