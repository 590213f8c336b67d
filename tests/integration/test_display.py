"""Screens on a real server: who is let in, what they are sent, and that nobody misses a call."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from queue_service.access import Access, Role
from queue_service.api.serve import listen
from queue_service.ledger import Ledger
from queue_service.tickets import Move
from tests.hall import OFFICE, issue

PATIENCE_S = 15  # a board comes within milliseconds; a busy machine is waited for


@pytest.fixture
async def lobby(ledger: Ledger, engine_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a display process of its own."""
    with listen("127.0.0.1", 0) as socket:
        port = socket.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "queue_service.cli", "display", "--port", str(port)],
        env=os.environ | {"MADOGUCHI_REDIS_URL": engine_url, "MADOGUCHI_DATA_DIR": str(tmp_path)},
    )
    address = f"ws://127.0.0.1:{port}/ws/offices/{OFFICE}/board"
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield address
    finally:
        child.terminate()
        assert child.wait(10) is not None


def offering(key: str) -> list[Subprotocol]:
    return [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{key}")]


async def board_that(socket: ClientConnection, holds) -> dict:
    """The first board for which a condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            board = json.loads(await socket.recv())
            if holds(board):
                return board


async def test_a_screen_sees_a_call_and_its_withdrawal(ledger: Ledger, lobby: str):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    async with connect(lobby, subprotocols=offering(key)) as screen:
        assert screen.subprotocol == "madoguchi"
        first = await board_that(screen, lambda board: True)
        assert first["calls"] == []
        ticket = (await issue(ledger)).ticket
        await board_that(screen, lambda board: board["queues"][2]["waiting"] == 1)
        await ledger.call_next(OFFICE, "2")
        board = await board_that(screen, lambda board: board["calls"])
        assert (board["calls"][0]["number"], board["calls"][0]["current"]) == ("C001", True)
        await ledger.undo(OFFICE, ticket.seq)
        await board_that(screen, lambda board: not board["calls"])


async def test_a_call_stays_on_the_board_however_many_follow_it(ledger: Ledger, lobby: str):
    key, _ = await Access(ledger.redis).new(Role.STAFF, OFFICE)
    first = (await issue(ledger)).ticket
    await ledger.call_next(OFFICE, "2")
    for _ in range(25):
        seq = (await issue(ledger, "certificates")).ticket.seq
        await ledger.call_next(OFFICE, "1")
        await ledger.advance(OFFICE, seq, Move.FINISH)
    async with connect(lobby, subprotocols=offering(key)) as screen:
        board = await board_that(screen, lambda board: True)
    standing = [call["number"] for call in board["calls"] if call["current"]]
    assert standing == [first.number]
    assert [call["entry_id"] for call in board["calls"]] == sorted(
        (call["entry_id"] for call in board["calls"]), reverse=True
    )


async def test_the_key_may_come_as_the_first_message(ledger: Ledger, lobby: str):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    async with connect(lobby) as screen:
        await screen.send(json.dumps({"key": key}))
        await board_that(screen, lambda board: board["office"] == OFFICE)


@pytest.mark.parametrize(
    ("role", "where", "code"),
    [
        (Role.KIOSK, OFFICE, 4403),
        (Role.ANALYST, OFFICE, 4403),
        (Role.DISPLAY, "elsewhere", 4403),
        (None, None, 4401),
    ],
)
async def test_who_may_not_watch_is_sent_away(
    ledger: Ledger, lobby: str, role: Role | None, where: str | None, code: int
):
    key = "mg_wrong" if role is None else (await Access(ledger.redis).new(role, where))[0]
    async with connect(lobby, subprotocols=offering(key)) as screen:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(screen.recv(), PATIENCE_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_a_screen_whose_key_is_revoked_is_let_go(ledger: Ledger, lobby: str):
    access = Access(ledger.redis)
    key, credential = await access.new(Role.DISPLAY, OFFICE)
    async with connect(lobby, subprotocols=offering(key)) as screen:
        await board_that(screen, lambda board: True)
        await access.revoke(credential.id)
        with pytest.raises(ConnectionClosed) as closed:
            await board_that(screen, lambda board: False)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
