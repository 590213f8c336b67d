"""Workers and engines are killed while days are rolled up; the figures stay what the ledger says."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.events import Called, Finished, Issued
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.roll_ups import computed, outstanding
from queue_service.statistics import gather
from tests.faults.engines import kill, until
from tests.faults.load import OFFICE, OFFICE_YAML, clients
from tests.live import forks
from worker.jobs import make_worker
from worker.schedule import Schedule

pytestmark = pytest.mark.faults
USUAL_ROUNDS = 20
TICK_S = 0.05  # so that there is always something to be killed in
DAY = "2025-11-24"
TEN_O_CLOCK = 1_763_946_000_000


def work(url: str) -> None:
    """A worker that is asked for roll-ups all the time."""
    with Redis.from_url(url) as redis:
        Schedule(redis, partial(Ledger.open, url), TICK_S).start()
        make_worker(redis, partial(Ledger.open, url)).work(logging_level="ERROR")


async def _prepare(url: str) -> None:
    async with Ledger.open(url) as ledger:
        await ledger.simulate(OFFICE, TEN_O_CLOCK, 60)
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))


async def _is_rolled_up(url: str) -> bool:
    async with Ledger.open(url) as ledger:
        office = await ledger.office(OFFICE)
        return not (await outstanding(ledger, office)).dates


async def _judge(url: str) -> int:
    """Compare what is kept with what the ledger says; returns the number of visits."""
    async with Ledger.open(url) as ledger:
        office = await ledger.office(OFFICE)
        entries = [entry.event async for entry in ledger.all_entries(OFFICE)]
        question = Question(first=date(2025, 11, 24), last=date(2025, 11, 26), bin="year")
        told = (await gather(ledger, office, question)).counted()
        assert set(await ledger.redis.hkeys(keys.of(OFFICE, "rolled"))) >= {DAY}
        anew = [await computed(ledger, office, DAY)]
    counted = {row["service"]: row for row in told.rows}
    issued = Counter(event.service for event in entries if isinstance(event, Issued))
    assert {name: counted[name]["arrivals"] for name in issued} == issued
    assert counted["*"]["arrivals"] == issued.total() == told.n
    called = {event.ticket for event in entries if isinstance(event, Called)}
    finished = {event.ticket for event in entries if isinstance(event, Finished)}
    assert counted["*"]["called"] == len(called)
    assert counted["*"]["finished"] == len(finished)
    assert anew[0].visit_rows.size == issued.total()
    return told.n


def test_figures_agree_with_the_ledger_however_often_workers_and_engine_are_killed(
    tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with Embedded(tmp_path / "data") as engine:
        asyncio.run(_prepare(engine.url))
        with clients(engine.url, tmp_path, 1):
            for n in range(rounds(USUAL_ROUNDS)):
                worker = forks.Process(target=work, args=(engine.url,))
                worker.start()
                time.sleep(chance.uniform(0.02, 0.5))
                if n % 3 == 0:
                    kill(engine)
                    engine.start()
                worker.kill()
                worker.join()
        worker = forks.Process(target=work, args=(engine.url,))
        worker.start()
        begin = time.monotonic()
        until(lambda: asyncio.run(_is_rolled_up(engine.url)), 90)
        took = time.monotonic() - begin
        worker.kill()
        worker.join()
        visits = asyncio.run(_judge(engine.url))
    measured(f"{rounds(USUAL_ROUNDS)} kills, {visits} visits, right {took:.1f} s after the last")
    assert visits > rounds(USUAL_ROUNDS)
