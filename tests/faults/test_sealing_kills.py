"""Whoever rolls up and seals is killed at any instant, and so is the engine: nothing is lost or twice."""

import asyncio
import random
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.events import Entry
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.refusals import Unavailable
from queue_service.roll_ups import days, note_cursor, outstanding, roll_up
from queue_service.sealing import is_due, seal
from queue_service.tickets import Move
from tests.faults.engines import kill
from tests.hall import OFFICE, OFFICE_YAML, issue
from tests.live import forks

pytestmark = pytest.mark.faults
USUAL_ROUNDS = 100
DAYS_A_ROUND = 2  # that can be sealed: there is always something to be killed in
AT_ONCE = 3  # days rolled up before something is sealed
WORKS_S = 0.3  # at most, before the kill
TEN_O_CLOCK = 1_763_946_000_000
DAY_MS = 86_400_000


async def _live(url: str, count: int) -> list[Entry]:
    """So many days of a small hall, and their entries."""
    async with Ledger.open(url) as ledger:
        await ledger.simulate(OFFICE, TEN_O_CLOCK, 0)
        await ledger.apply_office(read_office(OFFICE_YAML, "office.yaml"))
        for day in range(count):
            await ledger.simulate(OFFICE, TEN_O_CLOCK + day * DAY_MS, 0)
            for _ in range(1 + day % 3):
                await issue(ledger)
            ticket = (await ledger.call_next(OFFICE, "2")).shown().ticket.seq
            await ledger.advance(OFFICE, ticket, Move.FINISH)
        return [entry async for entry in ledger.all_entries(OFFICE)]


def work(url: str, archives: Path, ready: Connection) -> None:
    """Roll up and seal until killed."""
    asyncio.run(_work(url, archives, ready))


async def _work(url: str, archives: Path, ready: Connection) -> None:
    ready.send(None)
    while True:
        try:
            async with Ledger.open(url, archives) as ledger:
                while True:
                    await _some_work(ledger)
        except Unavailable:
            await asyncio.sleep(0.005)  # the engine was killed


async def _some_work(ledger: Ledger) -> bool:
    office = await ledger.office(OFFICE)
    behind = await outstanding(ledger, office)
    await note_cursor(ledger.redis, OFFICE, behind.cursor)
    for date in behind.dates[:AT_ONCE]:
        await roll_up(ledger, office, date)
    await seal(ledger, office)
    return bool(behind.dates) or await is_due(ledger, office)


async def _judge(url: str, archives: Path, entries: list[Entry]) -> tuple[int, int]:
    """Finish the work, and compare; returns how many days were sealed, before that and after it."""
    async with Ledger.open(url, archives) as ledger:
        archive = await ledger.entries_of(OFFICE).archive()
        assert archive is not None
        sealed = len(archive.segments())
        while await _some_work(ledger):
            pass
        assert [entry async for entry in ledger.all_entries(OFFICE)] == entries
        (oldest, _), *_ = await ledger.redis.xrange(keys.of(OFFICE, "ledger"), count=1)
        assert oldest == f"{archive.last() + 1}-0"
        assert archive.check() is None
        assert await verify(ledger, OFFICE) is None
        issued = sum(type(entry.event).__name__ == "Issued" for entry in entries)
        told = await days(ledger, await ledger.office(OFFICE), "2025-01-01", "2099-01-01")
        assert sum(day.visit_rows.size for day in told) == issued
        return sealed, len(archive.segments())


def test_every_entry_is_in_the_archive_or_the_engine_whoever_is_killed(
    tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    count, archives = rounds(USUAL_ROUNDS), tmp_path / "data" / "archive"
    with Embedded(tmp_path / "data") as engine:
        entries = asyncio.run(_live(engine.url, count * DAYS_A_ROUND))
        ours, theirs = forks.Pipe()
        for n in range(count):
            worker = forks.Process(target=work, args=(engine.url, archives, theirs))
            worker.start()
            ours.recv()
            time.sleep(chance.uniform(0, WORKS_S))
            if n % 4 == 0:
                kill(engine)
                engine.start()
                time.sleep(chance.uniform(0, WORKS_S))
            worker.kill()
            worker.join()
        before, after = asyncio.run(_judge(engine.url, archives, entries))
    measured(f"{count} kills, {before} days sealed meanwhile, {after} in the end")
    assert before > count / 10
    assert after == count * DAYS_A_ROUND - 2
