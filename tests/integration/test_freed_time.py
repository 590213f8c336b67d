"""The entries of freed time: written once, struck once, found again after sealing, deleting, restoring."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service import events as ev
from queue_service import export, keys
from queue_service.backup import back_up
from queue_service.backup_file import Backup
from queue_service.connection import connect
from queue_service.embedded import Embedded
from queue_service.freed_time import Use
from queue_service.freed_time_table import TakenUses, take_in_uses
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.office_files import office_to_json
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.refusals import AlreadyStruck, NotYet, UnknownEntry
from queue_service.reports.gathering import used_time_of_office
from queue_service.restore import restore
from queue_service.roll_ups import outstanding
from queue_service.sealing import delete_old, seal
from queue_service.ticket_log import BadRow
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, intent
from tests.integration.test_api import SMALL, Service, app, problem, service
from tests.integration.test_sealing import DAY_MS, archives, rolled_up

__all__ = ["app", "archives", "service"]  # fixtures

TODAY = "2025-11-24"
HOUR_MS = 3_600_000
TRAINING = Use(TODAY, "-", "training", 45)
HEADER = "date,section,category,minutes\n"
BODY = {"used_on": TODAY, "section": "-", "category": "training", "minutes": 45}

Take = Callable[..., Any]


async def counting(ledger: Ledger) -> list[Use]:
    return [each.use for each in await ledger.freed_time(OFFICE) if each.struck_by is None]


async def last(ledger: Ledger) -> int:
    return await ledger.entries_of(OFFICE).last()


# Entering and striking


async def test_a_use_is_entered_once_a_key_and_seen_with_its_entry(service: Service):
    first = await service.ask("staff", "POST", "freed-time", BODY, key="press-1")
    again = await service.ask("staff", "POST", "freed-time", BODY, key="press-1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    problem(
        await service.ask("staff", "POST", "freed-time", BODY | {"minutes": 46}, key="press-1"),
        *(422, "key_reused"),
    )
    other = await service.ask("analyst", "POST", "freed-time", BODY | {"used_on": "2025-11-21"})
    found = (await service.ask("staff", "GET", "freed-time")).json()
    assert found["uses"] == [other.json(), first.json()]
    assert found["sections"] == ["-"]
    assert "training" in found["categories"]
    one = (await service.ask("staff", "GET", f"freed-time?from={TODAY}&to={TODAY}")).json()
    assert one["uses"] == [first.json()]
    named = [each for each in await service.entries() if each["type"] == "FreedTimeUsed"]
    assert [(each["entry_id"], each["minutes"]) for each in named] == [
        (first.json()["entry_id"], 45),
        (other.json()["entry_id"], 45),
    ]


@pytest.mark.parametrize(
    ("wrong", "status", "code", "field"),
    [
        ({"section": "市民課"}, 400, "invalid", "section"),
        ({"category": "lunch"}, 400, "invalid", "category"),
        ({"category": "a word of thanks"}, 400, "invalid", "category"),
        ({"minutes": 0}, 400, "invalid", "minutes"),
        ({"minutes": 100_001}, 400, "invalid", "minutes"),
        ({"minutes": 1.5}, 400, "invalid", "minutes"),
        ({"used_on": "24.11.2025"}, 400, "invalid", "used_on"),
        ({"note": "with Mr Sato"}, 400, "invalid", "note"),
        ({"used_on": "2025-11-25"}, 409, "not_yet", None),
    ],
)
async def test_a_use_that_cannot_be_changes_nothing(
    service: Service, wrong: dict[str, Any], status: int, code: str, field: str | None
):
    await service.ledger.tend(OFFICE)  # begins the day
    before = await last(service.ledger)
    answer = await service.ask("staff", "POST", "freed-time", BODY | wrong)
    assert problem(answer, status, code).get("field") == field
    assert (await last(service.ledger), await counting(service.ledger)) == (before, [])


async def test_an_office_with_sections_takes_those_and_its_own_categories(
    service: Service, office: Office
):
    services = [
        replace(each, section="市民課" if each.id != "insurance" else '保険/年金課 "窓口"')
        for each in office.services
    ]
    definition = json.loads(office_to_json(replace(office, services=tuple(services))))
    definition["freed_time"] = [{"id": "digital", "name": {"ja": "デジタル化"}}]
    assert (await service.ask("admin", "PUT", SMALL, definition)).status_code == 200
    for section in ("市民課", '保険/年金課 "窓口"'):
        body = BODY | {"section": section, "category": "digital"}
        assert (await service.ask("staff", "POST", "freed-time", body)).status_code == 201
    whole = await service.ask("staff", "POST", "freed-time", BODY)
    assert "市民課" in problem(whole, 400, "invalid")["detail"]
    assert {use.section for use in await counting(service.ledger)} == {
        "市民課",
        '保険/年金課 "窓口"',
    }
    assert await verify(service.ledger, OFFICE) is None


async def test_what_is_struck_no_longer_counts_and_is_struck_once(service: Service):
    entry = (await service.ask("staff", "POST", "freed-time", BODY)).json()["entry_id"]
    path = f"freed-time/{entry}/strike"
    struck = await service.ask("analyst", "POST", path, key="press")
    assert (struck.status_code, struck.json()) == (
        200,
        {"entry_id": entry, **BODY, "struck_by": entry + 1},
    )
    again = await service.ask("analyst", "POST", path, key="press")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (struck.json(), "true")
    before = await last(service.ledger)
    problem(await service.ask("analyst", "POST", path), 409, "already_struck")
    for unknown in (entry + 1, 1, 0, -3, 10**30):
        path = f"freed-time/{unknown}/strike"
        problem(await service.ask("staff", "POST", path), 409, "unknown_entry")
    assert await last(service.ledger) == before
    assert (await service.ask("staff", "GET", "freed-time")).json()["uses"] == [struck.json()]
    assert await counting(service.ledger) == []


async def test_of_two_who_strike_at_once_one_is_told_it_was_done(ledger: Ledger):
    entry = (await ledger.use_freed_time(OFFICE, [TRAINING])).entry
    assert entry is not None
    asked = [ledger.strike_freed_time(OFFICE, entry) for _ in range(8)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in answers].count(AlreadyStruck) == 7
    struck = [each async for each in ledger.all_entries(OFFICE)]
    assert [type(each.event) for each in struck].count(ev.FreedTimeStruck) == 1
    assert await verify(ledger, OFFICE) is None


async def test_all_uses_of_a_command_are_entered_or_none(ledger: Ledger):
    ahead = replace(TRAINING, used_on="2025-11-25")
    with pytest.raises(NotYet):
        await ledger.use_freed_time(OFFICE, [TRAINING, ahead, TRAINING])
    assert await counting(ledger) == []
    reply = await ledger.use_freed_time(OFFICE, [TRAINING] * 3, intent("key"))
    again = await ledger.use_freed_time(OFFICE, [TRAINING] * 3, intent("key"))
    assert (reply.count, again.entry, again.replayed) == (3, reply.entry, True)
    ids = [each.entry for each in await ledger.freed_time(OFFICE)]
    assert ids == [reply.entry, reply.entry + 1, reply.entry + 2]  # type: ignore[operator]


async def test_a_date_has_come_when_the_calendar_on_the_wall_says_so(ledger: Ledger):
    """Between midnight and four the business day is still yesterday's."""
    tomorrow = replace(TRAINING, used_on="2025-11-25")
    await ledger.simulate(OFFICE, TEN_O_CLOCK + 14 * HOUR_MS - 1, 0)
    with pytest.raises(NotYet):
        await ledger.use_freed_time(OFFICE, [tomorrow])
    await ledger.simulate(OFFICE, TEN_O_CLOCK + 14 * HOUR_MS, 0)
    await ledger.use_freed_time(OFFICE, [tomorrow, TRAINING])
    with pytest.raises(NotYet):
        await ledger.use_freed_time(OFFICE, [replace(TRAINING, used_on="2025-11-26")])
    assert (await ledger.redis.hget(keys.of(OFFICE, "head"), "date")) == TODAY


# What is proven


async def test_a_key_that_is_not_what_the_ledger_says_is_named(ledger: Ledger):
    entry = (await ledger.use_freed_time(OFFICE, [TRAINING])).entry
    key = keys.of(OFFICE, "freed")
    raw = await ledger.redis.hget(key, f"{entry}")
    await ledger.redis.hset(key, f"{entry}", raw.replace("45", "54"))
    assert f"freed {entry}: ledger" in (await verify(ledger, OFFICE) or "")
    await ledger.redis.hset(key, f"{entry}", raw)
    assert await verify(ledger, OFFICE) is None
    await ledger.redis.hset(key, f"struck:{entry}", "9")
    assert f"freed struck:{entry}: ledger None, engine 9" in (await verify(ledger, OFFICE) or "")


async def test_an_entry_is_struck_and_counted_wherever_it_lies(
    ledger: Ledger, office: Office, engine_url: str, archives: Path, tmp_path: Path
):
    """Its day rolled over, sealed and deleted; then all of it restored elsewhere."""
    async with Ledger.open(engine_url, archives) as opened:
        await opened.redis.set(keys.DATASET, "of-the-tests")
        uses = [replace(TRAINING, minutes=n) for n in (10, 20, 30)]
        first = (await opened.use_freed_time(OFFICE, uses)).entry
        assert first is not None
        for day in range(1, 8):
            await opened.simulate(OFFICE, TEN_O_CLOCK + day * DAY_MS, 0)
            await opened.tend(OFFICE)
        await rolled_up(opened, office)
        sealed = await seal(opened, office)
        assert sealed[0].first <= first <= sealed[0].last
        await opened.strike_freed_time(OFFICE, first)
        assert await counting(opened) == uses[1:]
        assert await verify(opened, OFFICE) is None

        assert await delete_old(opened, OFFICE, 3)
        await opened.strike_freed_time(OFFICE, first + 1)
        with pytest.raises(AlreadyStruck):
            await opened.strike_freed_time(OFFICE, first)
        with pytest.raises(UnknownEntry):
            await opened.strike_freed_time(OFFICE, first + 3)
        assert await counting(opened) == uses[2:]
        assert await verify(opened, OFFICE) is None

        expected = await opened.freed_time(OFFICE)
        await back_up(opened, tmp_path / "all.zip")
    other = tmp_path / "other"
    with Embedded(other, any_dataset=True) as embedded:
        client = connect(embedded.url)
        await restore(client, Backup(tmp_path / "all.zip"), other)
        await client.aclose()
        async with Ledger.open(embedded.url, other / "archive") as restored:
            assert await restored.freed_time(OFFICE) == expected
            assert await verify(restored, OFFICE) is None
            with pytest.raises(AlreadyStruck):
                await restored.strike_freed_time(OFFICE, first)


async def test_a_use_is_no_figure_of_a_business_day(ledger: Ledger, office: Office):
    """Neither of the day it was entered on nor of that on which it was used is anything outstanding."""
    await ledger.tend(OFFICE)
    await rolled_up(ledger, office)
    await ledger.use_freed_time(OFFICE, [TRAINING, replace(TRAINING, used_on="2020-01-06")])
    assert (await outstanding(ledger, office)).dates == ()


# Tables


@pytest.fixture
def take(ledger: Ledger, office: Office) -> Take:
    """Take a table in, given as text; returns what it was and its bad rows."""

    async def taken(text: str, **how: Any) -> tuple[TakenUses, list[BadRow]]:
        bad: list[BadRow] = []
        lines = text.splitlines(keepends=True)
        return await take_in_uses(ledger, office, lines, rejected=bad.append, **how), bad

    return taken


async def test_every_row_of_a_table_becomes_an_entry_and_bad_ones_are_named(
    ledger: Ledger, take: Take
):
    rows = f"{TODAY},-,研修,45\n{TODAY},-,training,45\n2025-11-20,-,other,5\n"
    what, (bad,) = await take(HEADER + rows + "2025-11-25,-,other,5\n")
    assert (what.rows, what.new, what.known, what.rejected) == (3, 3, 0, 1)
    assert (what.minutes, what.first, what.last) == (95, "2025-11-20", TODAY)
    assert (what.sections, what.categories) == ({"-": 95}, {"training": 90, "other": 5})
    assert "still to come" in bad.reason
    assert await counting(ledger) == [Use("2025-11-20", "-", "other", 5), TRAINING, TRAINING]
    assert await verify(ledger, OFFICE) is None


async def test_the_same_table_twice_changes_nothing_and_a_longer_one_adds_what_is_new(
    ledger: Ledger, take: Take
):
    rows = f"{TODAY},-,training,45\n{TODAY},-,training,45\n"
    await take(HEADER + rows)
    before = await last(ledger)
    what, _ = await take(HEADER + rows)
    assert (what.rows, what.new, what.known) == (2, 0, 2)
    assert await last(ledger) == before
    what, _ = await take(HEADER + rows + f"{TODAY},-,training,45\n{TODAY},-,other,10\n")
    assert (what.new, what.known) == (2, 2)
    assert await counting(ledger) == [
        *[TRAINING] * 3,
        replace(TRAINING, category="other", minutes=10),
    ]


async def test_a_row_that_was_struck_does_not_come_back_with_its_table(ledger: Ledger, take: Take):
    text = HEADER + f"{TODAY},-,training,45\n"
    await take(text)
    (noted,) = await ledger.freed_time(OFFICE)
    await ledger.strike_freed_time(OFFICE, noted.entry)
    what, _ = await take(text)
    assert (what.new, what.known) == (0, 1)
    assert await counting(ledger) == []


async def test_two_who_take_in_one_table_at_once_take_it_in_once(ledger: Ledger, take: Take):
    text = HEADER + "".join(f"{TODAY},-,other,{n}\n" for n in range(1, 101))
    found = await asyncio.gather(*(take(text) for _ in range(4)))
    assert sorted(what.new for what, _ in found) == [0, 0, 0, 100]
    assert len(await counting(ledger)) == 100


async def test_a_dry_run_says_what_would_be_new_and_enters_nothing(ledger: Ledger, take: Take):
    await take(HEADER + f"{TODAY},-,training,45\n")
    before = await last(ledger)
    what, _ = await take(HEADER + f"{TODAY},-,training,45\n{TODAY},-,other,1\n", dry=True)
    assert (what.rows, what.new, what.known) == (2, 1, 1)
    assert await last(ledger) == before


async def test_a_table_of_many_years_is_taken_in_at_once_up_to_a_limit(
    ledger: Ledger, take: Take, monkeypatch: pytest.MonkeyPatch
):
    text = HEADER + "".join(f"{TODAY},-,other,{n}\n" for n in range(1, 5001))
    what, _ = await take(text)
    assert (what.new, len(await counting(ledger))) == (5000, 5000)
    monkeypatch.setattr("queue_service.freed_time_table.MOST_ROWS", 4999)
    with pytest.raises(TicketLogError, match="there are more than 4999 rows"):
        await take(text)


async def test_what_is_exported_can_be_taken_in_elsewhere(ledger: Ledger, office: Office):
    other = replace(TRAINING, used_on="2025-11-03", category="other")
    await ledger.use_freed_time(OFFICE, [TRAINING, other, replace(TRAINING, minutes=1)])
    *_, third = await ledger.freed_time(OFFICE)
    await ledger.strike_freed_time(OFFICE, third.entry)
    text = export.header("freed-time", "csv")
    async for row in export.rows(ledger, office, "freed-time", "2025-11-01", "2025-11-30"):
        text += export.line("freed-time", "csv", row)
    found = list(csv.DictReader(io.StringIO(text)))
    assert [(row["date"], row["minutes"]) for row in found] == [("2025-11-03", "45"), (TODAY, "45")]
    assert list(found[0]) == ["date", "section", "category", "minutes", "entry_id"]
    twin = replace(office, id="twin")
    await ledger.simulate("twin", TEN_O_CLOCK, 0)
    await ledger.apply_office(twin)
    lines = text.splitlines(keepends=True)
    assert (await take_in_uses(ledger, twin, lines, rejected=pytest.fail)).new == 2
    first, end = date(2025, 11, 1), date(2025, 11, 30)
    copied = await used_time_of_office(ledger, twin, first, end)
    told = await used_time_of_office(ledger, office, first, end)
    assert (copied.uses, copied.struck, told.struck) == (told.uses, 0, 1)
