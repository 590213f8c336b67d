"""Statistics as files: every kind says what the JSON says, and opens with somebody else's software."""

import csv
import io
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import openpyxl
import pytest

from queue_service import tables
from queue_service.bins import Bin
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.parquet import NoParquet
from queue_service.statistics import Evidence, Statistics, gather
from queue_service.tables import FORMATS, MEDIA, Format, written
from queue_service.tickets import Move
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.live import SMALL, Live, live

MINUTE_MS = 60_000
DAY = "2025-11-24"
ARRIVALS = f"{SMALL}/stats/arrivals"


@pytest.fixture
def service(ledger: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


@pytest.fixture
async def evidence(ledger: Ledger, office: Office) -> Evidence:
    """Three visitors, one of them served, and a fourth an hour later."""
    for minutes, service in ((0, "moving"), (2, "insurance"), (5, "moving"), (65, "insurance")):
        await ledger.simulate(OFFICE, TEN_O_CLOCK + minutes * MINUTE_MS, 0)
        await issue(ledger, service)
    called = (await ledger.call_next(OFFICE, "2")).ticket
    assert called is not None
    await ledger.advance(OFFICE, called.seq, Move.START)
    return await asked(ledger, office)


async def asked(ledger: Ledger, office: Office, bin: Bin = "60", **more: Any) -> Evidence:
    day = date.fromisoformat(DAY)
    return await gather(ledger, office, Question(first=day, last=day, bin=bin, **more))


def sheets(raw: bytes) -> Mapping[str, Any]:
    book = openpyxl.load_workbook(io.BytesIO(raw))
    return {name: book[name] for name in book.sheetnames}


def values(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


# Excel


async def test_a_workbook_has_the_figures_with_headings_in_words(evidence: Evidence):
    said = evidence.office.service("moving").name
    assert isinstance(said, dict)
    said["en"] = "Moving"
    figures = sheets(written(evidence, "xlsx", "en"))["Figures"]
    heads, *rows = values(figures)
    assert heads[:5] == [
        *("Start of the interval", "End of the interval", "Service"),
        *("Arrivals", "Turned away"),
    ]
    assert heads[11] == "Wait to call, mean (s)"
    assert len(heads) == len(set(heads)) == len(evidence.question.columns)
    told = evidence.counted()
    assert len(rows) == len(told.rows)
    names = {"*": "Whole office", "moving": "Moving"}
    for cells, row in zip(rows, told.rows, strict=True):
        start, end, service, *figures_of_row = row.values()
        assert cells[:2] == [datetime.fromisoformat(each[:16]) for each in (start, end)]
        assert cells[2] == names.get(service, service)  # one without an English name keeps its id
        assert cells[3:] == figures_of_row


async def test_its_chart_piles_up_the_arrivals_of_the_services(evidence: Evidence):
    chart = sheets(written(evidence, "xlsx", "ja"))["グラフ"]
    heads, *piles = values(chart)
    total = {row[0]: sum(row[1:]) for row in piles if row[0] in ("10:00", "11:00")}
    assert heads[0] == "区切り"
    assert total == {"10:00": 3, "11:00": 1}
    (drawn,) = chart._charts
    assert len(drawn.series) == len(heads) - 1
    first, last = piles[0][0], len(piles) + 1
    assert first < "10:00"
    assert drawn.series[0].val.numRef.f == f"グラフ!$B$2:$B${last}"


async def test_it_says_what_every_column_means_and_what_the_figures_rest_on(evidence: Evidence):
    meanings = values(sheets(written(evidence, "xlsx", "ja"))["定義"])
    told = {row[0]: row[1:] for row in meanings}
    assert told["庁舎"][0] == OFFICE
    assert told["来庁の件数"][0] == 4
    assert told["wait_p90_s"][:2] == ["待ち時間の90 % 点（秒）", "秒"]
    assert set(evidence.question.columns) <= told.keys()


async def test_the_same_figures_are_the_same_bytes(evidence: Evidence):
    assert written(evidence, "xlsx", "ja") == written(evidence, "xlsx", "ja")
    assert written(evidence, "xlsx", "ja") != written(evidence, "xlsx", "en")


async def test_a_workbook_of_nothing_opens(ledger: Ledger, office: Office):
    sunday = date(2025, 11, 23)
    nothing = await gather(ledger, office, Question(first=sunday, last=sunday, bin="day"))
    assert nothing.counted().rows == []
    for language in ("ja", "ja-easy", "en"):
        assert len(sheets(written(nothing, "xlsx", language))) == 3


async def test_a_name_that_a_spreadsheet_would_run_stays_a_text(evidence: Evidence):
    said = evidence.office.service("moving").name
    assert isinstance(said, dict)
    said["en"] = "=1+1"
    figures = sheets(written(evidence, "xlsx", "en"))["Figures"]
    found = [cell for row in figures.iter_rows() for cell in row if cell.value == "=1+1"]
    assert found
    assert {cell.data_type for cell in found} == {"s"}


# Parquet


async def test_parquet_has_the_same_rows_with_types(evidence: Evidence, tmp_path: Path):
    file = tmp_path / "rows.parquet"
    file.write_bytes(written(evidence, "parquet", "ja"))
    kinds = {name: kind for name, kind, *_ in duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()}
    assert tuple(kinds) == evidence.question.columns
    assert kinds["start"] == "TIMESTAMP WITH TIME ZONE"
    assert (kinds["arrivals"], kinds["wait_p50_s"]) == ("BIGINT", "DOUBLE")
    rows = duckdb.sql(f"FROM '{file}'").fetchall()
    told = evidence.counted().rows
    for cells, row in zip(rows, told, strict=True):
        assert [each.timestamp() for each in cells[:2]] == [
            datetime.fromisoformat(row[name]).timestamp() for name in ("start", "end")
        ]
        assert list(cells[2:]) == [*row.values()][2:]


async def test_without_its_part_parquet_names_the_remedy(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(NoParquet, match=r"pip install 'madoguchi\[analysis\]'"):
        written(evidence, "parquet", "ja")


# Asking over HTTP


def ask(running: Live, headers: Mapping[str, str] | None = None, **query: str) -> httpx.Response:
    with running.client() as analyst:
        query = {"from": DAY, "to": DAY, **query}
        return analyst.get(ARRIVALS, params=query, headers=headers or {})


@pytest.mark.parametrize("format", FORMATS)
async def test_a_format_is_asked_for_by_name_or_by_kind(
    evidence: Evidence, service: Live, format: Format
):
    named = ask(service, format=format)
    accepted = ask(service, {"Accept": f"text/html, {MEDIA[format]};q=0.9, */*;q=0.1"})
    assert named.status_code == accepted.status_code == 200
    assert named.headers["content-type"].split(";")[0] == MEDIA[format]
    assert named.content == accepted.content == written(evidence, format, "ja")
    assert named.headers["etag"] == accepted.headers["etag"]
    name = f'attachment; filename="arrivals-small-{DAY}-{DAY}.{format}"'
    assert named.headers.get("content-disposition") == (None if format == "json" else name)


async def test_whoever_accepts_anything_gets_json(evidence: Evidence, service: Live):
    for accept in ("*/*", "text/html", ""):
        answer = ask(service, {"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


async def test_a_workbook_speaks_the_language_asked_for(evidence: Evidence, service: Live):
    english = ask(service, format="xlsx", lang="en")
    assert "Definitions" in sheets(english.content)
    assert english.headers["etag"] != ask(service, format="xlsx").headers["etag"]
    unknown = ask(service, format="xlsx", lang="tlh")
    assert (unknown.status_code, unknown.json()["field"]) == (400, "lang")


@pytest.mark.parametrize("format", ["pdf", "", "xls"])
def test_a_format_that_is_not_written_is_refused(service: Live, format: str):
    answer = ask(service, format=format)
    assert answer.status_code == 400
    assert "format" in answer.json()["detail"]


async def test_who_was_served_in_time_is_a_column_where_it_is_asked_for(
    evidence: Evidence, service: Live
):
    (row,) = ask(service, within="15", bin="day", service="*").json()["rows"]
    assert [*row][-1] == "served_within"
    assert ask(service, within="0").status_code == 400


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_what_every_column_means_is_served(evidence: Evidence, service: Live, language: str):
    with service.client() as analyst:
        answer = analyst.get(f"{SMALL}/stats/definitions", params={"lang": language})
    told = {each["name"]: each for each in answer.json()}
    found: Statistics = evidence.counted()
    wanted = {*evidence.question.columns, *found.quality.__struct_fields__, "n", "as_of"}
    assert wanted <= told.keys()
    assert all(each[part] for each in told.values() for part in ("title", "unit", "meaning"))
    assert len({each["title"] for each in told.values()}) == len(told)


# For publication


@pytest.fixture
async def hour(ledger: Ledger) -> None:
    """Twelve visitors of one service, nine of another and three of a third."""
    for service, visitors in (("moving", 12), ("certificates", 9), ("insurance", 3)):
        for _ in range(visitors):
            await issue(ledger, service)


def at_ten(running: Live, **query: str) -> dict[str, Any]:
    answer = ask(running, **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told | {
        "rows": {row["service"]: row for row in told["rows"] if "T10:00" in row["start"]}
    }


async def test_figures_below_five_are_withheld_where_it_is_asked_for(hour: None, service: Live):
    whole, told = at_ten(service), at_ten(service, withhold="5")
    counts = ("*", "moving", "certificates", "insurance")
    assert [whole["rows"][each]["arrivals"] for each in counts] == [24, 12, 9, 3]
    assert whole["withheld"] is None and whole["n"] == 24 and whole["quality"]["known_for"] == 24
    # Nine go with the three, or 24 - 12 - 9 would tell them.
    assert [told["rows"][each]["arrivals"] for each in counts] == [24, 12, None, None]
    assert told["rows"]["insurance"]["served"] is None
    assert told["rows"]["moving"]["refused"] == 0, "zero tells of nobody"
    assert (told["n"], told["quality"]) == (None, None), "a sum would give them away"
    withheld = told["withheld"]
    assert withheld["below"] == 5
    rows = ask(service, withhold="5").json()["rows"]
    hidden = {rows[n]["service"] for n in withheld["cells"]["arrivals"]}
    assert hidden == {"certificates", "insurance"}


async def test_where_nothing_has_to_be_withheld_all_is_told(hour: None, service: Live):
    told = at_ten(service, withhold="2")
    assert told["withheld"] == {"below": 2, "cells": {}}
    assert told["n"] == 24 and told["rows"]["insurance"]["arrivals"] == 3
    assert ask(service, withhold="1").status_code == ask(service, withhold="x").status_code == 400


async def test_files_for_people_mark_what_is_withheld(hour: None, service: Live):
    told = ask(service, withhold="5", format="csv")
    named = told.headers["content-disposition"]
    assert named == f'attachment; filename="arrivals-small-{DAY}-{DAY}-withheld-below-5.csv"'
    lines = csv.DictReader(io.StringIO(told.content.decode("utf-8-sig")))
    rows = {row["service"]: row for row in lines if "T10:00" in row["start"]}
    assert [rows[each]["arrivals"] for each in ("*", "moving", "insurance")] == ["24", "12", "x"]
    assert rows["moving"]["wait_mean_s"] == "", "nobody was served: there is nothing to withhold"
    book = sheets(ask(service, withhold="5", format="xlsx", lang="en").content)
    assert ("insurance", "x") in [tuple(row[2:4]) for row in values(book["Figures"])]
    assert ("Withheld", "1–4 = x") in [tuple(row[:2]) for row in values(book["Definitions"])]
    assert "x" not in {cell for row in values(book["Chart"]) for cell in row}


async def test_stages_and_the_line_are_told_under_the_same_rule(
    hour: None, ledger: Ledger, service: Live
):
    await ledger.simulate(OFFICE, TEN_O_CLOCK + 30 * MINUTE_MS, 0)
    await issue(ledger, "moving")  # until now they are known to stand there
    asked = {"from": DAY, "to": DAY, "withhold": "5"}
    with service.client() as analyst:
        stages, queue = (
            analyst.get(f"{SMALL}/stats/{table}", params=asked).json()
            for table in ("stages", "queue")
        )
    visits = {row["service"]: row["visits"] for row in stages["rows"]}
    assert visits == {"*": 25, "moving": 13, "certificates": None, "insurance": None}
    most = {row["service"]: row["queue_max"] for row in queue["rows"] if "T10:00" in row["start"]}
    means = {row["service"]: row["queue_mean"] for row in queue["rows"] if "T10:00" in row["start"]}
    assert most == {"*": 24, "moving": 12, "certificates": None, "insurance": None}
    assert means["insurance"] is means["certificates"] is None and means["moving"] > 11


async def test_how_busy_it_is_now_is_told_however_few_wait(hour: None, service: Live):
    with service.client() as anybody:
        told = anybody.get(f"{SMALL}/congestion", params={"withhold": "5"}).json()
    assert sorted(each["waiting"] for each in told["queues"]) == [3, 9, 12]


def test_every_kind_of_file_has_its_media_type():
    assert tuple(tables.MEDIA) == FORMATS
