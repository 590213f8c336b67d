"""Hundreds of screens on one process: all see every board, whatever one of them does."""

import asyncio
import base64
import json
import os
import random
import resource
import signal
import socket
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from queue_service.access import Access, Role
from queue_service.cli.following import SILENT_S
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.refusals import Unavailable
from queue_service.tickets import Move
from tests.faults.engines import kill
from tests.faults.wire import Wire
from tests.hall import OFFICE, issue
from tests.live import Live, live

pytestmark = [pytest.mark.slow, pytest.mark.faults]
SCREENS = 500
CROWD = 1000
SECONDS = 8  # of calls, one a second; `--rounds 60` looks for a minute
SPREAD_S = 5.0  # over so long screens come back after a restart, as the browser's do
BACK_S = 10.0
GROWTH_MB = 20  # that a process may take more for a screen that never reads, and for chance
STALL_S = 4.0  # a screen that takes nothing for longer is let go
PATIENCE_S = 30.0
CUTS = 20
CALLS_A_CUT = 10
OLD_BOARDS = 25  # that the kernels of both sides may hold; what was missed beyond them never comes


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Room for a thousand connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Screen:
    """A screen that remembers when it saw which call first."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.has_a_board = asyncio.Event()

    async def watch(self, socket: ClientConnection) -> None:
        async for frame in socket:
            now = time.monotonic()
            self.has_a_board.set()
            for call in json.loads(frame)["calls"]:
                if call["entry_id"] in self.seen:
                    break  # newest first: the others are known, too
                self.seen[call["entry_id"]] = now


def address(running: Live) -> str:
    return f"ws://127.0.0.1:{running.port}/ws/offices/{OFFICE}/board"


def protocols(key: str) -> list[Subprotocol]:
    return [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{key}")]


@asynccontextmanager
async def watching(running: Live, key: str, count: int) -> AsyncIterator[list[Screen]]:
    """So many screens, all of which have a board."""
    screens = [Screen() for _ in range(count)]
    gate = asyncio.Semaphore(50)

    async def open_and_watch(screen: Screen) -> None:
        async with gate:
            socket = await connect(
                address(running), subprotocols=protocols(key), compression=None, open_timeout=30
            )
        async with socket:
            with suppress(WebSocketException):  # the service has ended
                await screen.watch(socket)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(open_and_watch(screen)) for screen in screens]
        async with asyncio.timeout(60):
            for screen in screens:
                await screen.has_a_board.wait()
        yield screens
        for task in tasks:
            task.cancel()


def never_reads(running: Live, key: str) -> socket.socket:
    """A screen that asks for boards and takes none: its machine hangs, its line stands."""
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    stalled.connect(("127.0.0.1", running.port))
    nonce = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /ws/offices/{OFFICE}/board HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n"
        f"Sec-WebSocket-Protocol: madoguchi, madoguchi.{key}\r\n\r\n"
    )
    stalled.sendall(head.encode())
    return stalled


def memory_mb(running: Live) -> float:
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def call_each_second(ledger: Ledger, screens: list[Screen], seconds: int) -> list[float]:
    """Make one call a second; returns how long each took to each screen, in seconds."""
    made: dict[int, float] = {}
    for _ in range(seconds):
        due = time.monotonic() + 1
        await issue(ledger)
        ticket = (await ledger.call_next(OFFICE, "2")).ticket
        assert ticket is not None and ticket.call_entry is not None
        made[ticket.call_entry] = time.monotonic()
        await asyncio.sleep(due - time.monotonic())
        await ledger.advance(OFFICE, ticket.seq, Move.NO_SHOW)
    await asyncio.sleep(1)
    missed = [
        (entry, sum(entry not in screen.seen for screen in screens))
        for entry in made
        if any(entry not in screen.seen for screen in screens)
    ]
    assert missed == [], "every screen sees every newest board"
    return [screen.seen[entry] - at for entry, at in made.items() for screen in screens]


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def test_one_screen_that_never_reads_harms_no_other(
    ledger: Ledger,
    engine_url: str,
    tmp_path: Path,
    rounds: Callable[[int], int],
    measured: Callable[[str], None],
):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    with live(engine_url, tmp_path) as running:
        async with watching(running, key, SCREENS) as screens:
            usual = await call_each_second(ledger, screens, rounds(SECONDS))
            before = memory_mb(running)
            stalled = never_reads(running, key)
            harmed = await call_each_second(ledger, screens, rounds(SECONDS))
            grown = memory_mb(running) - before
            measured(
                f"{SCREENS} screens: p99 {p99(usual) * 1000:.0f} ms, with one that never reads "
                f"{p99(harmed) * 1000:.0f} ms, {grown:+.1f} MB"
            )
            took = await asyncio.to_thread(running.stop)
        stalled.close()
    assert p99(harmed) < 2 * p99(usual) + STALL_S / 3  # one that waits for it waits STALL_S
    assert grown < GROWTH_MB
    assert took < 10


async def test_a_screen_that_was_slow_gets_the_newest_board_and_no_backlog(
    ledger: Ledger, engine_url: str, tmp_path: Path, measured: Callable[[str], None]
):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    with live(engine_url, tmp_path) as running, closing(never_reads(running, key)) as slow:
        until = time.monotonic() + STALL_S
        calls = 0
        while time.monotonic() < until:
            calls += 1
            seq = (await issue(ledger)).ticket.seq
            await ledger.call_next(OFFICE, "2")
            await ledger.advance(OFFICE, seq, Move.NO_SHOW)
            await asyncio.sleep(0.02)
        last = (await ledger.board(OFFICE)).as_of
        slow.settimeout(5)
        received = b""
        while f'"as_of":{last}'.encode() not in received:
            piece = await asyncio.to_thread(slow.recv, 1 << 16)
            assert piece, "it was not let go"
            received += piece
    boards = received.count(b'"as_of":')
    measured(f"{calls} calls missed, {boards} boards on return, {len(received) / 1000:.0f} kB")
    assert boards <= OLD_BOARDS


async def test_a_thousand_screens_are_back_within_ten_seconds_of_a_restart(
    ledger: Ledger, engine_url: str, tmp_path: Path, measured: Callable[[str], None]
):
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    chance = random.Random(1)
    back: list[float] = []

    async def come_back(running: Live) -> None:
        while True:
            await asyncio.sleep(chance.uniform(0, SPREAD_S))
            with suppress(OSError, WebSocketException, TimeoutError):
                async with connect(
                    address(running), subprotocols=protocols(key), compression=None
                ) as socket:
                    await socket.recv()
                    back.append(time.monotonic())
                    return

    with live(engine_url, tmp_path) as first:
        async with watching(first, key, CROWD):
            first.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(first.process.wait, 20)
        with ExitStack() as stack:
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                for _ in range(CROWD):
                    group.create_task(come_back(first))
                again = live(engine_url, tmp_path, port=first.port)
                await asyncio.to_thread(stack.enter_context, again)
                ready = time.monotonic()
        took = max(back) - ready
    measured(f"{CROWD} screens back {took:.1f} s after it listened again")
    assert took < BACK_S


class Announcer:
    """A screen by the rule of integrators: say each current call that is newer than the last said."""

    def __init__(self) -> None:
        self.said: list[int] = []

    def hear(self, frame: str) -> None:
        last = self.said[-1] if self.said else 0
        current = [call["entry_id"] for call in json.loads(frame)["calls"] if call["current"]]
        self.said += sorted(entry for entry in current if entry > last)

    async def follow(self, url: str, key: str) -> None:
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with connect(url, subprotocols=protocols(key), compression=None) as socket:
                    while True:
                        async with asyncio.timeout(SILENT_S):
                            self.hear(await socket.recv(decode=True))
            await asyncio.sleep(0.05)

    async def has_said(self, entries: set[int]) -> None:
        """Wait for the newest; whether the others came is judged at the end."""
        async with asyncio.timeout(PATIENCE_S):
            while max(entries) not in self.said:  # noqa: ASYNC110 - of the task that listens
                await asyncio.sleep(0.01)


async def call(ledger: Ledger, desk: str) -> int:
    """Finish whoever is at a desk and call somebody; returns the entry of the call."""
    while True:  # however often the engine has to be asked
        with suppress(Unavailable):
            held = (await ledger.snapshot(OFFICE)).desks.get(desk)
            if held and held.ticket is not None:
                await ledger.advance(OFFICE, held.ticket, Move.FINISH)
            await issue(ledger, "certificates")
            called = (await ledger.call_next(OFFICE, desk)).ticket
            assert called is not None and called.call_entry is not None
            return called.call_entry


async def test_each_call_that_stayed_is_said_once_and_in_order_however_often_the_line_breaks(
    office: Office, tmp_path: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    cuts = rounds(CUTS)
    screen, standing, stayed = Announcer(), dict[str, int](), set[int]()
    with Embedded(tmp_path / "engine") as engine:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(office)
            key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
            with live(engine.url, tmp_path) as running:
                async with Wire.to("127.0.0.1", running.port) as wire:
                    url = f"ws://127.0.0.1:{wire.port}/ws/offices/{OFFICE}/board"
                    following = asyncio.create_task(screen.follow(url, key))
                    for cut in range(cuts):
                        away = chance.sample(range(CALLS_A_CUT), 2)
                        for n in range(CALLS_A_CUT):
                            if n == min(away):
                                wire.cut(refuse=True)
                            if n == max(away):
                                wire.refusing = False
                            if cut == cuts // 2 and n == CALLS_A_CUT // 2:
                                kill(engine)
                                engine.start()
                            desk = chance.choice(("1", "2"))
                            standing[desk] = await call(ledger, desk)
                        await screen.has_said(set(standing.values()))
                        stayed |= set(standing.values())
                    following.cancel()
    measured(f"seed {seed}: {cuts * CALLS_A_CUT} calls, {cuts} cuts, {len(screen.said)} said")
    assert screen.said == sorted(set(screen.said)), "in order, none twice"
    assert stayed <= set(screen.said)
