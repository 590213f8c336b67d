"""Stages and lines over HTTP: what was played comes out, in every kind of file."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import httpx
import openpyxl
import pytest
from msgspec.structs import replace

from queue_service.hours import MINUTE_MS
from queue_service.ledger import Ledger
from queue_service.measures import LENGTHS, STAGE_MEASURES
from queue_service.offices import Note, Office, ReceptionHours
from queue_service.tickets import Move
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.live import SMALL, Live, live

DAY = "2025-11-24"
ROWS = {"stages": STAGE_MEASURES, "queue": LENGTHS}


@pytest.fixture
async def service(ledger: Ledger, engine_url: str, tmp_path: Path) -> Any:
    with live(engine_url, tmp_path) as running:
        yield running


@pytest.fixture
def served(service: Live) -> Iterator[httpx.Client]:
    with service.client() as analyst:
        yield analyst


async def at(ledger: Ledger, minutes: float) -> None:
    """Let it be so many minutes after ten."""
    await ledger.simulate(OFFICE, TEN_O_CLOCK + int(minutes * MINUTE_MS), 0)


async def play(ledger: Ledger) -> None:
    """One is passed through all four stages of moving; another waits since 10:06, now it is 11:15."""
    seq = (await issue(ledger, "moving")).ticket.seq
    await at(ledger, 6)
    await issue(ledger)
    for minutes, move in ((10, None), (12, Move.START), (20, Move.FINISH_STAGE)):
        await at(ledger, minutes)
        await (ledger.advance(OFFICE, seq, move) if move else ledger.call(OFFICE, "2", ticket=seq))
    for minutes in (30, 45):  # checked, reviewed
        await at(ledger, minutes)
        await ledger.advance(OFFICE, seq, Move.FINISH_STAGE)
    await at(ledger, 51)
    await ledger.call(OFFICE, "3", ticket=seq)
    for minutes, move in ((52, Move.START), (54, Move.FINISH)):
        await at(ledger, minutes)
        await ledger.advance(OFFICE, seq, move)
    await at(ledger, 75)
    await ledger.set_notice(OFFICE, {"en": "something happens"})


def asked(served: httpx.Client, table: str, known: str = "", **query: str) -> httpx.Response:
    params = {"from": DAY, "to": DAY, **query}
    return served.get(f"{SMALL}/stats/{table}", params=params, headers={"If-None-Match": known})


def told(answer: httpx.Response, service: str, *columns: str) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, answer.text
    rows = [row for row in answer.json()["rows"] if row["service"] == service]
    return [tuple(row[each] for each in columns) for row in rows]


async def test_every_stage_has_its_wait_and_its_time(ledger: Ledger, served: httpx.Client):
    await play(ledger)
    found = asked(served, "stages")
    columns = ("stage", "visits", "called", "handled", "stage_wait_p50_s", "stage_time_mean_s")
    assert told(found, "moving", *columns) == [
        ("reception", 1, 1, 1, 600.0, 480.0),
        ("check", 1, None, 1, None, 600.0),
        ("review", 1, None, 1, None, 900.0),
        ("handover", 1, 1, 1, 360.0, 120.0),
    ]
    assert told(found, "*", *columns)[0] == ("reception", 2, 1, 1, 600.0, 480.0)
    assert (found.json()["n"], found.json()["rows"][0]["start"][11:16]) == (2, "10:00")
    by_desk = asked(served, "stages", by="desk", service="moving")
    desks = [("reception", "2"), ("check", None), ("review", None), ("handover", "3")]
    assert told(by_desk, "moving", "stage", "desk") == desks


async def test_the_line_is_told_up_to_the_latest_entry(ledger: Ledger, served: httpx.Client):
    await play(ledger)
    found = asked(served, "queue", bin="30")
    lines = {start[11:16]: rest for start, *rest in told(found, "*", "start", *LENGTHS)}
    assert lines["10:00"] == [round((10 + 24) / 30, 4), 2, 0.0, 0]
    assert lines["10:30"] == [1.0, 1, 0.2, 1]
    assert lines["11:00"] == [1.0, 1, 0.0, 0]  # of its first quarter, which is what is known
    assert lines["11:30"] == [None, None, None, None]
    assert told(found, "certificates", "queue_max", "handover_queue_max")[0] == (0, None)


async def test_whoever_waits_is_counted_on_while_anything_happens(
    ledger: Ledger, served: httpx.Client
):
    await play(ledger)
    before = {table: asked(served, table).headers["etag"] for table in ROWS}
    await at(ledger, 85)
    await ledger.set_notice(OFFICE, None)
    again = {table: asked(served, table, known=tag) for table, tag in before.items()}
    assert again["stages"].status_code == 304  # nothing happened to any visit
    assert again["queue"].status_code == 200
    await ledger.advance(OFFICE, (await ledger.tickets(OFFICE))[0].ticket.seq, Move.CANCEL)
    (row,) = asked(served, "queue", bin="day", service="insurance").json()["rows"]
    waited = (85 - 6) * 60
    assert row["queue_mean"] == pytest.approx(waited / ((10 * 60 + 85) * 60), abs=1e-4)


@pytest.mark.parametrize("table", ROWS)
async def test_every_kind_of_file_says_what_the_json_says(
    ledger: Ledger, served: httpx.Client, table: str, tmp_path: Path
):
    await play(ledger)
    rows = asked(served, table).json()["rows"]
    columns = [*rows[0]]
    assert tuple(columns[-len(ROWS[table]) :]) == ROWS[table]
    text = asked(served, table, format="csv")
    assert f'filename="{table}-small-{DAY}-{DAY}.csv"' in text.headers["content-disposition"]
    read = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert read == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    file = tmp_path / "rows.parquet"
    file.write_bytes(asked(served, table, format="parquet").content)
    kinds = {name: kind for name, kind, *_ in duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()}
    assert [*kinds] == columns
    counts = [name for name in columns if kinds[name] == "BIGINT"]
    expected = {"stages": ["visits", "called", "handled"]}
    assert counts == expected.get(table, ["queue_max", "handover_queue_max"])
    found = duckdb.sql(f"FROM '{file}'").fetchall()
    assert [[*each[2:]] for each in found] == [[*row.values()][2:] for row in rows]
    book = openpyxl.load_workbook(io.BytesIO(asked(served, table, format="xlsx").content))
    heads, *cells = [[cell.value for cell in row] for row in book["集計"].iter_rows()]
    assert len(set(heads)) == len(heads) == len(columns)
    assert [row[-1] for row in cells] == [row[columns[-1]] for row in rows]
    (drawn,) = book["グラフ"]._charts
    assert len(drawn.series) == {"stages": 4, "queue": 3}[table]  # stages, or lines of services


async def test_the_workbook_piles_up_what_a_visit_of_a_service_takes(
    ledger: Ledger, served: httpx.Client
):
    await play(ledger)
    book = asked(served, "stages", format="xlsx", lang="en").content
    page = openpyxl.load_workbook(io.BytesIO(book))["Chart"]
    cells = [[cell.value for cell in row][:5] for row in page.iter_rows(max_row=3)]
    assert cells == [
        ["Interval", "Reception", "Check", "Review", "Hand-over"],
        ["moving", 8, 10, 15, 2],
        ["insurance", None, None, None, None],
    ]


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_what_their_columns_mean_is_served(served: httpx.Client, language: str):
    told = asked(served, "definitions", lang=language).json()
    assert {*STAGE_MEASURES, *LENGTHS, "stage"} <= {each["name"] for each in told}


@pytest.mark.parametrize("by", ["desk", "channel", "language", "section,desk"])
def test_a_line_is_not_told_apart_by_what_nobody_in_it_has(served: httpx.Client, by: str):
    answer = asked(served, "queue", by=by)
    assert (answer.status_code, answer.json()["field"]) == (400, "by")
    assert "use service, section, weekday, time" in answer.json()["detail"]


@pytest.mark.parametrize("table", ROWS)
@pytest.mark.parametrize(
    ("query", "field"), [({"bin": "15", "from": "2020-01-01"}, "bin"), ({"by": "mood"}, "by")]
)
def test_a_question_that_cannot_be_answered_names_its_field(
    served: httpx.Client, table: str, query: dict[str, str], field: str
):
    answer = asked(served, table, **query)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_what_happened_at_the_office_is_told_with_its_date(
    ledger: Ledger, served: httpx.Client, office: Office
):
    hours = ReceptionHours(since=date(2025, 11, 20), hours={"mon-fri": "09:00-16:30"}, note="試行")
    notes = tuple(
        Note(date=date(2025, 11, day), text={"ja": f"{day} 日", "en": f"{day} November"})
        for day in (25, 19, 24)
    )
    await ledger.apply_office(replace(office, reception_hours=(hours,), notes=notes))
    for table in ("arrivals", *ROWS):
        found = asked(served, table, **{"from": "2025-11-20"}).json()["notes"]
        assert found == [
            {"date": "2025-11-20", "text": {"ja": "試行"}},
            {"date": DAY, "text": {"ja": "24 日", "en": "24 November"}},
        ]
    assert (
        asked(served, "arrivals", **{"from": "2025-11-22", "to": "2025-11-23"}).json()["notes"]
        == []
    )
