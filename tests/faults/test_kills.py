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
KILLS_A_DATA_DIR = 100  # the more has been written, the longer each restart takes


async def _define(url: str) -> None:
    async with Ledger.open(url) as ledger:
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))


def kill_under_load(folder: Path, kills: int, moments: random.Random) -> int:
    """Kill a new engine so often while two processes press buttons; returns what was promised."""

    async def judge() -> tuple[list[str], str | None]:
        async with Ledger.open(engine.url) as ledger:
            return await broken(ledger, given), await verify(ledger, OFFICE)

    folder.mkdir()
    with Embedded(folder / "data") as engine:
        asyncio.run(_define(engine.url))
        with clients(engine.url, folder, 2) as journals:
            for _ in range(kills):
                time.sleep(moments.uniform(0.01, 0.15))
                kill(engine)
                engine.start()
        given = promises(journals)
        faults, difference = asyncio.run(judge())
    assert faults == []
    assert difference is None
    return len(given)


def test_nothing_promised_is_lost_however_often_the_engine_is_killed(
    tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    moments, kills, promised = random.Random(seed), rounds(USUAL_KILLS), 0
    print(f"seed {seed}")
    for first in range(0, kills, KILLS_A_DATA_DIR):
        again = min(KILLS_A_DATA_DIR, kills - first)
        promised += kill_under_load(tmp_path / f"from-{first}", again, moments)
    measured(f"{kills} kills, {promised} promises")
    assert promised > kills
