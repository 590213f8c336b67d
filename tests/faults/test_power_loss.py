"""The power goes: what had not been synced to disk is gone, and nothing acknowledged is among it."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queue_service.embedded import Embedded
from queue_service.engine_check import Durability
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from tests.faults.engines import kill
from tests.faults.load import OFFICE, OFFICE_YAML, broken, clients, promises
from tests.faults.shim import Shim

pytestmark = pytest.mark.faults
USUAL_ROUNDS = 12


def cut_the_power(folder: Path, durability: Durability, rounds: int) -> list[str]:
    """Cut the power under load again and again; returns every promise that was not kept."""
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    shim = Shim(folder / "shim")
    faults: list[str] = []
    promised = cut = 0

    async def define() -> None:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))

    async def judge(journals: list[Path]) -> None:
        nonlocal promised
        given = promises(journals)
        promised += len(given)
        async with Ledger.open(engine.url) as ledger:
            faults.extend(await broken(ledger, given))
            if difference := await verify(ledger, OFFICE):
                faults.append(difference)

    engine = Embedded(folder / "data", durability=durability, env=shim.env)
    with engine:
        asyncio.run(define())
        time.sleep(1.5)  # the office itself is on disk by either way; the tickets are in question
        with clients(engine.url, folder, 1) as journals:
            for _ in range(rounds):
                time.sleep(moments.uniform(0.1, 0.6))
                kill(engine)
                cut += shim.cut_to_last_sync(folder / "data")
                engine.start()
        asyncio.run(judge(journals))
    print(f"seed {seed}: {durability}, {rounds} cuts took {cut} bytes, {promised} promises")
    assert promised > rounds
    return faults


def test_nothing_promised_is_lost_when_the_power_goes(tmp_path: Path, rounds: Callable[[int], int]):
    assert cut_the_power(tmp_path, "always", rounds(USUAL_ROUNDS)) == []


def test_the_same_loses_tickets_when_the_engine_syncs_once_a_second(tmp_path: Path):
    """The test of the test: were nothing lost here either, it would prove nothing."""
    assert any(fault.startswith("lost") for fault in cut_the_power(tmp_path, "everysec", 6))
