"""Reports by one command, on real logs and on the published questions; the API says the same."""

import csv
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service.hours import clock
from queue_service.ledger import Ledger
from queue_service.offices import Office, ReceptionHours
from queue_service.refusals import Closed, Suspended
from queue_service.words import languages
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.live import SMALL, Live, live

WARSAW = ("--map", "issued_at=day+issued", "--map", "called_at=day+called")
WARSAW += ("--map", "service=office+queue_id", "--timezone", "Europe/Warsaw")
ASKED = ("--current", "08:30-17:15", "--proposed", "09:00-16:30")
MINUTE_MS = 60_000


def reported(*words: str | Path, code: int = 0, name: str = "reception-hours") -> str:
    """What `madoguchi report` answers."""
    ran = subprocess.run(
        [sys.executable, "-m", "queue_service.cli", "report", name, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    return ran.stdout if code == 0 else ran.stderr


def told(*words: str | Path) -> dict[str, Any]:
    return json.loads(reported(*words, "--format", "json"))


# From a file alone


@pytest.mark.data
def test_warsaw(data: Path):
    truth = json.loads((data / "warsaw_tickets_derived.truth.json").read_text())
    report = told("--tickets", data / "warsaw_tickets_derived.csv.gz", *WARSAW, *ASKED)
    assert report["n"] == report["visitors"] == truth["coverage_all"]["total"]
    window = truth["coverage_all"]["windows"]["09:00-16:30"]
    assert (report["covered"], report["coverage"]) == (window["n"], window["share"])
    assert (report["verdict"], report["minutes_cut"]) == ("no", 75)
    best = truth["smallest_window_90pct_all"]
    assert report["shortest"] == {
        "window": best["best"],
        "minutes": best["length_min"],
        "coverage": best["share"],
    }
    low, high = report["ci95"]
    assert low < report["coverage"] < high < 0.9
    assert report["days"] == len(truth["by_day"])


@pytest.mark.data
def test_monday_and_the_other_days_of_warsaw(data: Path):
    truth = json.loads((data / "warsaw_tickets_derived.truth.json").read_text())
    report = told("--tickets", data / "warsaw_tickets_derived.csv.gz", *WARSAW, *ASKED)
    days = {each["weekday"]: each for each in report["by_weekday"]}
    assert days["mon"]["coverage"] == truth["coverage_monday"]["windows"]["09:00-16:30"]["share"]
    others = [days[name] for name in ("tue", "wed", "thu", "fri")]
    window = truth["coverage_tue_fri"]["windows"]["09:00-16:30"]
    assert sum(each["covered"] for each in others) == window["n"]
    assert sum(each["visitors"] for each in others) == truth["coverage_tue_fri"]["total"]


@pytest.mark.data
@pytest.mark.parametrize(("interval", "verdict"), [(15, "yes"), (60, "not determinable")])
def test_a_table_of_counts(data: Path, tmp_path: Path, interval: int, verdict: str):
    published = json.loads((data / "reception_hours_fixtures.json").read_text())
    sums: dict[str, int] = {}
    for start, count in zip(published["bins"], published["A"], strict=True):
        begins = start if interval == 15 else f"{start[:2]}:00"
        sums[begins] = sums.get(begins, 0) + count
    file = tmp_path / "counts.csv"
    file.write_text(f"date,{','.join(sums)}\n2025-11-24,{','.join(map(str, sums.values()))}\n")
    report = told("--counts", file, "--interval", str(interval), *ASKED)
    assert (report["verdict"], report["quality"], report["n"]) == (verdict, None, 1000)
    assert (report["coverage_low"], report["coverage_high"]) == (
        (0.92, 0.92) if interval == 15 else (0.877, 0.948)
    )


@pytest.mark.data
def test_the_three_profiles_of_a_city_hall(data: Path, tmp_path: Path):
    spec = json.loads((data / "ashikaga_like.spec.json").read_text())
    expected = spec["coverage_09:00-16:30_percent (exact, expected)"]
    starts = spec["half_hour_slots_local_start"]
    for name, profile in spec["profiles_percent"].items():
        file = tmp_path / f"{name}.csv"
        counts = ",".join(str(round(share * 10)) for share in profile)
        file.write_text(f"date,{','.join(starts)}\n2025-11-24,{counts}\n")
        report = told("--counts", file, "--interval", "30", *ASKED)
        assert report["coverage"] * 100 == pytest.approx(expected[name]), name
        assert report["verdict"] == ("no" if expected[name] < 90 else "yes"), name


def a_log(folder: Path) -> Path:
    """Twelve working days on which visitors came all day."""
    chance, file = random.Random(1), folder / "log.csv"
    lines = ["number,service,issued_at,called_at"]
    for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18):
        for n in range(100):
            minute = chance.randrange(8 * 60, 18 * 60)
            at = f"2025-11-{day:02} {minute // 60:02}:{minute % 60:02}:00"
            lines.append(f"A{n:03},tax,{at},{at}")
    file.write_text("\n".join(lines) + "\n")
    return file


def test_the_same_data_give_the_same_bytes_and_others_another_hash(tmp_path: Path):
    file = a_log(tmp_path)
    for kind in ("json", "csv", "html", "text"):
        words = ("--tickets", file, *ASKED, "--format", kind)
        assert reported(*words) == reported(*words)
    whole = told("--tickets", file, *ASKED)
    part = told("--tickets", file, *ASKED, "--from", "2025-11-04", "--to", "2025-11-10")
    assert (part["from"], part["to"], part["days"], part["n"]) == (
        "2025-11-04",
        "2025-11-10",
        5,
        500,
    )
    assert part["ci95"] is None
    assert whole["ci95"] is not None
    assert part["data_sha256"] != whole["data_sha256"]


@pytest.mark.parametrize("language", languages())
def test_a_page_says_the_answer_and_shows_both_windows(tmp_path: Path, language: str):
    file = tmp_path / "a <b> & c.csv"
    a_log(tmp_path).rename(file)
    words = ("--tickets", file, *ASKED, "--lang", language)
    report = told(*words)
    page = reported(*words, "--format", "html")
    assert f"{report['coverage'] * 100:.1f} %" in page
    assert report["data_sha256"] in page
    assert "a &lt;b&gt; &amp; c.csv" in page
    assert page.count('class="now"') == page.count('class="then"') == 1
    assert page.count("<rect") == len(report["by_time"])
    for name, text in report["definitions"].items():
        assert f"<code>{name}</code>" in page
        assert text.replace("&", "&amp;") in page
    assert "http" not in page  # nothing is asked of anybody


def test_a_table_names_every_value_by_its_path(tmp_path: Path):
    words = ("--tickets", a_log(tmp_path), *ASKED)
    table = reported(*words, "--format", "csv")
    assert table.startswith("\ufeff")
    rows = dict(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))
    report = told(*words)
    assert rows["coverage"] == str(report["coverage"])
    assert rows["by_weekday.0.shortest.window"] == report["by_weekday"][0]["shortest"]["window"]


def test_rows_that_cannot_be_used_are_said_and_a_file_appears_whole(tmp_path: Path):
    file, out = a_log(tmp_path), tmp_path / "report.json"
    with file.open("a") as log:
        log.write("A1,tax,yesterday,\n")
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "queue_service.cli", "report", "reception-hours"),
            *("--tickets", str(file), *ASKED, "--format", "json", "-o", str(out)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout, "1 rows could not be used" in ran.stderr) == ("", True)
    assert json.loads(out.read_text())["n"] == 1200
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log.csv", "report.json"]


@pytest.mark.parametrize(
    ("words", "code", "remedy"),
    [
        (("--proposed", "9-16"), 2, "--proposed"),
        (("--proposed", "09:00-16:30", "--target", "90"), 2, "--target"),
        (("--proposed", "09:00-16:30", "--timezone", "Mars"), 2, "--timezone"),
        (("--proposed", "09:00-16:30", "--counts", "x.csv"), 2, "not allowed with"),
    ],
)
def test_what_cannot_be_asked_names_the_option(
    tmp_path: Path, words: tuple[str, ...], code: int, remedy: str
):
    assert remedy in reported("--tickets", a_log(tmp_path), *words, code=code)


def test_a_file_that_is_not_there_and_counts_without_their_interval(tmp_path: Path):
    missing = tmp_path / "none.csv"
    assert "none.csv" in reported("--tickets", missing, *ASKED, code=1)
    assert "--interval" in reported("--counts", missing, *ASKED, code=1)
    assert "--from and --to" in reported("--office", "small", *ASKED, code=1)


# Of an office


@pytest.fixture
def service(ledger: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


async def test_an_office_is_asked_over_http(ledger: Ledger, service: Live):
    for minutes in (0, 30, 400):  # 10:00, 10:30, 16:40
        await ledger.simulate(OFFICE, TEN_O_CLOCK + minutes * MINUTE_MS, 0)
        await issue(ledger)
    await ledger.set_service(OFFICE, "insurance", "suspended")
    with pytest.raises(Suspended):
        await issue(ledger, "insurance")
    query = {"from": "2025-11-24", "to": "2025-11-25"}
    query |= {"current": "08:30-17:15", "proposed": "09:00-16:30"}
    path = f"{SMALL}/reports/reception-hours"
    with service.client() as analyst:
        answer = analyst.get(path, params=query)
        assert answer.status_code == 200, answer.text
        report = answer.json()
        page = analyst.get(path, params=query | {"format": "html", "lang": "en"})
        bad = [
            analyst.get(path, params=query | wrong)
            for wrong in ({"proposed": "9"}, {"target": "2"}, {"to": "2025-11-01"}, {"lang": "x"})
        ]
    assert (report["office"], report["source"], report["n"]) == (OFFICE, "ledger", 4)
    assert (report["refused"], report["covered"], report["coverage"]) == (1, 2, 0.5)
    assert page.headers["content-type"].startswith("text/html")
    assert "the target of 90.0 % is not met" in page.text
    assert [each.status_code for each in bad] == [400] * 4


async def test_where_there_were_no_tickets_counts_stand_in(
    ledger: Ledger, service: Live, engine_url: str, tmp_path: Path
):
    await ledger.simulate(OFFICE, TEN_O_CLOCK, 0)
    await issue(ledger)
    file = tmp_path / "counts.csv"
    file.write_text("date,08:00,09:00,16:00\n2025-11-21,1,15,4\n2025-11-24,100,100,100\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "queue_service.cli", "import", "counts", str(file)),
            *("--office", OFFICE, "--interval", "60", "--data-dir", str(tmp_path)),
        ],
        env=os.environ | {"MADOGUCHI_REDIS_URL": engine_url},
        capture_output=True,
        check=True,
    )
    query = {"from": "2025-11-21", "to": "2025-11-24", "proposed": "09:00-16:30"}
    path = f"{SMALL}/reports/reception-hours"
    with service.client() as analyst:
        report = analyst.get(path, params=query).json()
        page = analyst.get(path, params=query | {"format": "html", "lang": "en"}).text
        by_hand = analyst.get(path, params=query | {"to": "2025-11-23"}).json()
        served = analyst.get(path, params=query | {"basis": "start"}).json()
        other = f"{SMALL}/reports/reform-priority"
        priority = analyst.get(other, params=query | {"to": "2025-11-23", "proposed": None}).json()
    assert (report["days"], report["counted_days"], report["n"]) == (2, 1, 21)
    assert (report["coverage_low"], report["coverage_high"]) == (
        pytest.approx(16 / 21, abs=1e-6),
        pytest.approx(20 / 21, abs=1e-6),
    )
    assert (report["verdict"], report["ci95"]) == ("not determinable", None)
    assert "Of 2 days, 1 have no tickets and stand on counts made by hand." in page
    assert (by_hand["n"], by_hand["quality"]) == (20, None)
    assert by_hand["data_sha256"] != report["data_sha256"]
    assert (priority["n"], priority["quality"]["known_for"]) == (0, 0)  # counts tell of no visit
    assert served["n"] == 20  # a day with tickets is one, though nobody was served yet


@pytest.fixture
async def cut(ledger: Ledger, office: Office) -> None:
    """Hours were cut on Wednesday: who comes outside them is refused from then on."""
    hours = (
        ReceptionHours(hours={"mon-fri": "08:30-17:15"}),
        ReceptionHours(since=date(2025, 11, 26), hours={"mon-fri": "09:00-16:30"}),
    )
    await ledger.apply_office(replace(office, reception_hours=hours))
    touches = [(1, "08:45"), (1, "10:00"), (1, "17:00"), (2, "08:59"), (2, "10:00"), (2, "16:30")]
    for day, at in touches:
        minutes = day * 24 * 60 + clock(at) - 10 * 60
        await ledger.simulate(OFFICE, TEN_O_CLOCK + minutes * MINUTE_MS, 0)
        with suppress(Closed):
            await issue(ledger)


@pytest.mark.usefixtures("cut")
async def test_after_hours_were_cut_only_refused_touches_tell_of_who_came_outside(service: Live):
    query = {"from": "2025-11-25", "to": "2025-11-26", "proposed": "09:00-16:30", "lang": "en"}
    path = f"{SMALL}/reports/reception-hours"
    with service.client() as analyst:
        report = analyst.get(path, params=query).json()
        after = {"from": "2025-11-26", "format": "html"}
        page = analyst.get(path, params=query | after).text
    assert (report["visitors"], report["covered"], report["refused"]) == (3, 1, 0)
    assert report["outside_per_day"] == {"before": 1, "after": 1}
    assert (report["minutes_cut"], report["current"]) == (75, "08:30-17:15")
    assert (report["unseen_days"], report["unseen_refused"]) == (["2025-11-26"], 2)
    assert "this data cannot tell" in page
    assert "2 touches on the ticket machine that were refused" in page
    assert "100" not in page[: page.index("<svg")].partition("</h1>")[2]


@pytest.mark.usefixtures("cut")
async def test_each_day_has_the_hours_of_its_weekday_and_of_its_date(service: Live):
    query = {"from": "2025-11-25", "to": "2025-11-26", "lang": "en"}
    query["proposed"] = "tue 08:30-17:00; wed-fri 10:00-12:00"
    with service.client() as analyst:
        report = analyst.get(f"{SMALL}/reports/reception-hours", params=query).json()
    days = {each["weekday"]: each for each in report["by_weekday"]}
    assert (days["tue"]["covered"], days["tue"]["visitors"]) == (2, 3)
    assert (days["wed"]["covered"], days["wed"]["visitors"]) == (1, 3)
    assert (days["tue"]["minutes_cut"], days["wed"]["minutes_cut"]) == (15, 450 - 120)
    assert (report["refused"], report["unseen_days"], report["proposed"]) == (2, [], None)
    assert report["minutes_cut"] == (15 + 330) / 2
    assert [each["window"] for each in days["wed"]["windows"]] == ["08:45-16:45"]
