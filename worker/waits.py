"""Learning what an office's past days say of the waits.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

import structlog

from queue_service import waits
from queue_service.ledger import OpenLedger
from queue_service.refusals import Refusal

log = structlog.get_logger("worker.waits")


def learn(open: OpenLedger, office: str) -> int:
    """Learn from the days before the running one; returns from how many.

    Twice or at once it comes to the same. An engine that is away, or an office that is gone, is
    logged and left to the next tick.
    """
    return asyncio.run(_learn(open, office))


async def _learn(open: OpenLedger, office: str) -> int:
    try:
        async with open() as ledger:
            report = await waits.learn_waits(ledger, await ledger.office(office))
    except Refusal as refusal:
        log.warning("not_learned", office=office, code=refusal.code)
        return 0
    if report is None:
        return 0
    log.info("learned", office=office, days=report.days, shown=len(report.shown_services))
    return report.days
