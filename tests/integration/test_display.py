"""Screens on a real server: who is let in, what they are sent, and that nobody misses a call."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from display.feed import HEARTBEAT_S
from queue_service import keys
from queue_service.access import FRESH_S, Access, Role
from queue_service.api.serve import listen
from queue_service.cli.following import SILENT_S
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.tickets import Move
from tests.faults.engines import kill
from tests.hall import OFFICE, issue
from tests.live import Live, live

CROWD = 30
PATIENCE_S = 15  # a board comes within milliseconds; a busy machine is waited for


@pytest.fixture
async def lobby(ledger: Ledger, engine_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a display process of its own, on a day that has begun."""
    await ledger.tend(OFFICE)
    with listen("127.0.0.1", 0) as socket:
        port = socket.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "queue_service.cli", "display", "--port", str(port)],
        env=os.environ
        | {"MADOGUCHI_REDIS_URL": engine_url, "MADOGUCHI_DATA_DIR": str(tmp_path)}
        | {"MADOGUCHI_PUBLIC_URL": "https://queue.example.jp"},
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


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        (None, True),  # no browser
        ("http://{host}", True),
        ("https://queue.example.jp", True),  # MADOGUCHI_PUBLIC_URL: a proxy changes the host's name
        ("https://evil.example", False),
        ("http://{host}.evil.example", False),
        ("null", False),
        ("nonsense", False),
    ],
)
async def test_only_our_own_pages_open_the_socket(
    ledger: Ledger, lobby: str, origin: str | None, may: bool
):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    host = lobby.split("/")[2]
    headers = {} if origin is None else {"Origin": origin.format(host=host)}
    if may:
        async with connect(lobby, subprotocols=offering(key), additional_headers=headers) as screen:
            await board_that(screen, lambda board: True)
    else:
        with pytest.raises(InvalidStatus, match="403"):
            await connect(lobby, subprotocols=offering(key), additional_headers=headers)


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


async def test_a_quiet_office_is_heard_of_before_its_screens_think_they_are_offline(
    ledger: Ledger, lobby: str
):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    async with connect(lobby, subprotocols=offering(key)) as screen:
        first = await board_that(screen, lambda board: True)
        for _ in range(2):
            async with asyncio.timeout(SILENT_S):
                assert json.loads(await screen.recv())["as_of"] == first["as_of"]


async def test_screens_that_share_a_key_ask_the_engine_for_it_as_one(ledger: Ledger, lobby: str):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    lookups = 0

    async def listen() -> None:
        nonlocal lookups
        async with ledger.redis.monitor() as monitor:
            async for each in monitor.listen():
                lookups += each["command"].startswith(f"HGET {keys.KEYS} ")

    async with AsyncExitStack() as stack:
        screens = [
            await stack.enter_async_context(connect(lobby, subprotocols=offering(key)))
            for _ in range(CROWD)
        ]
        listening = asyncio.create_task(listen())
        until = time.monotonic() + 2.5 * FRESH_S
        while time.monotonic() < until:
            last = (await issue(ledger)).ticket.entry
            for screen in screens:
                await board_that(screen, lambda board, last=last: board["as_of"] >= last)
        listening.cancel()
    assert 1 <= lookups <= 3, "once for each time that what is known is no longer fresh"


# The engine goes


@pytest.fixture
async def mortal(
    tmp_path: Path, office: Office
) -> AsyncIterator[tuple[Embedded, Ledger, Live, str]]:
    """An engine that may be killed, its ledger, a service on it, and a key for its screens."""
    with Embedded(tmp_path / "engine") as engine:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(office)
            key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
            with live(engine.url, tmp_path) as running:
                yield engine, ledger, running, key


async def test_a_screen_hears_nothing_while_the_engine_is_away_and_everything_after(
    mortal: tuple[Embedded, Ledger, Live, str],
):
    engine, ledger, running, key = mortal
    address = f"ws://127.0.0.1:{running.port}/ws/offices/{OFFICE}/board"
    async with connect(address, subprotocols=offering(key)) as screen:
        await board_that(screen, lambda board: True)
        kill(engine)
        with suppress(TimeoutError):
            while True:  # what was on the way when it died
                await asyncio.wait_for(screen.recv(), 2 * HEARTBEAT_S)
        async with connect(address, subprotocols=offering(key)) as late:
            with pytest.raises(ConnectionClosed) as closed:
                async with asyncio.timeout(1):  # known already, not found out again
                    await late.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        engine.start()
        await issue(ledger)
        await board_that(screen, lambda board: board["queues"][2]["waiting"] == 1)


async def test_screens_that_come_before_the_engine_are_turned_away_and_served_when_it_is_there(
    office: Office, tmp_path: Path
):
    with Embedded(tmp_path / "engine") as engine:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(office)
            key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    with live(engine.url, tmp_path) as running:
        lobby = f"ws://127.0.0.1:{running.port}/ws/offices/{OFFICE}/board"
        async with connect(lobby, subprotocols=offering(key)) as screen:
            with pytest.raises(ConnectionClosed) as closed:
                await screen.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        with Embedded(tmp_path / "engine"):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    async with connect(lobby, subprotocols=offering(key)) as screen:
                        with suppress(ConnectionClosed):
                            assert json.loads(await screen.recv())["office"] == OFFICE
                            return
                    await asyncio.sleep(0.1)


async def test_a_feed_that_dies_ends_its_process_loudly(
    mortal: tuple[Embedded, Ledger, Live, str],
):
    _, ledger, running, key = mortal
    address = f"ws://127.0.0.1:{running.port}/ws/offices/{OFFICE}/board"
    async with connect(address, subprotocols=offering(key)) as screen:
        await board_that(screen, lambda board: True)
        await ledger.redis.set(keys.of(OFFICE, "ledger"), "no ledger")
        with pytest.raises(ConnectionClosed) as closed:
            await board_that(screen, lambda board: False)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    await asyncio.to_thread(running.process.wait, 10)
    assert f"feed of {OFFICE}" in running.log.read_text()
