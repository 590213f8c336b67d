"""Answers get lost on the way; what was asked is still done once."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.refusals import Unavailable
from tests.faults.load import OFFICE, OFFICE_YAML, SERVICES, insist, intent
from tests.faults.proxy import Proxy
from tests.hall import wish

pytestmark = pytest.mark.faults
USUAL_INTENTS = 10_000
MACHINES = 16  # ticket machines at work at once
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
    wire: Proxy, rounds: Callable[[int], int]
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
        assert await verify(ledger.redis, OFFICE) is None
    print(f"{intents} intents, {wire.dropped} answers lost")
    assert wire.dropped > intents // 3
    assert len(set(given)) == intents
    assert sorted(given) == issued


async def test_a_mute_engine_is_given_up_in_time_and_forgiven(wire: Proxy):
    async with Ledger.open(wire.url) as ledger:
        first = await ledger.issue(OFFICE, wish("a"))
        wire.mute = True
        begin = time.monotonic()
        verbs = [
            ledger.issue(OFFICE, wish("a"), intent("one press")),
            ledger.call_next(OFFICE, "1"),
            ledger.ticket(OFFICE, first.ticket.seq),
            ledger.board(OFFICE),
        ]
        answers = await asyncio.gather(*verbs, return_exceptions=True)
        assert time.monotonic() - begin < ANSWER_S
        assert [type(answer) for answer in answers] == [Unavailable] * len(verbs)
        wire.mute = False
        again = await ledger.issue(OFFICE, wish("a"), intent("one press"))
        assert again.ticket.number == "A0002"
