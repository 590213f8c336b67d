"""Whoever rolls up and seals is killed at any instant, and so is the engine: nothing is lost or twice.

The worker is the one of `madoguchi worker`, with schedule and job queue; days go by while it works.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.events import Entry
from queue_service.figures import End, digest
from queue_service.hours import business_day
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.roll_ups import computed, days, outstanding
from queue_service.sealing import days_due
from queue_service.tickets import Move
from tests.faults.engines import until
from tests.faults.workers import Worker, strike
from tests.hall import OFFICE, OFFICE_YAML, issue

pytestmark = pytest.mark.faults
USUAL_ROUNDS = 20  # a quarter of a minute; `--rounds 100` takes one and a half
DAYS_A_ROUND = 4
WORKS_S = 0.3  # at most, before the kill: in about so long four days are rolled up and sealed
NOT_FINAL = 2  # days: the running one and the one before it
TEN_O_CLOCK = 1_763_946_000_000
DAY_MS = 86_400_000


class Life:
    """The days of a small hall, and what is known of them without looking at any figure."""

    def __init__(self, url: str, archives: Path) -> None:
        self._url, self._archives = url, archives
        self._office = read_office(OFFICE_YAML, "office.yaml")
        self.entries: list[Entry] = []
        self.visits: Counter[str] = Counter()  # by business date

    async def begin(self) -> None:
        async with self._ledger() as ledger:
            await ledger.simulate(OFFICE, TEN_O_CLOCK, 0)
            await ledger.apply_office(self._office)

    async def go_on(self, count: int) -> None:
        """Live so many days: one to three visitors each, of whom one is served."""
        async with self._ledger() as ledger:
            for day in range(len(self.visits), len(self.visits) + count):
                at = TEN_O_CLOCK + day * DAY_MS
                await ledger.simulate(OFFICE, at, 0)
                for _ in range(1 + day % 3):
                    await issue(ledger)
                ticket = (await ledger.call_next(OFFICE, "2")).shown().ticket.seq
                await ledger.advance(OFFICE, ticket, Move.FINISH)
                self.visits[business_day(self._office, at).date] = 1 + day % 3
            last = self.entries[-1].id if self.entries else 0
            self.entries += [entry async for entry in ledger.all_entries(OFFICE, last)]

    async def is_worked_off(self) -> bool:
        async with self._ledger() as ledger:
            behind = await outstanding(ledger, self._office)
            return not behind.dates and not await days_due(ledger, self._office)

    async def sealed(self) -> int:
        async with self._ledger() as ledger:
            archive = await ledger.entries_of(OFFICE).archive()
            assert archive is not None
            return len(archive.segments())

    async def judge(self) -> None:
        """Figures, archive and ledger agree with each other and with what was lived."""
        async with self._ledger() as ledger:
            assert [e async for e in ledger.all_entries(OFFICE)][
                : len(self.entries)
            ] == self.entries
            archive = await ledger.entries_of(OFFICE).archive()
            assert archive is not None
            (oldest, _), *_ = await ledger.redis.xrange(keys.of(OFFICE, "ledger"), count=1)
            assert oldest == f"{archive.last() + 1}-0"
            assert archive.check() is None
            assert await verify(ledger, OFFICE) is None
            told = await days(ledger, self._office, "2025-01-01", "2099-01-01")
            assert {day.date: day.visit_rows.size for day in told} == self.visits
            assert {int((day.visit_rows["end"] == End.FINISHED).sum()) for day in told} == {1}
            for day in told:
                assert digest(day) == digest(await computed(ledger, self._office, day.date))

    def _ledger(self):
        return Ledger.open(self._url, self._archives)


def test_every_entry_is_in_the_archive_or_the_engine_whoever_is_killed(
    tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, count = random.Random(seed), rounds(USUAL_ROUNDS)
    data_dir, struck = tmp_path / "data", Counter[str]()
    with Embedded(data_dir) as engine, Worker(engine.url, data_dir) as worker:
        life = Life(engine.url, data_dir / "archive")
        asyncio.run(life.begin())
        for _ in range(count):
            asyncio.run(life.go_on(DAYS_A_ROUND))
            time.sleep(chance.uniform(0, WORKS_S))
            struck[strike(chance, engine, worker)] += 1
        before = asyncio.run(life.sealed())
        until(lambda: asyncio.run(life.is_worked_off()), 60)
        assert worker.stop() == 0
        asyncio.run(life.judge())
        after = asyncio.run(life.sealed())
    where = ", ".join(f"{n} in {job or 'between jobs'}" for job, n in sorted(struck.items()))
    measured(f"{count} kills ({where}); {before} days sealed meanwhile, {after} in the end")
    assert before > count / 10
    assert after == count * DAYS_A_ROUND - NOT_FINAL
