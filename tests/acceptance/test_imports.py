"""Real logs taken in: every figure equals the one computed independently, and nothing is taken in twice."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_service.embedded import Embedded
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.reports.reading import ground_of_tickets
from queue_service.statistics import Statistics, gather

pytestmark = pytest.mark.data
OFFICE = """
id: {id}
timezone: {zone}
services: [{{id: desk, prefix: A}}]
desks: [{{id: "1", services: [desk]}}]
"""


def imported(engine: Embedded, folder: Path, file: Path, office: str, *words: str) -> Any:
    """What `madoguchi import tickets` answers."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "queue_service.cli", "import", "tickets", str(file)),
            *("--office", office, "--format", "json", "--data-dir", str(folder), *words),
        ],
        env=os.environ | {"MADOGUCHI_REDIS_URL": engine.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


async def define(ledger: Ledger, office: str, zone: str) -> None:
    await ledger.apply_office(read_office(OFFICE.format(id=office, zone=zone), "office.yaml"))


async def asked(ledger: Ledger, office: str, first: str, last: str, **how: Any) -> Statistics:
    question = Question(first=date.fromisoformat(first), last=date.fromisoformat(last), **how)
    return (await gather(ledger, await ledger.office(office), question)).counted()


def hourly(told: Statistics) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in told.rows:
        if row["service"] == "*" and row["arrivals"]:
            found.setdefault(row["start"][:10], {})[row["start"][11:13]] = row["arrivals"]
    return found


def whole(told: Statistics) -> dict[str, Any]:
    (row,) = [row for row in told.rows if row["service"] == "*"]
    return row


def assert_waits(row: dict[str, Any], truth: dict[str, float], of: str = "wait_to_call") -> None:
    assert row[f"{of}_mean_s"] == pytest.approx(truth["mean"], abs=1e-4)
    assert row[f"{of}_p50_s"] == pytest.approx(truth["median"], abs=1e-4)
    assert row[f"{of}_p90_s"] == pytest.approx(truth["p90_linear"], abs=1e-4)


async def test_warsaw(
    ledger: Ledger, engine_url: str, engine: Embedded, data: Path, tmp_path: Path
):
    truth = json.loads((data / "warsaw_tickets_derived.truth.json").read_text())
    await define(ledger, "warsaw", "Europe/Warsaw")
    file = tmp_path / "warsaw.csv.gz"
    file.write_bytes((data / "warsaw_tickets_derived.csv.gz").read_bytes())
    reading = ("--map", "issued_at=day+issued", "--map", "called_at=day+called")
    reading += ("--map", "service=office+queue_id", "--map", "number=letter+ticket")
    dry = imported(engine, tmp_path, file, "warsaw", *reading, "--dry-run")
    assert (await asked(ledger, "warsaw", "2019-12-30", "2020-01-31")).n == 0
    what = imported(engine, tmp_path, file, "warsaw", *reading)
    assert what == dry
    assert (what["rows"], what["rejected"]) == (truth["rows"], 0)
    told = await asked(ledger, "warsaw", "2019-12-30", "2020-01-31", bin="60")
    assert told.n == truth["rows"]
    assert hourly(told) == truth["hourly_by_day"]
    row = whole(await asked(ledger, "warsaw", "2019-12-30", "2020-01-31", bin="year"))
    assert_waits(row, truth["wait_s"])
    assert row["wait_to_call_max_s"] == truth["wait_s"]["max"]
    assert 1 - row["called"] / row["arrivals"] == pytest.approx(truth["uncalled_share"], abs=1e-6)
    assert row["expired"] == truth["uncalled"]
    again = imported(engine, tmp_path, file, "warsaw", *reading)
    assert again == what
    assert (await asked(ledger, "warsaw", "2019-12-30", "2020-01-31", bin="60")).rows == told.rows


def seconds(clock: str) -> int:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def technion_rows(data: Path) -> Iterator[dict[str, Any]]:
    """The calls as tickets, by the rules that the truth file states."""
    with gzip.open(data / "technion_calls_1999-08-01_14.csv.gz", "rt") as raw:
        for call in csv.DictReader(raw):
            queued = call["q_start"] != "0:00:00"
            if call["outcome"] == "PHANTOM" or not (queued or call["outcome"] == "AGENT"):
                continue
            entry, exit_ = seconds(call["vru_entry"]), seconds(call["vru_exit"])
            at = datetime.fromisoformat(call["date"]) + timedelta(
                seconds=entry + (exit_ - entry) % 86400
            )
            waited = (seconds(call["q_exit"]) - seconds(call["q_start"])) % 86400 if queued else 0
            out = at + timedelta(seconds=waited)
            served = call["outcome"] == "AGENT"
            timed = served and call["ser_start"] != "0:00:00" and int(call["ser_time"]) > 0
            lasted = (seconds(call["ser_exit"]) - seconds(call["ser_start"])) % 86400
            yield {
                "service": call["type"],
                "issued_at": at,
                "called_at": out if served else None,
                "started_at": out if timed else None,
                "finished_at": out + timedelta(seconds=lasted) if timed else None,
                "outcome": "finished" if served else "cancelled",
                "desk": call["server"],
                "waited": waited,
            }


async def test_technion(
    ledger: Ledger, engine_url: str, engine: Embedded, data: Path, tmp_path: Path
):
    truth = json.loads((data / "technion_calls_1999-08-01_14.truth.json").read_text())
    await define(ledger, "bank", "Asia/Jerusalem")
    file = tmp_path / "calls.csv"
    rows = list(technion_rows(data))
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)
    what = imported(engine, tmp_path, file, "bank")
    assert (what["rows"], what["rejected"]) == (truth["tickets"]["n"], 0)
    dates = ("1999-08-01", "1999-08-15")  # the last calls end after midnight
    told = await asked(ledger, "bank", *dates)
    assert hourly(told) == truth["tickets_hourly"]
    row = whole(await asked(ledger, "bank", *dates, bin="year"))
    assert_waits(row, truth["wait_s"]["served"])
    assert row["called"] == truth["tickets"]["served"]
    assert row["cancelled"] / row["arrivals"] == pytest.approx(
        truth["tickets"]["abandon_share"], abs=1e-6
    )
    assert_waits(row, truth["service_s"], "service")
    by_type = await asked(ledger, "bank", *dates, bin="year", by=("service",))
    counts = Counter(each["service"] for each in rows)
    assert {r["service"]: r["arrivals"] for r in by_type.rows if r["arrivals"]} == {
        "*": len(rows),
        **counts,
    }


POLLED = ("--map", "issued_at=clock_date+time", "--map", "service=office+queue_id")


async def test_polls_of_warsaw_with_the_year_of_their_week(
    ledger: Ledger, engine_url: str, engine: Embedded, data: Path, tmp_path: Path
):
    """Each poll of a queue as a row, dated by the machine: some wrote 2020-12-30 for 2019-12-30."""
    truth = json.loads((data / "warsaw_snapshots_2020-01.truth.json").read_text())
    text = OFFICE.format(id="warsaw", zone="Europe/Warsaw")
    text += "reception_hours: [{hours: {mon-fri: '8:00-18:00'}}]\n"
    text += "closed: {dates: [2020-01-01, 2020-01-06]}\n"
    await ledger.apply_office(read_office(text, "office.yaml"))
    file = tmp_path / "polls.csv.gz"
    file.write_bytes((data / "warsaw_snapshots_2020-01.csv.gz").read_bytes())
    dry = imported(engine, tmp_path, file, "warsaw", *POLLED, "--dry-run")
    what = imported(engine, tmp_path, file, "warsaw", *POLLED)
    assert what == dry
    wrong = truth["traps"]["of which ISO-week-year bug (2020-12-30/31 for 2019-12-30/31)"]
    assert (what["rows"], what["rejected"]) == (truth["rows"] - wrong, wrong)
    assert [(each["rows"], each["reason"]) for each in what["reasons"]] == [
        (wrong, "issued_at … is a year late: the machine wrote the ISO week-year?")
    ]
    assert (what["first"], what["last"]) == (truth["days"][0], truth["days"][-1])
    assert (what["days"], what["closed_days"]) == (len(truth["days"]), 2)
    with (tmp_path / "polls.csv.gz.rejected.csv").open(encoding="utf-8-sig", newline="") as beside:
        for row in csv.DictReader(beside):
            assert (
                row["clock_date"] == f"2020{row['day'][4:]}"
            )  # what stood there, and what was meant
    # Polled on holidays: 28,122 rows that count, and two days that stay closed.
    told = await asked(ledger, "warsaw", "2020-01-01", "2020-01-06", bin="day", service="*")
    by_day = {row["start"][:10]: row["arrivals"] for row in told.rows}
    holidays = truth["traps"]["holiday rows (2020-01-01, 2020-01-06: polled, closed)"]
    assert by_day["2020-01-01"] + by_day["2020-01-06"] == holidays
    assert told.missing_days == []  # Saturday and Sunday
    hours = await asked(ledger, "warsaw", "2020-01-01", "2020-01-01", service="*")
    assert all(row["arrivals"] for row in hours.rows)  # no hour in which nobody came: it was closed
    known = told.quality.known_for, told.rows[0]["refused"], told.rows[0]["called"]
    assert known == (0, None, None)


def test_a_clock_of_one_office_that_is_2881_days_off(data: Path, tmp_path: Path):
    """A week of one office of Warsaw as its clock would have shown it, in the file of all five."""
    wrong = 0
    file = tmp_path / "tickets.csv"
    with (
        gzip.open(data / "warsaw_tickets_derived.csv.gz", "rt", encoding="utf-8") as raw,
        file.open("w", newline="", encoding="utf-8") as out,
    ):
        rows = csv.DictReader(raw)
        writer = csv.DictWriter(out, rows.fieldnames or ())
        writer.writeheader()
        for row in rows:
            if row["office"] == "UD_Wola" and "2020-01-07" <= row["day"] <= "2020-01-13":
                row["day"] = f"{date.fromisoformat(row['day']) - timedelta(days=2881)}"
                wrong += 1
            writer.writerow(row)
    assert wrong > 5000
    columns = ("issued_at=day+issued", "service=office")
    ground, bad = ground_of_tickets(file, columns, ZoneInfo("Europe/Warsaw"))
    assert len(bad) == wrong
    assert all("2012-" in each.reason and "2881 days off" in each.reason for each in bad)
    assert f"{ground.first}" == "2019-12-30"
