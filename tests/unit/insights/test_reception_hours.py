"""Reception hours: the published questions, answered from published figures."""

import csv
import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from queue_service.counts import Count
from queue_service.insights.arrivals import Arrivals, of_counts
from queue_service.insights.reception_hours import ReceptionHours, reception_hours
from queue_service.insights.week import Week, minutes, written

CURRENT, PROPOSED = Week.parse("08:30-17:15"), Week.parse("09:00-16:30")
MONDAY = "2025-11-24"


def counted(rows: dict[tuple[str, str], int], interval: int = 15) -> Arrivals:
    """Visitors by date and time, as somebody wrote them down."""
    counts = []
    for line, ((day, start), count) in enumerate(rows.items()):
        hour, minute = map(int, start.split(":"))
        counts.append(Count(line=line, date=day, start=hour * 60 + minute, count=count, service=""))
    return of_counts(counts, interval)


def asked(come: Arrivals, proposed: Week = PROPOSED, **more: Any) -> ReceptionHours:
    now = [CURRENT.on(day.weekday()) for day in come.dates]
    return reception_hours(come, proposed, now, **more)


@pytest.fixture
def published(data: Path) -> dict[str, Any]:
    return json.loads((data / "reception_hours_fixtures.json").read_text())


def one_day(published: dict[str, Any], name: str, interval: int = 15) -> Arrivals:
    found: dict[tuple[str, str], int] = {}
    for start, count in zip(published["bins"], published[name], strict=True):
        hour, minute = map(int, start.split(":"))
        begins = (hour * 60 + minute) // interval * interval
        key = (MONDAY, f"{begins // 60:02}:{begins % 60:02}")
        found[key] = found.get(key, 0) + count
    return counted(found, interval)


def test_days_that_were_polled_while_closed_are_no_days():
    """Somebody counted on Sunday and New Year's Day as well, and saw nobody."""
    polled = {
        (day, start): 0 for day in ("2025-11-23", "2026-01-01") for start in ("08:30", "12:00")
    }
    seen = {(MONDAY, "08:30"): 2, (MONDAY, "12:00"): 8}
    told = asked(counted(polled | seen))
    assert (told.days, told.visitors, told.outside_per_day.before) == (1, 10, 2)
    assert told == asked(counted(seen))
    assert [each.weekday for each in told.by_weekday] == ["mon"]


@pytest.mark.data
def test_seventy_five_minutes_less_still_receive_92_percent(published: dict[str, Any]):
    told = asked(one_day(published, "A"))
    assert (told.minutes_cut, told.visitors, told.covered) == (75, 1000, 920)
    assert (told.coverage, told.coverage_low, told.coverage_high) == (0.92, 0.92, 0.92)
    assert told.verdict == "yes"
    assert told.ci95 is None  # one day says nothing of chance
    assert told.shortest is not None
    assert (told.shortest.window, told.shortest.minutes) == ("09:00-16:15", 435)
    assert told.shortest.coverage == 0.9
    assert (told.outside_per_day.before, told.outside_per_day.after) == (40, 40)


@pytest.mark.data
def test_other_visitors_with_the_same_hourly_sums_are_not_covered(published: dict[str, Any]):
    told = asked(one_day(published, "B"))
    assert (told.coverage, told.verdict) == (0.893, "no")


@pytest.mark.data
@pytest.mark.parametrize("name", ["A", "B"])
def test_whoever_counts_by_the_hour_cannot_tell_the_two_apart(published: dict[str, Any], name: str):
    told = asked(one_day(published, name, 60))
    assert (told.coverage_low, told.coverage_high) == (0.877, 0.948)
    assert (told.verdict, told.ci95) == ("not determinable", None)


@pytest.mark.data
def test_a_published_table_of_shares_has_bounds(data: Path):
    truth = json.loads((data / "ofunato_hourly_share.truth.json").read_text())
    with (data / "ofunato_hourly_share.csv").open(encoding="utf-8") as file:
        (row,) = [each for each in csv.DictReader(file) if each["day_group"] == "all_weekdays"]
    shares = {
        (MONDAY, f"{name[1:]}:00"): round(float(share) * 10)
        for name, share in row.items()
        if name != "day_group"
    }
    told = asked(counted(shares, 60))
    assert [told.coverage_low, told.coverage_high] == pytest.approx(
        truth["all_weekdays hard bounds"], abs=5e-5
    )
    assert told.verdict == "not determinable"


def test_a_target_that_is_just_met_is_met_and_whole_visitors_decide():
    come = counted({(MONDAY, "09:00"): 9, (MONDAY, "17:00"): 1})
    assert asked(come).verdict == "yes"
    come = counted({(MONDAY, "09:00"): 8_999_999, (MONDAY, "17:00"): 1_000_001})
    assert (asked(come).coverage, asked(come).verdict) == (0.9, "no")  # as written, and as it is


def test_hours_are_half_open():
    come = counted({(MONDAY, "08:45"): 1, (MONDAY, "09:00"): 2, (MONDAY, "16:15"): 4}, 15)
    assert asked(come).covered == 6
    come = counted({(MONDAY, "16:30"): 8, (MONDAY, "09:00"): 2}, 15)
    assert (asked(come).covered, asked(come).outside_per_day.after) == (2, 8)


def test_weekdays_may_have_hours_of_their_own_and_a_break():
    week = Week.parse("mon 09:00-18:30; tue-fri 09:00-12:00,13:00-16:30")
    tuesday = "2025-11-25"
    come = counted({(MONDAY, "18:00"): 5, (tuesday, "12:30"): 3, (tuesday, "13:00"): 2})
    told = asked(come, week)
    assert (told.covered, told.proposed, told.minutes_cut) == (7, None, (-45 + 135) / 2)
    on = {each.weekday: each for each in told.by_weekday}
    assert (on["mon"].coverage, on["mon"].minutes_cut) == (1.0, -45)
    assert (on["tue"].covered, on["tue"].proposed) == (2, "09:00-12:00,13:00-16:30")
    assert on["tue"].verdict == "no"


def test_days_on_which_the_doors_were_closed_are_said_and_left_out():
    come = counted({(MONDAY, "08:45"): 10, (MONDAY, "10:00"): 90, ("2025-11-25", "10:00"): 100})
    in_force = [CURRENT.on(0), PROPOSED.on(1)]
    told = reception_hours(come, PROPOSED, in_force, in_force=in_force)
    assert (told.visitors, told.coverage) == (100, 0.9)
    assert told.unseen_days == [date(2025, 11, 25)]
    both = [PROPOSED.on(0), PROPOSED.on(1)]
    told = reception_hours(come, PROPOSED, both, in_force=both)
    assert (told.visitors, told.coverage, told.verdict) == (0, None, "not determinable")


def test_without_a_visitor_nothing_can_be_told():
    told = asked(counted({}))
    assert (told.visitors, told.coverage, told.verdict) == (0, None, "not determinable")
    assert (told.shortest, told.windows, told.ci95) == (None, [], None)


def brute(come: Arrivals, target: Fraction) -> tuple[int, int, int] | None:
    """The shortest window by trying every one."""
    total = int(come.count.sum())
    found = [
        (end - start, start, end)
        for start in range(0, 24 * 60, 15)
        for end in range(start + 15, 24 * 60 + 1, 15)
        if come.count[(come.start >= start) & (come.end <= end)].sum() >= target * total
    ]
    return min(found, default=None)


def test_the_shortest_window_is_the_shortest_of_all():
    chance = np.random.default_rng(1)
    for _ in range(40):
        starts = chance.integers(0, 96, 40) * 15
        rows = {(MONDAY, f"{s // 60:02}:{s % 60:02}"): int(chance.integers(1, 30)) for s in starts}
        come = counted(rows)
        target = Fraction(int(chance.integers(1, 100)), 100)
        told = asked(come, target=target)
        least = brute(come, target)
        assert least is not None
        assert told.shortest is not None
        (span,) = Week.parse(told.shortest.window).on(0)
        assert (told.shortest.minutes, *span) == least
        for window in told.windows:
            (a, b) = Week.parse(window.window).on(0)[0]
            inside = come.count[(come.start >= a) & (come.end <= b)].sum()
            assert inside >= target * int(come.count.sum())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9-16", "write it like"),
        ("16:30-09:00", "does not end after it begins"),
        ("mon 09:00-16:30; mon-fri 09:00-17:00", "named twice"),
        ("someday 09:00-16:30", "is no day"),
        ("", "write it like"),
    ],
)
def test_hours_that_cannot_be_read_are_refused_with_a_remedy(text: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        Week.parse(text)


def test_hours_are_written_as_they_are_read():
    text = "09:00-12:00,13:00-16:30"
    assert written(Week.parse(text).on(3)) == text
    assert minutes(Week.parse(text).on(3)) == 390
    assert Week.parse("mon-wed 09:00-10:00").on(3) == ()
