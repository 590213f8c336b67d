"""Before and after a reform by one command, of a file, of counts, of an office; the API says the same."""

import csv
import io
import json
import os
import random
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from subprocess import run
from sys import executable
from typing import Any

import pytest
from markupsafe import escape

from queue_service.access import Access, Role
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.words import languages
from tests.live import Live, live

AT = date(2025, 8, 4)
WEEKS = 6  # before and after
HALL = "hall"
OFFICE = """
id: hall
timezone: Asia/Tokyo
reception_hours:
  - {hours: {mon-fri: "08:30-17:15"}}
  - {from: 2025-08-04, hours: {mon-fri: "09:00-16:30"}, note: trial}
closed: {holidays: JP}
services: [{id: tax, prefix: A}]
desks: [{id: "1", services: [tax]}]
"""
HOURS = ("--current", "08:30-17:15", "--proposed", "09:00-16:30")
ASKED = ("--metric", "arrivals", "--at", f"{AT}")


def said(*words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> str:
    """What `madoguchi report before-after` answers."""
    ran = run(
        [*(executable, "-m", "queue_service.cli", "report", "before-after"), *map(str, words)],
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    return ran.stdout if code == 0 else ran.stderr


def told(*words: str | Path, **how: Any) -> dict[str, Any]:
    return json.loads(said(*words, "--format", "json", **how))


def changes(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["metric"]: each for each in (*report["visitors"], *report["staff"])}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weekdays about a reform: visitors −20 %, serving +15 %, who came at 8:30 comes just after nine."""
    chance, file = random.Random(1), tmp_path_factory.mktemp("log") / "reform.csv"
    lines = ["number,service,issued_at,called_at,started_at,finished_at,outcome,desk"]
    for n in range(-7 * WEEKS, 7 * WEEKS):
        day = AT + timedelta(days=n)
        if day.weekday() < 5:
            lines += rows(chance, day)
    file.write_text("\n".join(lines) + "\n")
    return file


def rows(chance: random.Random, day: date) -> Iterator[str]:
    midnight, after = datetime.combine(day, time()), day >= AT
    for n in range(round(chance.gauss(100, 10) * (0.8 if after else 1))):
        minute = chance.uniform(510, 990)
        if after and minute < 540:
            minute = 540 + minute % 15
        waited, took = chance.uniform(1, 15), chance.uniform(4, 8) * (1.15 if after else 1)
        at = [minute, minute + waited, minute + waited, minute + waited + took]
        times = ",".join(f"{midnight + timedelta(minutes=each):%Y-%m-%d %H:%M:%S}" for each in at)
        yield f"A{n:03},tax,{times},finished,1"


def test_a_log_tells_both_sides_and_where_visitors_went(log: Path):
    report = told("--tickets", log, *ASKED, *HOURS)
    assert (report["report"], report["metric"], report["verdict"]) == (
        "before-after",
        "arrivals",
        "fell",
    )
    assert report["relative"] == pytest.approx(-0.2, abs=0.04)
    low, high = report["relative_ci95"]
    assert low < -0.2 < high < 0
    assert report["windows"]["before"]["from"] == "2025-06-25"
    assert report["windows"]["after"] == {
        **report["windows"]["after"],
        "from": "2025-08-04",
        "to": "2025-09-12",
        "open_days": 30,
    }
    issued = [row["issued_at"] for row in csv.DictReader(log.read_text().splitlines())]
    assert report["n"] == sum(each >= report["from"] for each in issued)
    both = changes(report)
    assert (both["arrivals"]["verdict"], both["service_mean_s"]["verdict"]) == ("fell", "rose")
    assert both["service_mean_s"]["relative"] == pytest.approx(0.15, abs=0.02)
    assert both["service_mean_s"] in report["staff"]
    moved = report["displacement"]
    assert (moved["after_opening"]["verdict"], moved["not_seen"]["verdict"]) == (
        "yes",
        "cannot tell",
    )
    assert {each["code"] for each in report["warnings"]} == {"unequal_season", "unseen_outside"}
    assert report["notes"] == [{"date": "2025-08-04", "text": "受付時間 09:00-16:30"}]


def test_the_same_data_give_the_same_bytes_and_others_another_hash(log: Path):
    words = ("--tickets", log, "--metric", "wait_p90_s", "--at", f"{AT}")
    for kind in ("json", "html"):
        assert said(*words, "--format", kind) == said(*words, "--format", kind)
    fewer = told(*words, "--before", "28", "--after", "28")
    assert fewer["data_sha256"] != told(*words)["data_sha256"]
    assert (fewer["from"], fewer["to"]) == ("2025-07-07", "2025-08-31")
    table = said(*words, "--format", "csv")
    cells = dict(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))
    assert cells["ci95.0"] == str(told(*words)["ci95"][0])


@pytest.mark.parametrize("language", languages())
def test_a_page_says_the_answer_and_draws_it_with_the_date(log: Path, language: str):
    words = ("--tickets", log, "--metric", "service_mean_s", "--at", f"{AT}", *HOURS)
    report = told(*words, "--lang", language)
    page = said(*words, "--lang", language, "--format", "html")
    for each in (report["before"], report["after"]):
        assert f"{each / 60:.2f}".rstrip("0") in page
    for warning in report["warnings"]:
        assert escape(warning["says"]) in page
    for name, meaning in report["definitions"].items():
        assert f"<code>{name}</code>" in page and escape(meaning) in page
    assert {"service", "arrivals", "no_show_rate", "ci95"} <= report["definitions"].keys()
    assert "occupancy" not in report["definitions"]  # of which a log knows nothing
    assert page.count("<circle") == len(report["series"])
    for look in ("before", "after", "mark"):
        assert page.count(f'<line class="{look}"') == 1
    assert page.count("<polyline") == 2
    assert "http" not in page


def test_below_four_weeks_no_percentage_is_given(log: Path):
    report = told("--tickets", log, *ASKED, "--before", "20", "--after", "20")
    assert (report["verdict"], report["difference"], report["relative"]) == (
        "not enough data",
        None,
        None,
    )
    few = ("--before", "20", "--after", "20", "--format", "html", "--lang", "en")
    page = said("--tickets", log, *ASKED, *few)
    answer = page.partition('<div class="said">')[2].partition("</p>")[0]
    assert "not enough data" in answer and "%" not in answer


def test_windows_of_unequal_lengths_are_warned_of(log: Path):
    window = "2025-08-04/2025-08-31"
    report = told("--tickets", log, *ASKED, "--before", "42", "--after", window, "--lang", "en")
    (warning,) = [each for each in report["warnings"] if each["code"] == "unequal_length"]
    assert (warning["before"], warning["after"]) == (42, 28)
    assert "42 days before, 28 after" in warning["says"]


def test_counts_tell_of_arrivals_and_of_nothing_else(log: Path, tmp_path: Path):
    counts: dict[tuple[str, str], int] = {}
    for row in csv.DictReader(log.read_text().splitlines()):
        day, _, clock = row["issued_at"].partition(" ")
        start = f"{clock[:2]}:{'00' if clock[3:5] < '30' else '30'}"
        counts[day, start] = counts.get((day, start), 0) + 1
    file = tmp_path / "counts.csv"
    lines = [f"{day},{start},{count}" for (day, start), count in counts.items()]
    file.write_text("date,start,count\n" + "\n".join(lines) + "\n")
    words = ("--counts", file, "--interval", "30", *ASKED)
    report, of_log = told(*words), told("--tickets", log, *ASKED)
    for name in ("before", "after", "ci95", "verdict"):
        assert report[name] == of_log[name]
    known = {name for name, each in changes(report).items() if each["before"] is not None}
    assert (known, report["quality"]) == ({"arrivals"}, None)
    assert "one_side" in {each["code"] for each in report["warnings"]}
    half = told(*words, "--current", "08:30-17:00", "--proposed", "09:00-16:30")
    assert half["displacement"]["after_opening"]["verdict"] == "yes"
    cut = told(*words, "--current", "08:30-17:15", "--proposed", "09:00-16:45")
    assert cut["displacement"] is None
    assert "intervals_cut" in {each["code"] for each in cut["warnings"]}


def test_another_file_says_what_would_have_happened_anyway(log: Path):
    report = told("--tickets", log, *ASKED, "--compare", log)
    assert report["matched_by"] == ["weekday", "other offices"]
    assert report["expected"] == pytest.approx(report["after"])
    assert (report["relative"], report["control"]["offices"]) == (0, ["reform.csv"])


@pytest.mark.parametrize(
    ("words", "code", "remedy"),
    [
        (("--metric", "mood", "--at", "2025-08-04"), 2, "--metric"),
        (("--metric", "arrivals", "--at", "August"), 2, "--at"),
        ((*ASKED, "--before", "0"), 2, "--before"),
        ((*ASKED, "--after", "2025-09-01/2025-08-01"), 2, "--after"),
        ((*ASKED, "--before", "2025-08-01/2025-08-10"), 1, "--before: it has to end before"),
        ((*ASKED, "--current", "08:30-17:15"), 1, "--current and --proposed"),
        ((*ASKED, "--current", "8-17", "--proposed", "9-16"), 2, "--current"),
        ((*ASKED, "--compare", "none.csv"), 1, "none.csv"),
    ],
)
def test_what_cannot_be_asked_names_the_option(
    log: Path, words: tuple[str, ...], code: int, remedy: str
):
    assert remedy in said("--tickets", log, *words, code=code)


# Of an office


@pytest.fixture
async def service(
    ledger: Ledger, engine: Embedded, engine_url: str, log: Path, tmp_path: Path
) -> AsyncIterator[Live]:
    """The API of an office that has the log as its history."""
    await ledger.apply_office(read_office(OFFICE, "office.yaml"))
    command = (executable, "-m", "queue_service.cli", "import", "tickets", str(log))
    run(
        [*command, "--office", HALL, "--data-dir", str(tmp_path)],
        env=os.environ | {"MADOGUCHI_REDIS_URL": engine.url},
        capture_output=True,
        check=True,
    )
    with live(engine_url, tmp_path) as running:
        yield running


async def test_an_office_is_told_alike_by_the_api_and_the_command(
    ledger: Ledger, engine: Embedded, service: Live, log: Path
):
    query = {"metric": "arrivals", "at": f"{AT}"}
    path = f"/api/v1/offices/{HALL}/reports/before-after"
    with service.client() as analyst:
        answer = analyst.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page = analyst.get(path, params=query | {"format": "html", "lang": "en"})
        days = {"before": "20", "after": "2025-08-04/2025-08-10"}
        few = analyst.get(path, params=query | days).json()
    report, of_log = answer.json(), told("--tickets", log, *ASKED, *HOURS)
    assert (report["office"], report["source"]) == (HALL, "ledger")
    for name in ("n", "before", "after", "ci95", "verdict", "windows"):
        assert report[name] == of_log[name], name
    for name in ("after_opening", "before_closing", "not_seen"):
        assert report["displacement"][name] == of_log["displacement"][name]
    assert report["displacement"]["turned_away"] == 0
    assert report["notes"] == [{"date": "2025-08-04", "text": "trial"}]
    assert report["missing_days"] == []
    assert changes(report)["overtime_mean_s"]["verdict"] != "not enough data"
    assert page.headers["content-type"].startswith("text/html")
    assert "Arrivals (a day) fell from" in page.text
    assert (few["verdict"], few["windows"]["after"]["days"]) == ("not enough data", 7)
    words = ("--office", HALL, *ASKED)
    assert told(*words, env={"MADOGUCHI_REDIS_URL": engine.url}) == report


async def test_other_offices_are_compared_by_whoever_may_read_them(ledger: Ledger, service: Live):
    path = f"/api/v1/offices/{HALL}/reports/before-after"
    query = {"metric": "arrivals", "at": f"{AT}", "compare": "small"}
    key, _ = await Access(ledger.redis).new(Role.ANALYST, HALL)
    with service.client() as admin, service.client(key) as analyst:
        told = admin.get(path, params=query)
        assert told.status_code == 200, told.text
        assert "no_comparison" in {each["code"] for each in told.json()["warnings"]}
        assert admin.get(path, params=query | {"compare": "nowhere"}).status_code == 404
        assert analyst.get(path, params=query).status_code == 403
        assert analyst.get(path, params=query | {"compare": ""}).status_code == 200


async def test_what_cannot_be_asked_of_an_office_names_the_field(service: Live):
    path = f"/api/v1/offices/{HALL}/reports/before-after"
    wrong = [
        ("metric", {"metric": "mood"}),
        ("at", {"at": "August"}),
        ("at", {"at": "0001-01-01"}),
        ("after", {"after": "9999-12-01/9999-12-31"}),
        ("before", {"before": "0"}),
        ("before", {"before": "2025-08-01/2025-08-10"}),
        ("after", {"after": "2025-07-01/2025-08-10"}),
        ("current", {"current": "9", "proposed": "09:00-10:00"}),
        ("proposed", {"current": "08:30-17:15"}),
        ("lang", {"lang": "x"}),
    ]
    with service.client() as analyst:
        for field, change in wrong:
            answer = analyst.get(path, params={"metric": "arrivals", "at": f"{AT}"} | change)
            assert answer.status_code == 400, (field, answer.text)
            assert field in answer.json()["detail"], answer.text
        assert analyst.get(path, params={"metric": "arrivals"}).status_code == 400
