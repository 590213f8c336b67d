"""`madoguchi watch`: the board in a terminal, over real connections."""

import asyncio
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from datetime import datetime
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO

import msgspec
import pytest

from queue_service import words
from queue_service.access import Access, Role
from queue_service.board import Board, Call, DeskLine, QueueLine
from queue_service.cli.board_text import cut_to, lines, width
from queue_service.cli.command import CommandFailed
from queue_service.cli.following import Cut, address, frames, signs_of
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.tickets import Stage
from tests.faults.engines import kill
from tests.faults.wire import Wire
from tests.hall import OFFICE, issue
from tests.live import Live, free_port, live

PATIENCE_S = 20
OFFLINE_S = 5.0  # within which it says so


@pytest.fixture
def service(engine_url: str, ledger: Ledger, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


@pytest.fixture
async def key(ledger: Ledger) -> str:
    return (await Access(ledger.redis).new(Role.DISPLAY, OFFICE))[0]


def command(url: str, *words: str) -> list[str]:
    whole = [sys.executable, "-m", "queue_service.cli", "watch", "--office", OFFICE]
    return [*whole, "--url", url, *words]


def run(url: str, key: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(url, "--once", *words),
        env=os.environ | {"MADOGUCHI_KEY": key},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@contextmanager
def watching(service: Live, key: str, *words: str) -> Iterator["Queue[str]"]:
    """What a command that goes on prints, line by line."""
    child = subprocess.Popen(
        command(service.url, *words),
        env=os.environ | {"MADOGUCHI_KEY": key},
        stdout=subprocess.PIPE,
        text=True,
    )
    printed: Queue[str] = Queue()
    assert child.stdout is not None
    reader = Thread(target=read, args=(child.stdout, printed))
    reader.start()
    try:
        yield printed
    finally:
        child.terminate()
        child.wait(PATIENCE_S)
        reader.join()


def read(stream: IO[str], into: "Queue[str]") -> None:
    with stream:
        for line in stream:
            into.put(line.rstrip())


async def line_that(printed: "Queue[str]", begins: str) -> str:
    """The next line that begins so; indented lines count from their first word."""
    while True:
        line = await asyncio.to_thread(printed.get, timeout=PATIENCE_S)
        if line.strip().startswith(begins):
            return line


async def test_the_present_board_is_shown_as_text_and_as_json(
    ledger: Ledger, service: Live, key: str
):
    await issue(ledger, "certificates")
    await issue(ledger)
    await ledger.call_next(OFFICE, "2")
    shown = await asyncio.to_thread(run, service.url, key, "--language", "en")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("Small office  10:00:00\n")
    assert "\n  A001  Desk 2  10:00\n" in shown.stdout
    assert "\n  insurance        1 waiting  Not busy\n" in shown.stdout
    asked = await asyncio.to_thread(run, service.url, key, "--format", "json")
    assert json.loads(asked.stdout)["calls"][0]["number"] == "A001"


async def test_into_a_pipe_the_board_is_written_again_when_it_has_changed(
    ledger: Ledger, service: Live, key: str
):
    def watch() -> Iterator["Queue[str]"]:
        return watching(service, key, "--language", "en")

    with watch() as printed:
        await line_that(printed, "No number")
        await issue(ledger)
        assert (await line_that(printed, "insurance")).split()[1] == "0"
        assert (await line_that(printed, "insurance")).split()[1] == "1"
        await ledger.call_next(OFFICE, "2")
        assert (await line_that(printed, "C001")).split() == ["C001", "Desk", "2", "10:00"]


async def test_on_a_terminal_the_board_stays_in_its_place(ledger: Ledger, service: Live, key: str):
    ours, its = pty.openpty()
    child = subprocess.Popen(
        command(service.url), env=os.environ | {"MADOGUCHI_KEY": key}, stdout=its
    )
    os.close(its)
    try:
        drawn = b""
        await issue(ledger)
        while "保険".encode() not in drawn and drawn.count(b"\x1b[J") < 2:
            drawn += await asyncio.wait_for(asyncio.to_thread(os.read, ours, 4096), PATIENCE_S)
    finally:
        child.terminate()
        child.wait(PATIENCE_S)
        os.close(ours)
    assert drawn.startswith("\x1b[H小さな役所".encode())


@pytest.mark.parametrize(
    ("role", "said"),
    [(Role.KIOSK, "takes one of role display"), (None, "unknown or was revoked")],
)
async def test_a_key_that_may_not_watch_is_told_so(
    ledger: Ledger, service: Live, role: Role | None, said: str
):
    key = (await Access(ledger.redis).new(role, OFFICE))[0] if role else "any words, 合言葉"
    refused = await asyncio.to_thread(run, service.url, key)
    assert refused.returncode == 1
    assert said in refused.stderr


async def test_where_nothing_runs_one_look_fails_with_a_remedy():
    failed = await asyncio.to_thread(run, f"http://127.0.0.1:{free_port()}", "mg_any")
    assert failed.returncode == 1
    assert "madoguchi doctor" in failed.stderr
    assert failed.stdout == ""


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8000", "http://"])
async def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(CommandFailed, match="write it like"):
        address(url, OFFICE)


def test_an_address_keeps_its_path_and_quotes_what_it_is_told():
    assert address("https://host/queue/", "a/b", "2F 西") == (
        "wss://host/queue/ws/offices/a%2Fb/board?zone=2F+%E8%A5%BF"
    )


# The line


async def next_board(watched: AsyncIterator[str | Cut]) -> Board:
    async with asyncio.timeout(PATIENCE_S):
        async for frame in watched:
            if not isinstance(frame, Cut):
                return json.loads(frame)
    raise AssertionError("it never ends")


async def next_cut(watched: AsyncIterator[str | Cut]) -> Cut:
    async with asyncio.timeout(PATIENCE_S):
        async for frame in watched:
            if isinstance(frame, Cut):
                return frame
    raise AssertionError("it never ends")


async def test_it_says_that_the_line_is_cut_and_comes_back(ledger: Ledger, service: Live, key: str):
    async with (
        Wire.to("127.0.0.1", service.port) as wire,
        aclosing(frames(address(f"http://127.0.0.1:{wire.port}", OFFICE), key)) as watched,
    ):
        before = await next_board(watched)
        wire.cut(refuse=True)
        await next_cut(watched)
        await next_cut(watched)  # and it is still away
        wire.refusing = False
        await issue(ledger)
        async with asyncio.timeout(PATIENCE_S):
            while (await next_board(watched))["as_of"] == before["as_of"]:
                pass  # sent before the feed had seen the new number


async def test_a_line_that_has_gone_silent_is_cut_within_five_seconds(
    ledger: Ledger, service: Live, key: str
):
    async with aclosing(frames(address(service.url, OFFICE), key)) as watched:
        await next_board(watched)
        os.kill(service.process.pid, 19)  # SIGSTOP: the line stands, and nobody speaks
        try:
            heard = time.monotonic()
            await next_cut(watched)
            assert time.monotonic() - heard < OFFLINE_S
        finally:
            os.kill(service.process.pid, 18)
        await next_board(watched)


async def test_while_the_engine_is_away_it_asks_now_and_then(tmp_path: Path, office: Office):
    cuts: list[Cut] = []

    async def watch(url: str, key: str) -> None:
        async for frame in frames(address(url, OFFICE), key):
            if isinstance(frame, Cut):
                cuts.append(frame)
            elif cuts:
                return

    with Embedded(tmp_path / "engine") as engine:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(office)
            key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
            with live(engine.url, tmp_path) as running:
                async with aclosing(frames(address(running.url, OFFICE), key)) as watched:
                    await next_board(watched)
                    kill(engine)
                    await next_cut(watched)
                watch_on = asyncio.create_task(watch(running.url, key))
                await asyncio.sleep(2)
                assert len(cuts) < 6  # of hundreds, without a pause
                engine.start()
                await asyncio.wait_for(watch_on, PATIENCE_S)
    assert set(cuts) <= {Cut("its engine is away")}


async def test_there_is_no_watching_of_an_office_that_is_not_there(ledger: Ledger, service: Live):
    key, _ = await Access(ledger.redis).new(Role.ADMIN)
    with pytest.raises(CommandFailed, match="no such office"):
        await next_board(frames(address(service.url, "none"), key))


# The text

EMPTY = Board(
    office=OFFICE,
    version=1,
    as_of=1,
    at=datetime.fromisoformat("2025-11-24T10:00:00+09:00"),
    calls=[],
    ready=[],
    queues=[],
    desks=[],
    notice=None,
)


def queue(service: str, waiting: int) -> QueueLine:
    return QueueLine(service=service, waiting=waiting, estimate=None, lamp="quiet", status="open")


def called(number: str, *, current: bool) -> Call:
    return Call(
        entry_id=1,
        number=number,
        desk="1",
        zone=None,
        stage=Stage.RECEPTION,
        called_at=EMPTY.at,
        recall=False,
        current=current,
        spoken=None,
    )


def with_fields(**fields: object) -> Board:
    return msgspec.structs.replace(EMPTY, **fields)


def test_columns_hold_though_japanese_is_twice_as_wide():
    shown = lines(with_fields(queues=[queue("窓口", 2), queue("advice", 10)]), None, "en")
    rows = [line for line in shown if "waiting" in line][-2:]
    assert rows == [
        "  窓口       2 waiting  Not busy",
        "  advice    10 waiting  Not busy",
    ]
    assert width(rows[0]) == width(rows[1])


@pytest.mark.parametrize("columns", range(9))
def test_a_line_is_never_wider_than_its_room(columns: int):
    assert width(cut_to(columns, "窓口 A12")) <= columns


def test_a_board_that_is_old_says_of_when_it_is():
    shown = lines(EMPTY, None, "en", is_cut=True)
    assert shown[1] == "! Connection lost. Shown as of 10:00:00"


def test_calls_that_are_over_stand_apart_and_what_nobody_can_see_is_left_out():
    board = with_fields(
        calls=[called("A002", current=True), called("A001", current=False)],
        notice={"en": "closed\nat\x1b[2Jnoon"},
        desks=[DeskLine(desk="1", status="open", services=[], number="A002")],
    )
    shown = lines(board, None, "en")
    assert "* closed at [2Jnoon" in shown
    assert shown[shown.index("Now calling") + 1].split() == ["A002", "Desk", "1", "10:00"]
    assert shown[shown.index("Called earlier") + 1] == "  A001"


@pytest.mark.parametrize("language", words.languages())
async def test_every_language_has_its_words(ledger: Ledger, service: Live, language: str):
    signs = await signs_of(service.url, OFFICE, 1)
    assert signs is not None
    assert lines(await ledger.board(OFFICE), signs, language)[0].startswith(
        "Small office" if language == "en" else "小さな役所"
    )
