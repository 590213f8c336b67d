"""The lobby's board in a real browser while connection and engine break under it."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from queue_service.access import Access, Role
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.refusals import Unavailable
from queue_service.tickets import Move
from tests.browser.conftest import Open
from tests.faults.engines import kill
from tests.faults.wire import Wire
from tests.hall import OFFICE, issue
from tests.live import live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CUTS = 20
CALLS_A_CUT = 10
RESTART = CUTS // 2  # the engine is killed in this round
DESKS = ("1", "2")


@pytest.fixture
async def engine_of_its_own(tmp_path: Path) -> AsyncIterator[Embedded]:
    """An engine that may be killed."""
    with Embedded(tmp_path / "engine") as engine:
        yield engine


async def call_next(ledger: Ledger, desk: str) -> int:
    """Finish whoever is at a desk and call somebody; returns the entry of the call."""
    held = (await ledger.snapshot(OFFICE)).desks.get(desk)
    if held and held.ticket is not None:
        await ledger.advance(OFFICE, held.ticket, Move.FINISH)
    await issue(ledger, "certificates")
    called = (await ledger.call_next(OFFICE, desk)).ticket
    assert called is not None and called.call_entry is not None
    return called.call_entry


async def announced(page: Page) -> list[int]:
    """The entries that were announced so far, in their order."""
    found = await page.locator("#said [data-entry]").evaluate_all(
        "all => all.map(each => Number(each.dataset.entry))"
    )
    return [int(each) for each in found]


async def until_announced(page: Page, entries: set[int]) -> None:
    """Wait for the last; whether the others came is judged at the end."""
    last = page.locator(f"#said [data-entry='{max(entries)}']")
    await last.wait_for(state="attached", timeout=30_000)


async def test_every_call_that_still_stands_is_announced_once_however_often_the_line_breaks(
    engine_of_its_own: Embedded, office: Office, windows: Open, tmp_path: Path
):
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    print(f"seed {seed}")
    engine = engine_of_its_own
    async with Ledger.open(engine.url) as ledger:
        await ledger.apply_office(office)
        key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
        with live(engine.url, tmp_path) as running:
            async with Wire.to("127.0.0.1", running.port) as wire:
                address = f"http://127.0.0.1:{wire.port}/board/{OFFICE}#key={key}"
                page = await windows(address, 1920, 1080, allowed=("WebSocket", "ERR_", "503"))
                # Two hundred sentences would take as long as they take; what is announced is the same.
                muted = f"localStorage.setItem('madoguchi.board.{OFFICE}..muted', 'true')"
                await page.evaluate(muted)
                await page.reload()
                standing: dict[str, int] = {}
                expected: set[int] = set()
                for cut in range(CUTS):
                    away = chance.sample(range(CALLS_A_CUT), 2)
                    for n in range(CALLS_A_CUT):
                        if n == min(away):
                            wire.cut(refuse=True)
                        if n == max(away):
                            wire.refusing = False
                        if cut == RESTART and n == CALLS_A_CUT // 2:
                            kill(engine)
                            engine.start()
                        desk = chance.choice(DESKS)
                        standing[desk] = await again(ledger, desk)
                    await until_announced(page, set(standing.values()))
                    expected |= set(standing.values())
                entries = await announced(page)
    assert entries == sorted(set(entries)), "in order, none twice"
    assert expected <= set(entries), "what still stood on return"


async def again(ledger: Ledger, desk: str) -> int:
    """Call, however often the engine has to be asked."""
    while True:
        try:
            return await call_next(ledger, desk)
        except Unavailable:
            await asyncio.sleep(0.05)
