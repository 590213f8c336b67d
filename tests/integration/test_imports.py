"""Importing ticket logs: what real logs have in them, and that nothing is counted twice."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service.imports import Source, imports, take_in
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.log_columns import Columns
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.statistics import Statistics, gather
from queue_service.ticket_log import BadRow, open_log
from tests.hall import OFFICE

MONDAY = "2025-11-24"
HEADER = "number,service,issued_at,called_at,started_at,finished_at,outcome\n"

Take = Callable[..., Any]


@pytest.fixture
def take(ledger: Ledger, office: Office, tmp_path: Path) -> Take:
    """Take a log in, given as text; returns what it was and its bad rows."""

    async def taken(text: str, *map: str, office: Office = office, **how: Any) -> Any:
        file = tmp_path / "log.csv"
        file.write_text(text)
        folder = tmp_path / "imports"
        folder.mkdir(exist_ok=True)
        bad: list[BadRow] = []
        with open_log(file, Columns.parse(map), office.tz) as log:
            source = Source.of(file, str(map))
            what, _ = await take_in(ledger, office, source, log, folder, rejected=bad.append, **how)
        return what, bad

    return taken


async def told(ledger: Ledger, office: Office, first: str, last: str, **how: Any) -> Statistics:
    question = Question(first=date.fromisoformat(first), last=date.fromisoformat(last), **how)
    return (await gather(ledger, office, question)).counted()


async def the_day(ledger: Ledger, office: Office, day: str = MONDAY) -> dict[str, Any]:
    found = await told(ledger, office, day, day, bin="day")
    (row,) = [each for each in found.rows if each["service"] == "*"]
    return row


async def test_services_are_found_by_their_names_and_others_are_the_import_s_own(
    ledger: Ledger, office: Office, take: Take
):
    named = replace(office.services[0], name={"ja": "証明書"})
    await ledger.apply_office(replace(office, services=(named, *office.services[1:])))
    office = await ledger.office(OFFICE)
    what, bad = await take(
        HEADER
        + f"A1,証明書,{MONDAY} 09:00,{MONDAY} 09:04,{MONDAY} 09:05,{MONDAY} 09:15,finished\n"
        + f"X1,Passports,{MONDAY} 09:01,,,,\n"
    )
    assert bad == []
    assert what.services == {"certificates": 1, "Passports": 1} or what.new_services
    found = await told(ledger, await ledger.office(OFFICE), MONDAY, MONDAY, bin="day")
    assert {row["service"]: row["arrivals"] for row in found.rows if row["arrivals"]}["*"] == 2
    assert [each.id for each in (await ledger.office(OFFICE)).services] == [
        each.id for each in office.services
    ]
    assert await verify(ledger, OFFICE) is None  # the ledger has a note, and adds up


async def test_the_same_file_twice_changes_nothing(ledger: Ledger, office: Office, take: Take):
    text = HEADER + f"1,insurance,{MONDAY} 09:00,,,,cancelled\n"
    first, _ = await take(text)
    before = await told(ledger, office, MONDAY, MONDAY)
    again, _ = await take(text)
    assert (again, await told(ledger, office, MONDAY, MONDAY)) == (first, before)
    assert list(await imports(ledger.redis, OFFICE)) == [first.id]
    assert before.n == 1


async def test_a_dry_run_keeps_nothing(ledger: Ledger, office: Office, take: Take, tmp_path: Path):
    what, _ = await take(HEADER + f"1,insurance,{MONDAY} 09:00,,,,\n", dry=True)
    assert what.rows == 1
    assert (await told(ledger, office, MONDAY, MONDAY)).n == 0
    assert await imports(ledger.redis, OFFICE) == {}
    assert list((tmp_path / "imports").iterdir()) == []


async def test_a_visit_over_midnight_belongs_to_the_day_it_began(
    ledger: Ledger, office: Office, take: Take
):
    text = "day,issued_at,called_at,started_at,finished_at\n2025-11-24,23:50,00:04,00:04,00:20\n"
    maps = [f"{name}_at=day+{name}_at" for name in ("issued", "called", "started", "finished")]
    what, bad = await take(text, *maps)
    assert (bad, what.first) == ([], MONDAY)
    row = await the_day(ledger, office)
    assert (row["wait_to_call_mean_s"], row["service_mean_s"]) == (14 * 60, 16 * 60)


async def test_the_small_hours_belong_to_the_business_day_before_and_to_their_own_date(
    ledger: Ledger, office: Office, take: Take
):
    what, _ = await take("issued_at\n2025-11-25 02:00\n")
    assert what.first == MONDAY  # the business day ends at four
    assert (await told(ledger, office, "2025-11-25", "2025-11-25")).n == 1
    assert (await told(ledger, office, MONDAY, MONDAY)).n == 0


async def test_served_without_an_end_and_several_tickets_in_one_second(
    ledger: Ledger, office: Office, take: Take
):
    rows = [f"401,insurance,{MONDAY} 09:00:00,{MONDAY} 09:10:00,{MONDAY} 09:10:00,,"] * 3
    what, bad = await take(HEADER + "\n".join(rows) + "\n")
    assert (what.rows, bad) == (3, [])  # the number is a label, and no two rows are one
    row = await the_day(ledger, office)
    assert (row["arrivals"], row["served"], row["finished"]) == (3, 3, 0)
    assert row["service_mean_s"] is None


@pytest.mark.parametrize("issued", ["1970-01-01 09:00", "2091-11-24 09:00", "1984-11-24 09:00"])
async def test_a_clock_that_was_years_off_is_named(take: Take, issued: str):
    what, (bad,) = await take(f"issued_at\n{MONDAY} 09:00\n{issued}\n")
    assert what.rows == 1
    assert bad.line == 3
    assert issued[:4] in bad.reason


async def test_dates_with_the_year_of_their_week_are_named(take: Take):
    """2019-12-30 written as 2020-12-30, or as a week: neither is guessed at."""
    what, bad = await take(f"issued_at\n{MONDAY} 09:00\n2025-W48-1 09:00\n")
    assert what.rows == 1
    assert "not a time" in bad[0].reason


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Helsinki", ("2025-03-30", "2025-10-26")),
        ("America/New_York", ("2025-03-09", "2025-11-02")),
        ("Australia/Lord_Howe", ("2025-10-05", "2025-04-06")),
    ],
)
async def test_days_on_which_clocks_are_changed_lose_no_ticket(
    ledger: Ledger, office: Office, take: Take, zone: str, days: tuple[str, str]
):
    moved = replace(office, timezone=zone, day_starts_at="00:00")
    await ledger.apply_office(moved)
    text = "issued_at\n"
    for day in days:
        text += "".join(f"{day}T{hour:02}:30:00\n" for hour in range(24))
    what, _ = await take(text, office=moved)
    assert what.rows == 48
    for day in days:
        found = await told(ledger, moved, day, day)
        assert found.n == 24
        assert sum(r["arrivals"] for r in found.rows if r["service"] == "*") == 24
