"""Something else than madoguchi wrote into the ledger: whoever reads it says which entry it is."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from redis.asyncio import Redis

from queue_service import events, export, hall, keys
from queue_service.api.app import create_app
from queue_service.backup import Gap, back_up
from queue_service.events import AnyEvent
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.refusals import MissingEntries
from queue_service.roll_ups import computed, roll_up
from queue_service.sealing import days_due
from queue_service.settings import Settings
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue

LEDGER = keys.of(OFFICE, "ledger")
EXAMPLES = 300
AT = TEN_O_CLOCK
TODAY = "2025-11-24"
CALLED: dict[str, Any] = {"type": "Called", "at": AT, "number": "C001", "date": TODAY, "desk": "2"}
GARBAGE: dict[str, bytes] = {
    "no text": b"\xff\xfe",
    "no json": b"{",
    "no event": b"[]",
    "too deep": b'{"type":"Later","at":5,"more":' + b"[" * 100_000,
    "no shape": b'{"type":"Called","at":5}',
    "half a character": b'{"type":"DayOpened","at":5,"date":"\\ud800"}',
    "another end of line": b'{"type":"Later",\n"at":',
}
NONSENSE: dict[str, dict[str, Any]] = {
    "a ticket that is none": CALLED | {"ticket": 999, "service": "insurance", "stage": "reception"},
    "an undo of nothing": {"type": "Undone", "ticket": 3, "number": "C001", "date": TODAY, "at": AT}
    | {"desk": "2", "undoes": 1},
    "a number without a figure": {"type": "Issued", "at": AT, "ticket": 4, "number": "ABC"}
    | {"date": TODAY, "service": "moving", "stages": ["reception"], "priority": "normal"}
    | {"language": "ja", "channel": "kiosk", "issuer": "k", "place": AT},
    "no stage": {"type": "Issued", "at": AT, "ticket": 4, "number": "B001", "date": TODAY}
    | {"service": "moving", "stages": [], "priority": "normal", "language": "ja"}
    | {"channel": "kiosk", "issuer": "k", "place": AT},
}


async def written(ledger: Ledger, raw: bytes | None, field: str = "event") -> int:
    """Write an entry past every script; returns its id."""
    await issue(ledger)
    id = await ledger.entries_of(OFFICE).last() + 1
    await ledger.redis.xadd(LEDGER, {field: raw or b"?"}, id=f"{id}-0")
    await ledger.redis.hset(keys.of(OFFICE, "head"), "seq", id)
    return id


@pytest.mark.parametrize("kind", GARBAGE)
async def test_an_entry_that_is_no_event_is_named_by_everyone_who_reads_it(
    ledger: Ledger, office: Office, engine_url: str, tmp_path: Path, kind: str
):
    id = await written(ledger, GARBAGE[kind])
    named = rf"Entry {id} of small is no event \(.*Restore a backup"
    difference = await verify(ledger, OFFICE)
    assert difference and f"Entry {id} of small is no event" in difference
    file = tmp_path / "backup.zip"
    file.write_bytes(b"an earlier one")
    with pytest.raises(Gap, match=f"small cannot be backed up whole: {named}"):
        await back_up(ledger, file)
    assert file.read_bytes() == b"an earlier one"
    with pytest.raises(MissingEntries, match=named):
        async for _ in export.rows(ledger, office, "events", TODAY, TODAY):
            pass
    with pytest.raises(MissingEntries, match=named):
        await roll_up(ledger, office, TODAY)
    assert len(await ledger.entries(OFFICE, 0, id - 1)) == id - 1, "what is good is read"
    app = create_app(
        Settings(data_dir=tmp_path, redis_url=engine_url, admin_key="an-admin-of-the-tests")
    )
    async with AsyncTestClient(app) as client:
        headers = {"Authorization": "Bearer an-admin-of-the-tests"}
        refused = await client.get(f"/api/v1/offices/{OFFICE}/events", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (410, "entries_missing")
    assert f"Entry {id} of small" in refused.json()["detail"]


async def test_an_entry_without_its_field_is_named(ledger: Ledger):
    id = await written(ledger, b"{}", field="nonsense")
    assert f"Entry {id} of small is no event" in (await verify(ledger, OFFICE) or "")


async def test_garbage_in_the_first_place_is_named_too(ledger: Ledger, office: Office):
    await ledger.redis.xtrim(LEDGER, maxlen=0)
    await ledger.redis.delete(LEDGER)
    for raw in (b"\xff", b"{"):
        await ledger.redis.delete(LEDGER)
        await ledger.redis.xadd(LEDGER, {"event": raw}, id="1-0")
        assert "Entry 1 of small is no event" in (await verify(ledger, OFFICE) or "")
    with pytest.raises(MissingEntries, match="Entry 1 of small is no event"):
        await days_due(ledger, office)


@pytest.mark.parametrize("kind", NONSENSE)
async def test_an_event_that_makes_no_sense_where_it_stands_is_named(ledger: Ledger, kind: str):
    id = await written(ledger, msgspec.json.encode(NONSENSE[kind]))
    name = NONSENSE[kind]["type"]
    assert await verify(ledger, OFFICE) == f"entry {id} ({name}) contradicts those before it"


real = st.sampled_from(AnyEvent.__args__).flatmap(st.from_type).map(events.encode)
marked = real.map(lambda raw: raw.replace(b'"date":""', f'"date":"{TODAY}"'.encode()))


async def test_whatever_stands_in_the_ledger_verify_says_so_or_finds_nothing(
    ledger: Ledger, office: Office, engine_url: str
):
    """Events of every kind that never happened, and bytes, each behind a true day and its figures."""
    await issue(ledger)
    await roll_up(ledger, office, TODAY)
    last = await ledger.entries_of(OFFICE).last()
    stored = Redis.from_url(engine_url)  # which decodes nothing
    clean = await stored.dump(LEDGER)
    told: list[str | None] = []
    for raw in examples(real | marked | st.binary(max_size=40), EXAMPLES):
        await ledger.redis.xadd(LEDGER, {"event": raw}, id=f"{last + 1}-0")
        await ledger.redis.hset(keys.of(OFFICE, "head"), "seq", last + 1)
        told.append(await verify(ledger, OFFICE))
        with suppress(
            MissingEntries, *hall.NONSENSE
        ):  # what the worker's job would fail with, named
            day = await computed(ledger, office, TODAY)
            assert day.until == last + 1
        # A stream takes no id again: it is put back as it was.
        await stored.restore(LEDGER, 0, clean, replace=True)
    await ledger.redis.hset(keys.of(OFFICE, "head"), "seq", last)
    await stored.aclose()
    assert await verify(ledger, OFFICE) is None
    named = [each for each in told if each and f"ntry {last + 1} " in each]
    assert len(named) > EXAMPLES / 2, "most of it makes no sense, and is named"


def examples(strategy: st.SearchStrategy[bytes], count: int) -> list[bytes]:
    """The same examples in each run: hypothesis cannot drive what is asynchronous by itself."""
    found: list[bytes] = []

    @given(strategy)
    @settings(
        max_examples=count, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def gather(raw: bytes) -> None:
        found.append(raw)

    gather()
    return (found * count)[:count]
