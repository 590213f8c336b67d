"""Memory and disk run full: clear refusals, nothing lost, and everything goes on when there is room."""

import asyncio
import resource
import signal
from pathlib import Path

import pytest

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.refusals import Unavailable
from tests.faults.engines import connected, until
from tests.faults.load import OFFICE, OFFICE_YAML, intent
from tests.hall import wish

pytestmark = pytest.mark.faults
ROOM = 200_000  # bytes that the engine may still write before its disk is full


async def test_a_full_memory_refuses_numbers_and_loses_none(engine: Embedded, engine_url: str):
    async with Ledger.open(engine_url) as ledger:
        await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))
        given = await ledger.issue(OFFICE, wish("a"))
        await ledger.redis.config_set("maxmemory", 1)
        try:
            before = (await ledger.snapshot(OFFICE)).as_of
            with pytest.raises(Unavailable, match="memory is full"):
                await ledger.issue(OFFICE, wish("a"), intent("press"))
            assert (await ledger.snapshot(OFFICE)).as_of == before  # questions are answered
        finally:
            await ledger.redis.config_set("maxmemory", 0)
        again = await ledger.issue(OFFICE, wish("a"), intent("press"))
        assert again.ticket.seq > given.ticket.seq
        assert await verify(ledger, OFFICE) is None


def test_a_full_disk_stops_the_engine_and_loses_nothing(tmp_path: Path):
    """Played with a limit on the size of the engine's files: its writes come back short."""
    acknowledged: list[str] = []

    async def fill(engine: Embedded) -> None:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(read_office(OFFICE_YAML, "busy.yaml"))
            assert engine.pid is not None
            resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (ROOM, ROOM))
            with pytest.raises(Unavailable):
                await issue_for_ever(ledger)

    async def issue_for_ever(ledger: Ledger) -> None:
        while True:
            shown = await ledger.issue(OFFICE, wish("a"))
            acknowledged.append(shown.ticket.number)

    async def judge(engine: Embedded) -> list[str]:
        async with Ledger.open(engine.url) as ledger:
            assert await verify(ledger, OFFICE) is None
            await ledger.issue(OFFICE, wish("b"))
            return [shown.ticket.number for shown in await ledger.tickets(OFFICE)]

    # A process over its limit is sent SIGXFSZ; ignored, its write fails as on a full disk.
    default = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with Embedded(tmp_path / "data") as engine:
            asyncio.run(fill(engine))
            until(lambda: engine.pid is None)
            engine.start()  # there is room again
            found = asyncio.run(judge(engine))
            with connected(engine.url) as client:
                assert client.ping()
    finally:
        signal.signal(signal.SIGXFSZ, default)
    assert len(acknowledged) > 10
    assert set(acknowledged) <= set(found)
