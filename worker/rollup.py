"""Rolling up: computing the figures of a business day anew.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

from queue_service.ledger import OpenLedger
from queue_service.roll_ups import roll_up as compute


def roll_up(open: OpenLedger, office: str, date: str) -> int:
    """Compute the figures of one business day anew; returns how many visits it had.

    Twice, late or at once it comes to the same.
    """
    return asyncio.run(_roll_up(open, office, date))


async def _roll_up(open: OpenLedger, office: str, date: str) -> int:
    async with open() as ledger:
        day = await compute(ledger, await ledger.office(office), date)
    return int(day.visit_rows.size)
