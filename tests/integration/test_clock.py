"""Clocks that step, days that are 23 or 25 hours long, and midnight with people in the hall."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from queue_service.embedded import Embedded
from queue_service.events import Expired
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rebuild import verify
from queue_service.refusals import UnknownTicket
from queue_service.tickets import LIVE, Move, State
from tests.faults.shim import Shim
from tests.hall import OFFICE, OFFICE_YAML, issue

HOUR = 3_600_000


def at(zone: str, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


async def sound(ledger: Ledger) -> None:
    """No entry out of order, no number held by two, nothing lost: by the ledger itself."""
    assert await verify(ledger, OFFICE) is None
    entries = [entry async for entry in ledger.all_entries(OFFICE)]
    assert [entry.id for entry in entries] == list(range(1, len(entries) + 1))
    times = [entry.event.at for entry in entries]
    assert times == sorted(times)
    live = [shown.ticket for shown in await ledger.tickets(OFFICE) if shown.ticket.state in LIVE]
    assert len({ticket.number for ticket in live}) == len(live)


@pytest.fixture
def stepping(tmp_path: Path) -> Iterator[tuple[Embedded, Shim]]:
    """An engine whose wall clock can be stepped."""
    shim = Shim(tmp_path / "shim")
    with Embedded(tmp_path / "data", env=shim.env) as engine:
        yield engine, shim


@pytest.mark.parametrize("hours", [2, -2])
async def test_the_engines_clock_steps_while_people_wait(
    stepping: tuple[Embedded, Shim], hours: int
):
    engine, shim = stepping
    # The office's day is far from its end, so that two hours never cross it by chance.
    async with Ledger.open(engine.url) as ledger:
        now = (await ledger.redis.time())[0]
        zone = f"Etc/GMT{'+' if (h := now // 3600 % 24 - 12) >= 0 else '-'}{abs(h)}"
        await ledger.apply_office(read_office(OFFICE_YAML.replace("Asia/Tokyo", zone), "o.yaml"))
        before = [(await issue(ledger)).ticket for _ in range(3)]
        called = (await ledger.call_next(OFFICE, "2")).ticket
        assert called is not None
        for offset in (hours, 0):
            shim.set_clock_offset(offset * HOUR)
            after = [(await issue(ledger)).ticket for _ in range(3)]
            assert after[0].seq > before[-1].seq
        await ledger.advance(OFFICE, called.seq, Move.FINISH)
        order = [called.number]
        while (ticket := (await ledger.call_next(OFFICE, "2")).ticket) is not None:
            order.append(ticket.number)
            await ledger.advance(OFFICE, ticket.seq, Move.FINISH)
        assert order == [f"C{n:03d}" for n in range(1, 10)]
        await sound(ledger)


@pytest.fixture
async def warsaw(engine_url: str) -> AsyncIterator[Ledger]:
    async with Ledger.open(engine_url) as ledger:
        yield ledger


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)], ids=["spring", "autumn"]
)
async def test_a_day_on_which_clocks_change_is_one_day(warsaw: Ledger, day: str, hours: int):
    text = OFFICE_YAML.replace("Asia/Tokyo", "Europe/Warsaw\nday_starts_at: '00:00'")
    start = at("Europe/Warsaw", f"{day}T00:00")
    await warsaw.simulate(OFFICE, start, 0)
    await warsaw.apply_office(read_office(text, "warsaw.yaml"))
    tickets = []
    for hour in range(hours):
        await warsaw.simulate(OFFICE, start + hour * HOUR, 0)
        tickets.append((await issue(warsaw)).ticket)
    assert [ticket.number for ticket in tickets] == [f"C{n:03d}" for n in range(1, hours + 1)]
    assert {ticket.date for ticket in tickets} == {day}
    await warsaw.simulate(OFFICE, start + hours * HOUR - 1, 0)
    assert (await issue(warsaw)).ticket.date == day
    await warsaw.simulate(OFFICE, start + hours * HOUR, 0)
    first = (await issue(warsaw)).ticket
    assert (first.number, first.date > day) == ("C001", True)
    await sound(warsaw)


async def test_midnight_with_people_in_every_state(warsaw: Ledger):
    ledger = warsaw
    text = OFFICE_YAML.replace("Asia/Tokyo", "Asia/Tokyo\nday_starts_at: '00:00'")
    evening = at("Asia/Tokyo", "2026-11-23T23:50")
    midnight = at("Asia/Tokyo", "2026-11-24T00:00")
    await ledger.simulate(OFFICE, evening, 0)
    await ledger.apply_office(read_office(text, "tokyo.yaml"))

    async def bring(desk: str, service: str, *moves: Move) -> int:
        seq = (await issue(ledger, service)).ticket.seq
        await ledger.call(OFFICE, desk, ticket=seq)
        for move in moves:
            await ledger.advance(OFFICE, seq, move)
        return seq

    parked = await bring("1", "insurance", Move.PARK)
    processing = await bring("1", "moving", Move.FINISH_STAGE)
    ready = await bring("1", "certificates", Move.FINISH_STAGE)
    serving = await bring("1", "insurance", Move.START)
    called = await bring("2", "moving")
    booked = (await issue(ledger, booked_for=evening + 5 * 60_000)).ticket.seq
    waiting = (await issue(ledger, "certificates")).ticket.seq
    held = {(await ledger.ticket(OFFICE, seq)).ticket.number for seq in (serving, called)}

    await ledger.simulate(OFFICE, midnight + 7 * HOUR, 0)  # nobody touches anything at night
    fresh = [(await issue(ledger, service)).ticket for service in ("insurance", "moving")]
    assert not held & {ticket.number for ticket in fresh}
    for seq in (parked, processing, ready, booked, waiting):
        with pytest.raises(UnknownTicket):
            await ledger.ticket(OFFICE, seq)
    expired = {
        entry.event.ticket: entry.event.at
        async for entry in ledger.all_entries(OFFICE)
        if isinstance(entry.event, Expired)
    }
    assert expired == dict.fromkeys((parked, processing, ready, booked, waiting), midnight)
    for seq in (serving, called):
        assert (await ledger.ticket(OFFICE, seq)).ticket.date == "2026-11-23"
    assert (await ledger.advance(OFFICE, serving, Move.FINISH)).ticket.state == State.FINISHED
    assert (await ledger.advance(OFFICE, called, Move.FINISH_STAGE)).ticket.state == "processing"
    await sound(ledger)


async def test_a_clock_that_goes_back_over_midnight_does_not_bring_the_old_day_back(
    warsaw: Ledger,
):
    text = OFFICE_YAML.replace("Asia/Tokyo", "Asia/Tokyo\nday_starts_at: '00:00'")
    midnight = at("Asia/Tokyo", "2026-11-24T00:00")
    await warsaw.simulate(OFFICE, midnight + 60_000, 0)
    await warsaw.apply_office(read_office(text, "tokyo.yaml"))
    first = (await issue(warsaw)).ticket
    await warsaw.simulate(OFFICE, midnight - HOUR, 0)
    second = (await issue(warsaw)).ticket
    assert (first.date, second.date) == ("2026-11-24", "2026-11-24")
    assert (first.number, second.number) == ("C001", "C002")
    await sound(warsaw)
