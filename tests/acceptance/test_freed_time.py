"""Freed time by one command and over HTTP: entered, taken in, set against what was freed, exported."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.words import languages
from tests.acceptance.test_reports import reported
from tests.conftest import TEN_O_CLOCK
from tests.live import Live, live

# A fiscal year of a city hall in Japan, closed at the turn of the year: 243 open days.
YEAR = ("--from", "2023-04-01", "--to", "2024-03-31")
CHANGE = ("--current", "08:30-17:15", "--proposed", "09:00-16:30")
CLOSED = ("--closed", "2023-12-29,2024-01-02,2024-01-03")
CITY = """
id: city
timezone: Asia/Tokyo
reception_hours:
  - {from: 2020-04-01, hours: {mon-fri: "08:30-17:15"}}
  - {from: 2023-04-01, hours: {mon-fri: "09:00-16:30"}}
closed: {holidays: JP, dates: [2023-12-29, 2024-01-02, 2024-01-03]}
services:
  - {id: certificates, section: 市民課, prefix: A}
  - {id: moving, section: 市民課, prefix: B}
  - {id: tax, section: 税務課, prefix: C}
desks:
  - {id: "1", services: [certificates]}
  - {id: "2", services: [certificates, moving]}
  - {id: "3", services: [tax]}
"""
TABLE = """date,section,category,minutes
2023-04-03,市民課,training,90
2023/4/3,市民課,研修,90
2023-05-08,税務課,back_office,120
2024-03-29,市民課,overtime_cut,45
2024-04-01,市民課,training,600
"""


def table(folder: Path, text: str = TABLE) -> Path:
    file = folder / "freed <2023>.csv"
    file.write_text(text)
    return file


def told(file: Path, *words: str, **how: Any) -> str:
    return reported("--table", file, *YEAR, *CHANGE, *CLOSED, *words, name="freed-time", **how)


# From a file alone


def test_a_year_of_75_minutes_a_day_is_303_75_hours_a_desk(tmp_path: Path):
    report = json.loads(told(table(tmp_path), "--format", "json"))
    assert (report["open_days"], report["minutes_a_day"]) == (243, 75)
    assert (report["freed_minutes_a_desk"], report["freed_hours_a_desk"]) == (18_225, 303.75)
    assert (report["desks"], report["freed_hours"]) == (1, 303.75)
    assert (report["n"], report["used_minutes"], report["used_hours"]) == (4, 345, 5.75)
    assert report["over_used"] is False
    assert {each["category"]: each["used_minutes"] for each in report["by_category"]} == {
        "training": 180,
        "back_office": 120,
        "overtime_cut": 45,
    }
    by_month = {each["month"]: each for each in report["by_month"]}
    assert (len(by_month), by_month["2023-04"]["used_minutes"]) == (12, 180)
    assert (report["office"], report["missing_days"], report["quality"]) == (None, None, None)


def test_what_was_used_beyond_what_was_freed_is_flagged(tmp_path: Path):
    file = table(tmp_path, TABLE + "2023-06-01,税務課,other,36000\n2023-06-01,税務課,other,500\n")
    report = json.loads(told(file, "--format", "json", "--desks", "市民課:3,税務課:2"))
    assert (report["desks"], report["over_used"]) == (5, False)
    over = {each["section"]: each["over_used"] for each in report["by_section"]}
    assert over == {"市民課": False, "税務課": True}
    assert [each["month"] for each in report["by_month"] if each["over_used"]] == ["2023-06"]
    assert "税務課" in told(
        file, "--format", "html", "--desks", "市民課:3,税務課:2", "--lang", "en"
    )
    alone = json.loads(told(file, "--format", "json"))
    assert (alone["over_used"], alone["left_minutes"]) == (True, 18_225 - 36_845)


def test_without_holidays_there_are_more_open_days(tmp_path: Path):
    report = json.loads(told(table(tmp_path), "--format", "json", "--holidays", "none"))
    assert report["open_days"] > 243
    weekdays = [each if each != "09:00-16:30" else "mon,wed 09:00-16:30" for each in CHANGE]
    words = ("--table", table(tmp_path), *YEAR, *weekdays, "--format", "json")
    fewer = json.loads(reported(*words, name="freed-time"))
    assert fewer["minutes_a_day"] == 75  # hours before without weekdays are those of the open days
    assert fewer["open_days"] < 110


@pytest.mark.parametrize("kind", ["json", "csv", "html", "text"])
def test_the_same_data_give_the_same_bytes(tmp_path: Path, kind: str):
    file = table(tmp_path)
    assert told(file, "--format", kind) == told(file, "--format", kind)


def test_a_table_names_every_value_by_its_path(tmp_path: Path):
    text = told(table(tmp_path), "--format", "csv")
    rows = dict(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert (rows["freed_hours_a_desk"], rows["by_section.0.section"]) == ("303.75", "市民課")


@pytest.mark.parametrize("language", languages())
def test_a_page_says_the_answer_and_shows_every_month(tmp_path: Path, language: str):
    words = ("--lang", language)
    page = told(table(tmp_path), *words, "--format", "html")
    report = json.loads(told(table(tmp_path), *words, "--format", "json"))
    assert "303.75" in page and "5.75" in page and "243" in page
    assert "freed &lt;2023&gt;.csv" in page
    assert page.count("<rect") == 2 * 12 + 3  # two a month, and the key
    assert report["data_sha256"] in page
    for name, text in report["definitions"].items():
        assert f"<code>{name}</code>" in page
        assert text in page
    for name in report["categories"].values():
        assert f">{name}<" in page
    assert "http" not in page  # nothing is asked of anybody


@pytest.mark.parametrize(
    ("words", "code", "remedy"),
    [
        (("--desks", "many"), 2, "write a number of desks"),
        (("--from", "2024-04-01"), 1, "exchange them"),
        (("--from", "0001-01-01"), 2, "is not from 1900"),
        (("--to", "soon"), 2, "is no date"),
        (("--closed", "new year"), 2, "is no date"),
        (("--current", "9-17"), 2, "--current"),
        (("--office", "city"), 2, "not allowed with"),
    ],
)
def test_what_cannot_be_asked_names_the_option(
    tmp_path: Path, words: tuple[str, ...], code: int, remedy: str
):
    assert remedy in told(table(tmp_path), *words, code=code)


def test_a_table_needs_both_hours_and_a_file_that_is_one(tmp_path: Path):
    words = ("--table", table(tmp_path), *YEAR)
    assert "--current and --proposed" in reported(*words, name="freed-time", code=1)
    assert "no column 'category'" in told(table(tmp_path, "date,minutes\n"), code=1)
    assert "none.csv cannot be read" in told(tmp_path / "none.csv", code=1)


def test_rows_that_cannot_be_used_are_said(tmp_path: Path):
    file = table(tmp_path, TABLE + "2023-04-03,市民課,lunch,60\n")
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "queue_service.cli", "report", "freed-time", "--table", file),
            *(*YEAR, *CHANGE, *CLOSED, "--format", "json"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "line 7: category 'lunch' is not among training" in ran.stderr
    assert json.loads(ran.stdout)["n"] == 4


# Of an office


@pytest.fixture
async def city(ledger: Ledger) -> Ledger:
    await ledger.simulate("city", TEN_O_CLOCK, 0)
    await ledger.apply_office(read_office(CITY, "city.yaml"))
    return ledger


@pytest.fixture
def service(city: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


PATH = "/api/v1/offices/city"
QUERY = {"from": "2023-04-01", "to": "2024-03-31"}


async def test_an_office_is_asked_over_http(service: Live):
    def used(on: str, section: str, category: str, minutes: int) -> int:
        body = {"used_on": on, "section": section, "category": category, "minutes": minutes}
        answer = http.post(f"{PATH}/freed-time", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["entry_id"])

    with service.client() as http:
        used("2023-04-03", "市民課", "training", 90)
        used("2023-05-08", "税務課", "other", 18_226)
        wrong = used("2023-05-08", "税務課", "other", 60)
        used("2024-04-01", "税務課", "other", 60)  # another year
        assert http.post(f"{PATH}/freed-time/{wrong}/strike").status_code == 200
        answer = http.get(f"{PATH}/reports/freed-time", params=QUERY)
        assert answer.status_code == 200, answer.text
        report = answer.json()
        again = http.get(f"{PATH}/reports/freed-time", params=QUERY)
        other = http.get(
            f"{PATH}/reports/freed-time",
            params=QUERY | {"current": "mon-fri 08:30-16:45", "desks": "10"},
        ).json()
        page = http.get(
            f"{PATH}/reports/freed-time", params=QUERY | {"format": "html", "lang": "en"}
        )
    assert again.content == answer.content
    assert (report["office"], report["source"], report["timezone"]) == (
        *("city", "ledger", "Asia/Tokyo"),
    )
    assert (report["open_days"], report["freed_hours_a_desk"]) == (243, 303.75)
    assert (report["desks"], report["freed_minutes"]) == (3, 3 * 18_225)
    assert (report["n"], report["struck"], report["used_minutes"]) == (2, 1, 18_316)
    assert [
        (each["section"], each["desks"], each["freed_hours"], each["over_used"])
        for each in report["by_section"]
    ] == [("市民課", 2, 607.5, False), ("税務課", 1, 303.75, True)]
    assert (other["minutes_a_day"], other["desks"]) == (45, 10)
    assert other["freed_minutes"] == 45 * 243 * 10
    assert "More was entered than was freed in: 税務課." in page.text
    assert (
        'filename="freed-time-city-2023-04-01-2024-03-31.html"'
        in (page.headers["content-disposition"])
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"current": "9"}, "current"),
        ({"desks": "many"}, "desks"),
        ({"desks": "市民:3"}, "desks"),
        ({"to": "2023-03-31"}, "from"),
        ({"from": "0001-01-01", "to": "0001-01-05"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2023-03-01", "to": "2023-03-31"}, "current"),  # the hours had not changed yet
    ],
)
async def test_what_cannot_be_asked_over_http_names_the_field(
    service: Live, wrong: dict[str, str], field: str
):
    with service.client() as http:
        answer = http.get(f"{PATH}/reports/freed-time", params=QUERY | wrong)
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


def command(engine: Embedded, folder: Path, *words: str | Path, code: int = 0) -> str:
    """What `madoguchi` answers on the engine of the tests."""
    ran = subprocess.run(
        [sys.executable, "-m", "queue_service.cli", *map(str, words), "--data-dir", str(folder)],
        env=os.environ | {"MADOGUCHI_REDIS_URL": engine.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    return ran.stdout if code == 0 else ran.stderr


async def test_a_table_is_taken_in_reported_on_and_exported(
    city: Ledger, engine: Embedded, tmp_path: Path
):
    def madoguchi(*words: str | Path, **how: Any) -> str:
        return command(engine, tmp_path, *words, "--office", "city", **how)

    file = table(tmp_path, TABLE + "2023-04-04,市民課,lunch,60\n2023-04-04,保険課,other,60\n")
    words = ("import", "freed-time", file, "--format", "json")
    planned = json.loads(madoguchi(*words, "--dry-run"))
    assert (planned["rows"], planned["new"], planned["rejected"]) == (5, 5, 2)
    assert await city.freed_time("city") == []
    assert json.loads(madoguchi(*words)) == planned
    rejected = (tmp_path / f"{file.name}.rejected.csv").read_text("utf-8-sig").splitlines()
    assert rejected[0] == "line,reason,row"
    assert rejected[1].startswith("7,\"category 'lunch' is not among training")
    assert rejected[2].startswith("8,\"section '保険課' is not among 市民課, 税務課")
    again = json.loads(madoguchi(*words))
    assert (again["new"], again["known"]) == (0, 5)
    assert "5 of them stand already; 0 are new" in madoguchi("import", "freed-time", file)

    report = json.loads(madoguchi("report", "freed-time", *YEAR, "--format", "json"))
    assert (report["n"], report["used_minutes"], report["freed_hours_a_desk"]) == (4, 345, 303.75)
    assert "an office has its hours" in madoguchi("report", "freed-time", *YEAR, *CHANGE, code=1)
    assert "市民" in madoguchi("report", "freed-time", *YEAR, "--desks", "市民:3", code=1)

    exported = madoguchi("export", "freed-time", *YEAR).replace("\r", "").splitlines()
    assert exported[0] == "date,section,category,minutes,entry_id"
    assert [line.rpartition(",")[0] for line in exported[1:]] == [
        "2023-04-03,市民課,training,90",
        "2023-04-03,市民課,training,90",
        "2023-05-08,税務課,back_office,120",
        "2024-03-29,市民課,overtime_cut,45",
    ]
    assert "agrees" in madoguchi("verify", "--format", "json")
