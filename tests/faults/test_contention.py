"""Eight desks in four processes and four kiosks in a fifth, all at once on one line."""

import asyncio
import json
import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from queue_service.embedded import Embedded
from queue_service.events import Called, Issued
from queue_service.hall import Hall
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.tickets import ENDED, Move
from tests.faults.load import OFFICE, OFFICE_YAML, SERVICES
from tests.hall import wish

pytestmark = pytest.mark.faults
WAITING = 2_000
KIOSKS, EACH = 4, 50  # issued while the desks call
SPAWN = multiprocessing.get_context("spawn")
PATIENCE_S = 120


def desks(url: str, names: tuple[str, ...], journal: str, start: Barrier) -> None:
    """One process: some desks call until all are served."""
    calls: list[tuple[float, float, int]] = []

    async def work(ledger: Ledger, name: str) -> None:
        idle = 0
        while idle < 20:
            sent = time.monotonic()
            ticket = (await ledger.call_next(OFFICE, name)).ticket
            if ticket is None:
                idle += 1
                await asyncio.sleep(0.05)
                continue
            idle = 0
            calls.append((sent, time.monotonic(), ticket.seq))
            # Reception of `b` is followed by a hand-over: finish ends the visit at any stage.
            await ledger.advance(OFFICE, ticket.seq, Move.FINISH)

    async def all_of_them() -> None:
        async with Ledger.open(url) as ledger:
            await asyncio.to_thread(start.wait)
            await asyncio.gather(*(work(ledger, name) for name in names))

    asyncio.run(all_of_them())
    Path(journal).write_text(json.dumps(calls), "utf-8")


def kiosks(url: str, journal: str, start: Barrier) -> None:
    """One process: four kiosks issue while the desks call."""
    given: list[tuple[float, float, int, str]] = []

    async def work(ledger: Ledger, n: int) -> None:
        for i in range(EACH):
            sent = time.monotonic()
            shown = await ledger.issue(OFFICE, wish(SERVICES[(n + i) % 3]))
            given.append((sent, time.monotonic(), shown.ticket.seq, shown.ticket.number))

    async def all_of_them() -> None:
        async with Ledger.open(url) as ledger:
            await asyncio.to_thread(start.wait)
            await asyncio.gather(*(work(ledger, n) for n in range(KIOSKS)))

    asyncio.run(all_of_them())
    Path(journal).write_text(json.dumps(given), "utf-8")


async def fill(url: str) -> None:
    """Two thousand people wait."""
    async with Ledger.open(url) as ledger:
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))
        for first in range(0, WAITING, 50):
            people = range(first, first + 50)
            await asyncio.gather(*(ledger.issue(OFFICE, wish(SERVICES[n % 3])) for n in people))


def test_two_desks_never_get_the_same_ticket_and_nobody_is_passed_over(
    engine: Embedded, engine_url: str, tmp_path: Path
):
    asyncio.run(fill(engine_url))
    pairs = [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")]
    start = SPAWN.Barrier(len(pairs) + 1)
    journals = [tmp_path / f"desks-{n}.json" for n in range(len(pairs))]
    issuing = tmp_path / "kiosks.json"
    processes = [
        SPAWN.Process(target=desks, args=(engine_url, names, str(journal), start))
        for names, journal in zip(pairs, journals, strict=True)
    ]
    processes.append(SPAWN.Process(target=kiosks, args=(engine_url, str(issuing), start)))
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
        process.kill()
    assert [process.exitcode for process in processes] == [0] * len(processes)

    calls = [tuple(call) for journal in journals for call in json.loads(journal.read_text())]
    given = [tuple(ticket) for ticket in json.loads(issuing.read_text())]
    called = [seq for _, _, seq in calls]
    assert len(called) == len(set(called)) == WAITING + KIOSKS * EACH
    for earlier, later in zip(sorted(given), sorted(given)[1:], strict=False):
        # Answered before the other was sent: the numbers are in that order too.
        assert earlier[1] > later[0] or earlier[2] < later[2]
    asyncio.run(judge(engine_url))


async def judge(url: str) -> None:
    """By the ledger: whoever was called was the first of everyone who waited at that moment."""
    hall = Hall()
    async with Ledger.open(url) as ledger:
        assert await verify(ledger, OFFICE) is None
        async for entry in ledger.all_entries(OFFICE):
            if isinstance(entry.event, Issued):
                assert entry.event.number not in hall.numbers, "a number was given twice"
            if isinstance(entry.event, Called):
                waiting = (
                    (place, seq) for queue in hall.queues.values() for seq, place in queue.items()
                )
                assert min(waiting)[1] == entry.event.ticket, "somebody was passed over"
            hall.apply(entry)
    assert all(ticket.state in ENDED for ticket in hall.tickets.values())
