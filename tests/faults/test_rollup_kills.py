"""Workers and engines are killed while days are rolled up; the figures stay what the ledger says.

The worker is the one of `madoguchi worker`, with schedule and job queue; it works beside a full load.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.events import Called, Finished, Issued
from queue_service.figures import digest
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.roll_ups import computed, days, outstanding
from queue_service.statistics import gather
from tests.faults.engines import until
from tests.faults.load import OFFICE, OFFICE_YAML, clients
from tests.faults.workers import HURRY, Worker, strike

pytestmark = pytest.mark.faults
USUAL_ROUNDS = (
    10  # a quarter of a minute; `--rounds 100` takes two minutes, or six beside other work
)
WORKS_S = 0.5  # at most, before the kill
BUSY = replace(HURRY, job=30)  # thousands of visits a day
SPEED = 86_400 / 20  # a day every twenty seconds
TEN_O_CLOCK = 1_763_946_000_000
LIFE = Question(first=date(2025, 11, 24), last=date(2026, 11, 24), bin="year")


async def _prepare(url: str) -> None:
    async with Ledger.open(url) as ledger:
        await ledger.simulate(OFFICE, TEN_O_CLOCK, SPEED)
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))


async def _stop_the_clock(url: str) -> None:
    async with Ledger.open(url) as ledger:
        (last,) = await ledger.redis.hmget(keys.of(OFFICE, "head"), "at")
        await ledger.simulate(OFFICE, int(last), 0)


async def _is_rolled_up(url: str, archives: Path) -> bool:
    async with Ledger.open(url, archives) as ledger:
        office = await ledger.office(OFFICE)
        return not (await outstanding(ledger, office)).dates


async def _judge(url: str, archives: Path) -> tuple[int, int]:
    """Compare what is kept with what the ledger says; returns how many visits and days that was."""
    async with Ledger.open(url, archives) as ledger:
        office = await ledger.office(OFFICE)
        entries = [entry.event async for entry in ledger.all_entries(OFFICE)]
        told = (await gather(ledger, office, LIFE)).counted()
        kept = await days(ledger, office, f"{LIFE.first}", f"{LIFE.last}")
        for day in kept:
            assert digest(day) == digest(await computed(ledger, office, day.date))
        assert await verify(ledger, OFFICE) is None
    counted = {row["service"]: row for row in told.rows}
    issued = Counter(event.service for event in entries if isinstance(event, Issued))
    assert {name: counted[name]["arrivals"] for name in issued} == issued
    assert counted["*"]["arrivals"] == issued.total() == told.n
    called = {event.ticket for event in entries if isinstance(event, Called)}
    finished = {event.ticket for event in entries if isinstance(event, Finished)}
    assert counted["*"]["called"] == len(called)
    assert counted["*"]["finished"] == len(finished)
    return told.n, len(kept)


def test_figures_agree_with_the_ledger_however_often_workers_and_engine_are_killed(
    tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, count = random.Random(seed), rounds(USUAL_ROUNDS)
    data_dir, struck = tmp_path / "data", Counter[str]()
    archives = data_dir / "archive"
    with Embedded(data_dir) as engine:
        asyncio.run(_prepare(engine.url))
        with Worker(engine.url, data_dir, times=BUSY) as worker:
            with clients(engine.url, tmp_path, 1):
                for _ in range(count):
                    time.sleep(chance.uniform(0, WORKS_S))
                    struck[strike(chance, engine, worker)] += 1
            asyncio.run(_stop_the_clock(engine.url))
            begin = time.monotonic()
            until(lambda: asyncio.run(_is_rolled_up(engine.url, archives)), 90)
            took = time.monotonic() - begin
            assert worker.stop() == 0
        visits, lived = asyncio.run(_judge(engine.url, archives))
    where = ", ".join(f"{n} in {job or 'between jobs'}" for job, n in sorted(struck.items()))
    much = f"{visits} visits on {lived} days"
    measured(f"{count} kills ({where}), {much}, right {took:.1f} s after the last")
    assert visits > count
