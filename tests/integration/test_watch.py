"""`madoguchi watch`: the board in a terminal, over real connections."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from queue_service.access import Access, Role
from queue_service.cli.command import CommandFailed
from queue_service.cli.watch import Board, frames, lines
from queue_service.ledger import Ledger
from tests.faults.wire import Wire
from tests.hall import OFFICE, issue
from tests.live import Live, live

PATIENCE_S = 20


@pytest.fixture
def service(engine_url: str, ledger: Ledger, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


def run(service: Live, key: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "queue_service.cli", "watch", "--office", OFFICE]
    return subprocess.run(
        [*command, "--url", service.url, "--once", *words],
        env=os.environ | {"MADOGUCHI_KEY": key},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


async def test_the_present_board_is_shown_as_text_and_as_json(ledger: Ledger, service: Live):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    await issue(ledger, "certificates")
    await issue(ledger)
    await ledger.call_next(OFFICE, "2")
    shown = await asyncio.to_thread(run, service, key)
    assert shown.returncode == 0, shown.stderr
    assert "Calling   A001 → 2" in shown.stdout
    assert "insurance       1  quiet" in shown.stdout
    frame = json.loads((await asyncio.to_thread(run, service, key, "--format", "json")).stdout)
    assert frame["calls"][0]["number"] == "A001"


async def test_a_key_that_may_not_watch_is_told_so(ledger: Ledger, service: Live):
    for role, words in (
        (Role.KIOSK, "takes one of role display"),
        (None, "unknown or was revoked"),
    ):
        key = (await Access(ledger.redis).new(role, OFFICE))[0] if role else "mg_unknown"
        refused = await asyncio.to_thread(run, service, key)
        assert refused.returncode == 1
        assert words in refused.stderr


async def next_board(watching: AsyncIterator[Board | str]) -> Board:
    async with asyncio.timeout(PATIENCE_S):
        async for frame in watching:
            if not isinstance(frame, str):
                return frame
    raise AssertionError("it never ends")


async def test_it_says_that_the_line_is_cut_and_comes_back(ledger: Ledger, service: Live):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    async with Wire.to("127.0.0.1", service.port) as wire:
        watching = frames(f"ws://127.0.0.1:{wire.port}/ws/offices/{OFFICE}/board", key)
        before = await next_board(watching)
        wire.cut()
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(said := await anext(watching), str):
                pass
        assert said.startswith("offline since")
        await issue(ledger)
        async with asyncio.timeout(PATIENCE_S):
            while (await next_board(watching))["as_of"] == before["as_of"]:
                pass
        await watching.aclose()  # type: ignore[attr-defined]


async def test_there_is_no_watching_of_an_office_that_is_not_there(ledger: Ledger, service: Live):
    key, _ = await Access(ledger.redis).new(Role.ADMIN)
    with pytest.raises(CommandFailed, match="no such office"):
        await next_board(frames(f"ws://127.0.0.1:{service.port}/ws/offices/none/board", key))


def test_columns_hold_though_japanese_is_twice_as_wide():
    board: Board = {
        "office": "small",
        "at": "2025-11-24T10:00:00+09:00",
        "as_of": 1,
        "calls": [],
        "ready": [],
        "desks": [],
        "notice": {"ja": "本日は混み合います"},
        "queues": [
            {"service": "窓口", "waiting": 2, "lamp": "busy", "status": "open"},
            {"service": "advice", "waiting": 10, "lamp": "quiet", "status": "closed"},
        ],
    }
    drawn = lines(board)
    assert drawn[-3:] == [
        "  窓口      2  busy",
        "  advice   10  closed",
        "Notice    本日は混み合います",
    ]
