"""Answers get lost on the way; what was asked is still done once."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from queue_service import keys
from queue_service.connection import connect
from queue_service.embedded import Embedded
from queue_service.events import DeskStatus
from queue_service.freed_time import Use
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.refusals import Refusal, Unavailable
from queue_service.tickets import Move
from tests.faults.load import OFFICE, OFFICE_YAML, SERVICES, insist, intent
from tests.faults.proxy import Proxy
from tests.hall import wish

pytestmark = pytest.mark.faults
USUAL_INTENTS = 10_000
MACHINES = 28  # at work at once: more than that wait for a connection
ANSWER_S = 3.5  # what a ticket machine is promised, whatever the engine does


@pytest.fixture
async def wire(engine: Embedded, engine_url: str, tmp_path: Path) -> AsyncIterator[Proxy]:
    """A proxy in front of the engine, with the office defined behind it."""
    async with Ledger.open(engine_url) as ledger:
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))
    path = engine_url.removeprefix("unix://").partition("?")[0]
    async with Proxy(path, tmp_path / "wire").running() as proxy:
        yield proxy


async def test_every_third_answer_is_lost_and_each_intent_has_one_number(
    wire: Proxy, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    intents = rounds(USUAL_INTENTS)
    given: list[tuple[int, str]] = []
    waiting = iter([(secrets.token_hex(12), SERVICES[n % 3]) for n in range(intents)])

    async def machine(ledger: Ledger) -> None:
        for slot, service in waiting:
            shown = await insist(
                lambda slot=slot, service=service: ledger.issue(OFFICE, wish(service), intent(slot))
            )
            given.append((shown.ticket.seq, shown.ticket.number))

    async with Ledger.open(wire.url) as ledger:
        wire.drop_every = 3
        await asyncio.gather(*(machine(ledger) for _ in range(MACHINES)))
        wire.drop_every = None
        issued = [
            (entry.id, entry.event.number)
            async for entry in ledger.all_entries(OFFICE)
            if type(entry.event).__name__ == "Issued"
        ]
        assert await verify(ledger, OFFICE) is None
    measured(f"{intents} intents, {wire.dropped} answers lost")
    assert wire.dropped > intents // 3
    assert len(set(given)) == intents
    assert sorted(given) == issued


def everything(ledger: Ledger, ticket: int, office: Office) -> dict[str, Awaitable[Any]]:
    """Every verb and every question of the ledger, asked once."""
    finish, opened = Move.FINISH, DeskStatus.OPEN
    return {
        "issue": ledger.issue(OFFICE, wish("a"), intent("one press")),
        "hint": ledger.hint(OFFICE, "a", "p", "no_card"),
        "helped": ledger.helped(OFFICE, None, "floor"),
        "use_freed_time": ledger.use_freed_time(OFFICE, [Use("2025-11-24", "-", "other", 5)]),
        "strike_freed_time": ledger.strike_freed_time(OFFICE, 1),
        "call_next": ledger.call_next(OFFICE, "1"),
        "call": ledger.call(OFFICE, "1", ticket=ticket),
        "advance": ledger.advance(OFFICE, ticket, finish),
        "release_and_call_next": ledger.release_and_call_next(OFFICE, "1", ticket),
        "undo": ledger.undo(OFFICE, ticket),
        "set_desk": ledger.set_desk(OFFICE, "1", opened),
        "set_service": ledger.set_service(OFFICE, "a", "suspended"),
        "set_notice": ledger.set_notice(OFFICE, {"ja": "停電"}),
        "apply_office": ledger.apply_office(office),
        "tend": ledger.tend(OFFICE),
        "simulate": ledger.simulate(OFFICE, 0, 1.0),
        "offices": ledger.offices(),
        "office": ledger.office(OFFICE),
        "ticket": ledger.ticket(OFFICE, ticket),
        "tickets": ledger.tickets(OFFICE),
        "snapshot": ledger.snapshot(OFFICE),
        "board": ledger.board(OFFICE),
        "congestion": ledger.congestion(OFFICE),
        "entries": ledger.entries(OFFICE),
        "freed_time": ledger.freed_time(OFFICE),
    }


@pytest.mark.parametrize("known", [True, False], ids=["connected before", "never answered yet"])
async def test_a_mute_engine_is_given_up_in_time_and_forgiven(
    wire: Proxy, engine_url: str, known: bool
):
    async def timed(asked: Awaitable[Any]) -> tuple[type, float]:
        begin = time.monotonic()
        try:
            await asked
        except Refusal as refusal:
            return type(refusal), time.monotonic() - begin
        return type(None), time.monotonic() - begin

    async with Ledger.open(engine_url) as beside:
        first = (await beside.issue(OFFICE, wish("a"))).ticket
        secret, office = await beside.redis.get(keys.SECRET), await beside.office(OFFICE)
    redis = connect(wire.url)
    try:
        ledger = Ledger(redis, secret)
        if known:
            await ledger.board(OFFICE)
        wire.mute = True
        asked = everything(ledger, first.seq, office)
        answers = dict(zip(asked, await asyncio.gather(*map(timed, asked.values())), strict=True))
        assert {verb: kind for verb, (kind, _) in answers.items()} == dict.fromkeys(
            asked, Unavailable
        )
        assert max(seconds for _, seconds in answers.values()) < ANSWER_S
        wire.mute = False
        assert await verify(ledger, OFFICE) is None
        again = await ledger.issue(OFFICE, wish("b"), intent("another press"))
        assert again.ticket.number == "B0001"
    finally:
        await redis.aclose()
