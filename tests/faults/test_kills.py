"""The engine is killed at random moments under load, and everything promised is kept."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from tests.faults.engines import kill
from tests.faults.load import OFFICE, OFFICE_YAML, broken, clients, promises

pytestmark = pytest.mark.faults
USUAL_KILLS = 60


async def _define(url: str) -> None:
    async with Ledger.open(url) as ledger:
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))


def test_nothing_promised_is_lost_however_often_the_engine_is_killed(
    tmp_path: Path, rounds: Callable[[int], int]
):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    moments = random.Random(seed)

    async def judge() -> tuple[list[str], str | None]:
        async with Ledger.open(engine.url) as ledger:
            return await broken(ledger, given), await verify(ledger.redis, OFFICE)

    with Embedded(tmp_path / "data") as engine:
        asyncio.run(_define(engine.url))
        with clients(engine.url, tmp_path, 2) as journals:
            for _ in range(rounds(USUAL_KILLS)):
                time.sleep(moments.uniform(0.01, 0.15))
                kill(engine)
                engine.start()
        given = promises(journals)
        faults, difference = asyncio.run(judge())
    print(f"{rounds(USUAL_KILLS)} kills, {len(given)} promises")
    assert len(given) > rounds(USUAL_KILLS)
    assert faults == []
    assert difference is None
