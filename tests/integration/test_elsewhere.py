"""Counts made elsewhere, while one way to read their table takes the place of another."""

import asyncio

from queue_service.counts import Count
from queue_service.elsewhere import counts, keep
from queue_service.imports import Source
from queue_service.ledger import Ledger
from queue_service.offices import Office
from tests.hall import OFFICE

DATES = [f"2019-04-{day:02}" for day in range(1, 29)]
TIMES = 60


async def test_whoever_reads_while_a_table_is_replaced_has_every_date_once(
    ledger: Ledger, office: Office
):
    rows = [Count(n, day, 540, 1, "") for n, day in enumerate(DATES, start=2)]

    async def read_as(minutes: int) -> None:
        source = Source("counts.csv", "0" * 64, f"counts {minutes}")
        await keep(ledger, office, source, "counts", rows, rejected=print)

    async def replace_again_and_again() -> None:
        for n in range(TIMES):
            await read_as(60 if n % 2 else 30)

    await read_as(60)
    replacing = asyncio.ensure_future(replace_again_and_again())
    while not replacing.done():
        found = await counts(ledger.redis, OFFICE, DATES[0], DATES[-1])
        assert [each.date for table in found for each in table.counts] == DATES
        assert [table.interval for table in found] in ([30], [60])
    await replacing
