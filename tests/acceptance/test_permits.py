"""Permits of a Dutch municipality: an event log, taken in as visits and as stages.

The log has one row an activity of a case. It is no ticket log, so the test makes one of it, in two ways:
a row a case, from its first activity to its last; and a row an activity, from the one before it. What
our measures tell of such rows (counts, channels, times from begin to end) equals the truth file;
what a desk did in that time no such log knows.
"""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from queue_service.embedded import Embedded
from queue_service.intervals import Question, Row
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.statistics import gather
from tests.acceptance.test_imports import define, imported
from tests.acceptance.test_reports import told

pytestmark = pytest.mark.data
FIRST, LAST = date(2010, 10, 1), date(2012, 1, 31)
FIRST_ACTIVITY = "Confirmation of receipt"  # what truth counts but has nothing before it
HOUR_S = 3600


@pytest.fixture
def truth(data: Path) -> dict[str, Any]:
    return json.loads((data / "nl_permit_receipt.truth.json").read_text())


@pytest.fixture
def cases(data: Path) -> dict[str, list[dict[str, str]]]:
    """The activities of each case, in the order of time."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(data / "nl_permit_receipt.csv.gz", "rt", encoding="utf-8") as raw:
        for row in csv.DictReader(raw):
            found[row["case_id"]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: datetime.fromisoformat(row["timestamp"]))
    return found


def written(file: Path, rows: Iterable[tuple[str, ...]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(("number", "service", "channel", "issued_at", "finished_at", "outcome"))
        table.writerows(rows)
    return file


def whole_cases(cases: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, ...]]:
    for name, rows in cases.items():
        yield name, "permits", rows[0]["case_channel"], *span(rows[0], rows[-1]), "finished"


def activities(cases: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, ...]]:
    for name, rows in cases.items():
        for before, row in zip([rows[0], *rows], rows, strict=False):
            yield name, row["activity"], row["case_channel"], *span(before, row), "finished"


def span(first: dict[str, str], last: dict[str, str]) -> tuple[str, str]:
    return first["timestamp"], last["timestamp"]


async def asked(ledger: Ledger, office: Office, **more: Any) -> list[Row]:
    question = Question(first=FIRST, last=LAST, by=("time", *more.pop("by", ())), **more)
    return (await gather(ledger, office, question)).counted().rows


async def taken_in(ledger: Ledger, engine: Embedded, folder: Path, file: Path) -> Office:
    await define(ledger, "permits", "Europe/Amsterdam")
    what = imported(engine, folder, file, "permits")
    assert what["rejected"] == 0
    return await ledger.office("permits")


async def test_a_case_is_a_visit(
    ledger: Ledger,
    engine: Embedded,
    engine_url: str,
    truth: dict[str, Any],
    cases: dict[str, list[dict[str, str]]],
    tmp_path: Path,
):
    file = written(tmp_path / "cases.csv", whole_cases(cases))
    office = await taken_in(ledger, engine, tmp_path, file)
    by_channel = await asked(ledger, office, bin="day", by=("channel",), service="*")
    counted = {row["channel"]: row["arrivals"] for row in by_channel}
    assert counted == truth["channel_cases"]
    desk = counted["Desk"] / sum(counted.values())
    assert desk == pytest.approx(truth["channel_share"]["Desk"], abs=1e-6)
    for row in by_channel:
        expected = truth["case_duration_h_by_channel"][row["channel"]]
        median = row["time_in_system_p50_s"] / HOUR_S
        assert median == pytest.approx(expected["median"], abs=1e-4), row["channel"]
    (all_of_them,) = await asked(ledger, office, bin="day", service="*")
    for name, of in (("p50", "median"), ("p90", "p90_linear")):
        hours = all_of_them[f"time_in_system_{name}_s"] / HOUR_S
        assert hours == pytest.approx(truth["case_duration_h"][of], abs=1e-4)


async def test_cases_come_at_the_local_hour_whatever_the_clocks_did(
    ledger: Ledger,
    engine: Embedded,
    engine_url: str,
    truth: dict[str, Any],
    cases: dict[str, list[dict[str, str]]],
    tmp_path: Path,
):
    file = written(tmp_path / "cases.csv", whole_cases(cases))
    office = await taken_in(ledger, engine, tmp_path, file)
    hours = await asked(ledger, office, bin="60", service="*")
    found = {row["time"][:2]: row["arrivals"] for row in hours if row["arrivals"]}
    assert found == truth["first_events_by_local_hour"]
    days = Question(first=FIRST, last=LAST, bin="day", service="*")
    rows = (await gather(ledger, office, days)).counted().rows
    assert {r["start"][:10]: r["arrivals"] for r in rows if r["arrivals"]} == truth[
        "first_events_by_local_day"
    ]


async def test_an_activity_is_a_stage(
    ledger: Ledger,
    engine: Embedded,
    engine_url: str,
    truth: dict[str, Any],
    cases: dict[str, list[dict[str, str]]],
    tmp_path: Path,
):
    file = written(tmp_path / "activities.csv", activities(cases))
    office = await taken_in(ledger, engine, tmp_path, file)
    rows = {row["service"]: row for row in await asked(ledger, office, bin="day")}
    assert rows["*"]["arrivals"] == truth["events"]
    (name,) = [name for name in truth if name.startswith("activity ")]
    stages = truth[name]
    assert rows.keys() - {"*"} == stages.keys()
    for stage, expected in stages.items():
        assert rows[stage]["finished"] == expected["n"], stage
        if stage != FIRST_ACTIVITY:
            median = rows[stage]["time_in_system_p50_s"] / HOUR_S
            assert median == pytest.approx(expected["median_h"], abs=1e-4), stage


def test_hours_that_would_receive_most_cases(
    truth: dict[str, Any], cases: dict[str, list[dict[str, str]]], tmp_path: Path
):
    file = written(tmp_path / "cases.csv", whole_cases(cases))
    zone = ("--timezone", "Europe/Amsterdam")
    expected = truth["coverage_first_events_mon_fri"]
    for window, found in expected["windows"].items():
        report = told("--tickets", file, *zone, "--proposed", window)
        days = [each for each in report["by_weekday"] if each["weekday"] not in ("sat", "sun")]
        assert sum(each["covered"] for each in days) == found["n"], window
        assert sum(each["visitors"] for each in days) == expected["total"]
