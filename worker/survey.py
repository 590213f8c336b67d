"""Surveying: what has to be done at an office, beside tending it.

It knows the ledger, and nothing of queues of jobs.
"""

import asyncio

from msgspec import Struct

from queue_service.ledger import Ledger, OpenLedger
from queue_service.roll_ups import note_cursor, outstanding
from queue_service.sealing import is_due
from queue_service.waits import are_due


class Due(Struct, frozen=True):
    """What is due at an office."""

    dates: tuple[str, ...]  # business dates whose figures are behind
    sealing: bool
    learning: bool


def survey(open: OpenLedger, office: str) -> int:
    """Look at an office as the tick does; returns how many days are behind.

    It is asked for where the tick could not look, so that the reason stands among the failed jobs.
    """
    return len(asyncio.run(_survey(open, office)).dates)


async def _survey(open: OpenLedger, office: str) -> Due:
    async with open() as ledger:
        return await due(ledger, office)


async def due(ledger: Ledger, id: str) -> Due:
    """What is due at an office at this moment."""
    office = await ledger.office(id)
    behind = await outstanding(ledger, office)
    await note_cursor(ledger.redis, id, behind.cursor)
    return Due(behind.dates, await is_due(ledger, office), await are_due(ledger, id))
