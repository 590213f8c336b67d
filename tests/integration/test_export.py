"""Exports on a real ledger: rows are what the entries say, and nothing opens a ticket."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from queue_service import export
from queue_service.events import Entry, Refused, Unknown, decode
from queue_service.export import Row, What
from queue_service.ledger import Ledger
from queue_service.lines import csv_line
from queue_service.offices import Office
from queue_service.parquet import parquet
from queue_service.tickets import Item, Move
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
TODAY, TOMORROW = "2025-11-24", "2025-11-25"


async def at(ledger: Ledger, minutes: float, days: int = 0) -> None:
    """Let the clock stand at 10:00 and some minutes."""
    await ledger.simulate(OFFICE, int(TEN_O_CLOCK + minutes * MINUTE_MS + days * DAY_MS), 0)


async def exported(
    ledger: Ledger, office: Office, what: What, first: str = TODAY, last: str = TODAY
) -> list[Row]:
    return [row async for row in export.rows(ledger, office, what, first, last)]


async def one_visit(ledger: Ledger, office: Office) -> Row:
    rows = await exported(ledger, office, "tickets")
    assert len(rows) == 1
    return rows[0]


def clock(text: str) -> str:
    return f"2025-11-24T{text}.000+09:00"


# ---- visits


async def test_a_visit_is_first_called_first_served_and_finished(
    ledger: Ledger, office: Office
) -> None:
    ticket = (await issue(ledger, items=(Item("juminhyo", 2),))).ticket.seq
    await at(ledger, 5)
    await ledger.call_next(OFFICE, "2")
    await at(ledger, 6)
    await ledger.advance(OFFICE, ticket, Move.RECALL)
    await at(ledger, 7)
    await ledger.advance(OFFICE, ticket, Move.START)
    await at(ledger, 10)
    await ledger.advance(OFFICE, ticket, Move.FINISH)

    row = await one_visit(ledger, office)

    assert row["number"] == "C001"
    assert row["business_date"] == TODAY
    assert row["issued_at"] == row["arrived_at"] == clock("10:00:00")
    assert row["called_at"] == clock("10:05:00"), "the first call, not the latest"
    assert row["started_at"] == clock("10:07:00")
    assert row["started_implied"] is False
    assert row["finished_at"] == row["ended_at"] == clock("10:10:00")
    assert (row["outcome"], row["state"], row["desk"]) == ("finished", "finished", "2")
    assert (row["channel"], row["priority"], row["calls"]) == ("kiosk", "normal", 2)
    assert row["items"] == [{"procedure": "juminhyo", "quantity": 2}]
    assert list(row) == list(export.TICKET_COLUMNS)


async def test_a_start_that_nobody_pressed_is_marked(ledger: Ledger, office: Office) -> None:
    ticket = (await issue(ledger)).ticket.seq
    await ledger.call_next(OFFICE, "2")
    await at(ledger, 3)
    await ledger.advance(OFFICE, ticket, Move.FINISH)
    row = await one_visit(ledger, office)
    assert row["started_implied"] is True
    assert row["started_at"] == row["called_at"] == clock("10:00:00")


async def test_what_was_undone_does_not_count(ledger: Ledger, office: Office) -> None:
    ticket = (await issue(ledger)).ticket.seq
    await ledger.call_next(OFFICE, "2")
    await ledger.undo(OFFICE, ticket)
    row = await one_visit(ledger, office)
    assert (row["called_at"], row["calls"], row["state"]) == (None, 0, "open")

    await at(ledger, 1)
    await ledger.call_next(OFFICE, "2")
    await ledger.advance(OFFICE, ticket, Move.FINISH)
    await ledger.undo(OFFICE, ticket)
    row = await one_visit(ledger, office)
    assert (row["called_at"], row["finished_at"]) == (clock("10:01:00"), None)
    assert (row["started_at"], row["outcome"], row["state"]) == (None, None, "open")


async def test_a_no_show_who_comes_back_is_open_again(ledger: Ledger, office: Office) -> None:
    ticket = (await issue(ledger)).ticket.seq
    await ledger.call_next(OFFICE, "2")
    await ledger.advance(OFFICE, ticket, Move.NO_SHOW)
    assert (await one_visit(ledger, office))["outcome"] == "no_show"
    await ledger.advance(OFFICE, ticket, Move.RETURN)
    row = await one_visit(ledger, office)
    assert (row["outcome"], row["state"], row["ended_at"]) == (None, "open", None)


async def test_every_stage_and_every_service_of_a_visit_is_told(
    ledger: Ledger, office: Office
) -> None:
    ticket = (await issue(ledger, "moving", then=("insurance",))).ticket.seq
    await at(ledger, 1)
    await ledger.call_next(OFFICE, "2")
    await at(ledger, 2)
    for _ in ("reception", "check", "review"):
        await ledger.advance(OFFICE, ticket, Move.FINISH_STAGE)
    await at(ledger, 4)
    await ledger.call_next(OFFICE, "3")
    await at(ledger, 5)
    await ledger.advance(OFFICE, ticket, Move.FINISH)
    await at(ledger, 9)
    await ledger.call_next(OFFICE, "2")

    row = await one_visit(ledger, office)

    told = [(s["leg"], s["service"], s["stage"], s["desk"]) for s in row["stages"]]
    assert told == [
        (1, "moving", "reception", "2"),
        (1, "moving", "check", None),
        (1, "moving", "review", None),
        (1, "moving", "handover", "3"),
        (2, "insurance", "reception", "2"),
    ]
    assert row["legs"] == [
        {
            "service": "moving",
            "joined_at": clock("10:00:00"),
            "called_at": clock("10:01:00"),
            "started_at": clock("10:01:00"),
            "finished_at": clock("10:05:00"),
        },
        {
            "service": "insurance",
            "joined_at": clock("10:05:00"),
            "called_at": clock("10:09:00"),
            "started_at": None,
            "finished_at": None,
        },
    ]
    assert row["service"] == "moving"


async def test_a_transfer_begins_another_leg(ledger: Ledger, office: Office) -> None:
    ticket = (await issue(ledger)).ticket.seq
    await ledger.advance(OFFICE, ticket, Move.TRANSFER, transfer_to="certificates")
    row = await one_visit(ledger, office)
    assert [leg["service"] for leg in row["legs"]] == ["insurance", "certificates"]


async def test_a_booking_arrives_when_it_checks_in(ledger: Ledger, office: Office) -> None:
    booked = TEN_O_CLOCK + 30 * MINUTE_MS
    ticket = (await issue(ledger, booked_for=booked)).ticket.seq
    assert (await one_visit(ledger, office))["arrived_at"] is None
    await at(ledger, 25)
    await ledger.advance(OFFICE, ticket, Move.CHECK_IN)
    row = await one_visit(ledger, office)
    assert (row["arrived_at"], row["booked_for"]) == (clock("10:25:00"), clock("10:30:00"))


async def test_the_latest_priority_and_items_count(ledger: Ledger, office: Office) -> None:
    ticket = (await issue(ledger)).ticket.seq
    await ledger.advance(OFFICE, ticket, Move.SET_PRIORITY, priority="priority")
    await ledger.advance(OFFICE, ticket, Move.SET_ITEMS, items=(Item("inkan", 1),))
    row = await one_visit(ledger, office)
    assert (row["priority"], row["items"]) == ("priority", [{"procedure": "inkan", "quantity": 1}])


async def test_days_are_business_dates_and_both_are_included(
    ledger: Ledger, office: Office
) -> None:
    held = (await issue(ledger)).ticket
    await ledger.call_next(OFFICE, "2")
    await issue(ledger)
    await at(ledger, 0, days=1)
    await issue(ledger)
    await ledger.advance(OFFICE, held.seq, Move.FINISH)

    def told(rows: list[Row]) -> list[tuple[str, str, str]]:
        return [(row["business_date"], row["number"], row["state"]) for row in rows]

    first = [(TODAY, "C002", "expired"), (TODAY, "C001", "finished")]
    assert told(await exported(ledger, office, "tickets")) == first
    assert told(await exported(ledger, office, "tickets", TOMORROW, TOMORROW)) == [
        (TOMORROW, "C002", "open")  # C001 is still at the desk
    ]
    both = await exported(ledger, office, "tickets", TODAY, TOMORROW)
    assert sorted(row["business_date"] for row in both) == [TODAY, TODAY, TOMORROW]
    assert await exported(ledger, office, "tickets", "2025-11-26", "2025-12-31") == []
    expired = both[0]
    assert (expired["outcome"], expired["finished_at"]) == (None, None)
    assert expired["ended_at"] == "2025-11-25T04:00:00.000+09:00"


# ---- entries


async def test_the_events_of_a_day_equal_its_entries(ledger: Ledger, office: Office) -> None:
    for _ in range(5):
        await issue(ledger)
    await ledger.call_next(OFFICE, "2")
    entries = [entry async for entry in ledger.all_entries(OFFICE)]

    rows = await exported(ledger, office, "events")

    assert [row["entry_id"] for row in rows] == [entry.id for entry in entries]
    assert [row["type"] for row in rows] == [type(entry.event).__name__ for entry in entries]
    issued = next(row for row in rows if row["type"] == "Issued")
    assert issued["at"] == clock("10:00:00")
    assert (issued["number"], issued["business_date"]) == ("C001", TODAY)


async def test_events_are_found_by_date_in_a_long_ledger(ledger: Ledger, office: Office) -> None:
    for day in range(5):
        await at(ledger, 0, days=day)
        for _ in range(3):
            await issue(ledger)
    rows = await exported(ledger, office, "events", "2025-11-26", "2025-11-27")
    issued = [row["business_date"] for row in rows if row["type"] == "Issued"]
    assert issued == ["2025-11-26"] * 3 + ["2025-11-27"] * 3


async def test_no_export_opens_a_ticket(ledger: Ledger, office: Office) -> None:
    ticket = (await issue(ledger)).ticket.seq
    await ledger.call_next(OFFICE, "2")
    whats: tuple[What, ...] = ("events", "tickets")
    texts = [
        export.line(what, format, row)
        for what in whats
        for row in await exported(ledger, office, what)
        for format in ("csv", "ndjson")
    ]
    secret_part = ledger.ticket_id(OFFICE, ticket).partition("-")[2]
    assert texts
    assert not any(secret_part in text for text in texts)


def test_an_event_of_a_later_version_keeps_its_name(office: Office) -> None:
    event = decode(b'{"type":"Levitated","at":1763946000000,"height":3}')
    assert isinstance(event, Unknown)
    assert export.event_row(office, Entry(7, event))["type"] == "Levitated"


# ---- text


@pytest.mark.parametrize("text", ["=1+1", "+81", "-1", "@sum", "\tx"])
def test_a_text_that_a_spreadsheet_would_run_is_escaped(office: Office, text: str) -> None:
    event = Refused(at=TEN_O_CLOCK, service=text, reason="closed", channel="kiosk", date=TODAY)  # type: ignore[arg-type]
    row = export.event_row(office, Entry(1, event))
    (cells,) = csv.reader([export.line("events", "csv", row)])
    assert cells[export.EVENT_COLUMNS.index("service")] == f"'{text}"


def test_a_line_of_csv_ends_with_crlf_and_quotes_what_needs_it() -> None:
    assert csv_line(["a", 'b"c', "d,e", "f\ng"]) == 'a,"b""c","d,e","f\ng"\r\n'


async def test_both_formats_hold_the_same(ledger: Ledger, office: Office) -> None:
    await issue(ledger, "moving", then=("insurance",))
    (row,) = await exported(ledger, office, "tickets")
    text = export.header("tickets", "csv") + export.line("tickets", "csv", row)
    (read,) = csv.DictReader(io.StringIO(text, newline=""))
    assert json.loads(read["legs"]) == row["legs"]
    assert json.loads(read["stages"]) == row["stages"]
    assert msgspec.json.decode(export.line("tickets", "ndjson", row)) == row
    for name in ("number", "service", "issued_at", "state"):
        assert read[name] == row[name]


@pytest.mark.parametrize("what", ["events", "tickets"])
async def test_parquet_holds_the_same_with_types(
    ledger: Ledger, office: Office, what: What, tmp_path: Path
) -> None:
    await issue(ledger, "moving", then=("insurance",), items=(Item("juminhyo", 2),))
    await ledger.call_next(OFFICE, "2")
    rows = await exported(ledger, office, what)
    lines, file = tmp_path / "rows.ndjson", tmp_path / "rows.parquet"
    lines.write_text("".join(export.line(what, "parquet", row) for row in rows))
    parquet(lines, export.kinds(what), file)
    read = duckdb.sql(f"FROM '{file}'").fetchall()
    names = [name for name, *_ in duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()]
    assert names == [*export.COLUMNS[what]]
    for cells, line in zip(read, lines.read_text().splitlines(), strict=True):
        told = dict(zip(names, cells, strict=True))
        assert as_told(told) == as_read(json.loads(line))


def as_told(value: Any) -> Any:
    """Instants in one zone, and dates as texts."""
    match value:
        case dict():
            return {name: as_told(each) for name, each in value.items()}
        case list():
            return [as_told(each) for each in value]
        case datetime():
            return value.astimezone(UTC)
        case date():
            return value.isoformat()
        case _:
            return value


def as_read(row: Row) -> Row:
    """The same of a line, whose instants are texts, and whose `details` stay one."""

    def read(name: str, value: Any) -> Any:
        match value:
            case str() if name == "at" or name.endswith("_at"):
                return datetime.fromisoformat(value).astimezone(UTC)
            case list():
                return [{n: read(n, v) for n, v in each.items()} for each in value]
            case dict():
                return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            case _:
                return value

    return {name: read(name, value) for name, value in row.items()}
