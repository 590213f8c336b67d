"""A load of visitors and staff in processes of their own, that remembers what it was told.

Each client keeps a journal: one line for each answer it got, with the intent behind it. Whatever
happens to the engine, what stands in a journal was promised.
"""

import asyncio
import json
import multiprocessing
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from msgspec import Struct

from queue_service.events import Issued, TicketEvent
from queue_service.ledger import Ledger
from queue_service.refusals import DeskBusy, IllegalMove, Refusal, Unavailable, UnknownTicket
from queue_service.round_trip import Intent
from queue_service.tickets import Move
from tests.hall import wish
from tests.live import wait_until

OFFICE = "busy"
SERVICES = ("a", "b", "c")
OFFICE_YAML = """
id: busy
timezone: Asia/Tokyo
services:
  - {id: a, prefix: A, numbers: 1-9999}
  - {id: b, prefix: B, numbers: 1-9999, stages: [reception, handover]}
  - {id: c, prefix: C, numbers: 1-9999}
desks:
""" + "".join(f'  - {{id: "{n}", services: [a, b, c]}}\n' for n in range(1, 9))

SPAWN = multiprocessing.get_context("spawn")
GIVE_UP_S = 60.0  # a client asks again for so long; longer means that something is wrong


class Promise(Struct, frozen=True):
    """An answer that a client got: what it asked, with which intent, and about which ticket."""

    verb: str
    slot: str
    service: str
    seq: int
    number: str
    entry: int


async def insist(call: Any, stop: Event | None = None) -> Any:
    """Ask until there is an answer, as a ticket machine does, always with the same intent."""
    deadline = time.monotonic() + GIVE_UP_S
    while True:
        try:
            return await call()
        except Unavailable:
            if time.monotonic() > deadline or (stop is not None and stop.is_set()):
                raise
            await asyncio.sleep(0.01)


def intent(slot: str) -> Intent:
    """The intent of one press."""
    return Intent(slot, "body")


async def kiosk(ledger: Ledger, service: str, stop: Event, journal: Any) -> None:
    """Give numbers until told to stop."""
    while not stop.is_set():
        slot = secrets.token_hex(12)
        shown = await insist(
            lambda slot=slot: ledger.issue(OFFICE, wish(service), intent(slot)), stop
        )
        note(journal, "issue", slot, service, shown.ticket)


async def desk(ledger: Ledger, id: str, stop: Event, journal: Any) -> None:
    """Call and finish until told to stop."""
    while not stop.is_set():
        slot = secrets.token_hex(12)
        try:
            reply = await insist(
                lambda slot=slot: ledger.call_next(OFFICE, id, intent=intent(slot)), stop
            )
            ticket = reply.ticket
        except DeskBusy as busy:  # left from before the last crash of this client
            ticket = busy.ticket
        else:
            if ticket is None:
                await asyncio.sleep(0.002)
                continue
            note(journal, f"call {id}", slot, "", ticket)
        slot = secrets.token_hex(12)
        try:
            done = await insist(
                lambda slot=slot, seq=ticket.seq: ledger.advance(
                    OFFICE, seq, Move.FINISH, intent(slot)
                ),
                stop,
            )
        except (IllegalMove, UnknownTicket):  # lost: `broken` will say so
            continue
        note(journal, "finish", slot, "", done.ticket)


def note(journal: Any, verb: str, slot: str, service: str, ticket: Any) -> None:
    """Remember an answer; written at once, so that it is there however this process ends."""
    promise = Promise(verb, slot, service, ticket.seq, ticket.number, ticket.entry)
    journal.write(json.dumps({name: getattr(promise, name) for name in promise.__struct_fields__}))
    journal.write("\n")
    journal.flush()


def client(url: str, number: int, journal: str, stop: Event) -> None:
    """One process: three kiosks and two desks."""

    async def work() -> None:
        with open(journal, "w", encoding="utf-8") as lines:
            async with Ledger.open(url) as ledger:
                kiosks = [kiosk(ledger, service, stop, lines) for service in SERVICES]
                desks = [desk(ledger, str(2 * number + n), stop, lines) for n in (1, 2)]
                for ended in await asyncio.gather(*kiosks, *desks, return_exceptions=True):
                    if ended is not None and not (stop.is_set() and isinstance(ended, Refusal)):
                        raise ended

    asyncio.run(work())


@contextmanager
def clients(url: str, folder: Path, count: int) -> Iterator[list[Path]]:
    """Clients at work, each with a first promise, until the block ends; then all have ended well."""
    stop = SPAWN.Event()
    journals = [folder / f"journal-{n}.ndjson" for n in range(count)]
    processes = [
        SPAWN.Process(target=client, args=(url, n, str(journal), stop))
        for n, journal in enumerate(journals)
    ]
    for process in processes:
        process.start()
    try:
        wait_until(lambda: all(each.exists() and each.stat().st_size for each in journals))
        yield journals
    finally:
        stop.set()
        for process in processes:
            process.join(GIVE_UP_S + 10)
            process.kill()
    assert [process.exitcode for process in processes] == [0] * count


def promises(journals: list[Path]) -> list[Promise]:
    """Everything that was promised; a last line cut short was not."""
    lines = (
        line
        for journal in journals
        for line in journal.read_text("utf-8").splitlines(keepends=True)
    )
    return [Promise(**json.loads(line)) for line in lines if line.endswith("\n")]


async def broken(ledger: Ledger, given: list[Promise]) -> list[str]:
    """Every promise that was not kept: a ticket that is gone, or another answer to the same intent."""
    faults = []
    entries = [entry async for entry in ledger.all_entries(OFFICE)]
    issued = {e.id: e.event.number for e in entries if isinstance(e.event, Issued)}
    about = {e.id: e.event.ticket for e in entries if isinstance(e.event, TicketEvent)}
    holders: dict[str, Promise] = {}
    for promise in given:
        if promise.verb == "issue":
            other = holders.setdefault(promise.number, promise)
            if other is not promise:
                faults.append(f"one number for two intents: {other} and {promise}")
    for promise in given:
        if issued.get(promise.seq) != promise.number or about.get(promise.entry) != promise.seq:
            faults.append(f"lost: {promise}")  # the ticket, or what was done with it
        elif promise.verb == "issue":
            again = await ledger.issue(OFFICE, wish(promise.service), intent(promise.slot))
            same = (again.ticket.seq, again.ticket.entry) == (promise.seq, promise.entry)
            if not (same and again.replayed):
                faults.append(f"another answer: {promise}, then {again}")
    return faults
