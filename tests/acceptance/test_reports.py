"""Reports by one command, on real logs and on the published questions; the API says the same."""

import csv
import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queue_service.ledger import Ledger
from queue_service.refusals import Suspended
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


# What to reform first

CITY = """procedure,section,count,reception,check,review,handover
certificates,市民課,60000,1,2,1,2
registers,市民課,35000,1,2,1,2
benefits,福祉課,4200,6,8,15,8
insurance,福祉課,5200,5,6,12,6
care,福祉課,1500,6,6,20,3
"""


def priority(folder: Path, *words: str, table: str = CITY, **how: Any) -> str:
    file = folder / "procedures.csv"
    file.write_text(table)
    return reported("--table", file, *words, name="reform-priority", **how)


def test_what_to_reform_first(tmp_path: Path):
    report = json.loads(priority(tmp_path, "--format", "json", "--reduction", "reception:0.3"))
    rows = report["procedures"]
    assert [row["procedure"] for row in rows] == CITY_ORDER
    assert [row["hours"] for row in rows] == pytest.approx([6000, 3500, 2590, 2513.3333, 875])
    assert report["swaps"] == [[3, 4]]
    assert (report["n"], report["from"], report["quality"]) == (105_900, None, None)
    assert report["saving"] == pytest.approx(sum(row["saving"] for row in rows))
    assert json.loads(priority(tmp_path, "--format", "json", "--uncertainty", "0"))["swaps"] == []
    own = CITY.replace("handover\n", "handover,uncertainty\n").replace("15,8\n", "15,8,0.5\n")
    swaps = json.loads(priority(tmp_path, "--format", "json", table=own))["swaps"]
    assert swaps == [[2, 3], [3, 4]]


CITY_ORDER = ["certificates", "registers", "benefits", "insurance", "care"]


def test_its_page_has_a_bar_for_each_procedure(tmp_path: Path):
    page = priority(tmp_path, "--format", "html", "--lang", "en")
    assert page.count("<rect") == len(CITY_ORDER)
    assert "these ranks could change places: 3–4" in page
    assert "certificates” takes the most time: 6,000 hours a year" in page
    assert priority(tmp_path, "--format", "csv").startswith("\ufeff")


@pytest.mark.parametrize(
    ("table", "words", "code", "remedy"),
    [
        (CITY.replace("4200", "many"), (), 1, "line 4: count"),
        (CITY.replace("15,8", "-15,8"), (), 1, "line 4: review"),
        (CITY.replace("registers", "certificates"), (), 1, "twice"),
        (CITY.replace("registers", ""), (), 1, "line 3: procedure"),
        ("procedure,count\na,1\n", (), 1, "no column of minutes"),
        ("count,review\n1,1\n", (), 1, "no column 'procedure'"),
        ("", (), 1, "is empty"),
        (CITY, ("--reduction", "lunch:0.5"), 2, "is no stage"),
        (CITY, ("--reduction", "review:5"), 2, "from 0 to 1"),
        (CITY, ("--uncertainty", "much"), 2, "from 0 to 1"),
    ],
)
def test_a_table_that_cannot_be_used_names_line_and_column(
    tmp_path: Path, table: str, words: tuple[str, ...], code: int, remedy: str
):
    assert remedy in priority(tmp_path, *words, table=table, code=code)


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
