"""Bins: each instant of a range lies in exactly one interval, whatever calendars and clocks do.

The oracle looks at the wall every five minutes, and puts a boundary wherever what it shows begins to
be called otherwise. It knows `datetime` and nothing of ours.
"""

from bisect import bisect_right
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from queue_service.bins import Bins, reception_bins
from queue_service.offices import Closed, Desk, Office, ReceptionHours, Service

TOKYO, HELSINKI, NEW_YORK = "Asia/Tokyo", "Europe/Helsinki", "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"  # changes its clocks by half an hour
MINUTE_MS = 60_000
A_MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)
OFTEN, SELDOM = 5, 60  # minutes between two looks at the wall

# A zone, and a date on which its clocks are changed.
SWITCHES = [
    (HELSINKI, "2026-03-29"),
    (HELSINKI, "2026-10-25"),
    (NEW_YORK, "2026-03-08"),
    (NEW_YORK, "2026-11-01"),
    (LORD_HOWE, "2026-04-05"),
    (LORD_HOWE, "2026-10-04"),
    ("Pacific/Chatham", "2026-09-27"),  # at 02:45
    ("Pacific/Chatham", "2026-04-05"),
    ("America/St_Johns", "2026-11-01"),  # three and a half hours behind
    ("Africa/Cairo", "2026-04-24"),  # there is no midnight
    ("Africa/Cairo", "2026-10-29"),
    ("Atlantic/Azores", "2026-10-25"),  # there are two midnights
    ("Antarctica/Troll", "2026-03-29"),  # by two hours
]
USUAL = [(TOKYO, "2026-11-24"), ("Asia/Kathmandu", "2026-11-24"), ("UTC", "2024-02-29")]


def office(zone: str = TOKYO, **more: object) -> Office:
    usual: dict[str, object] = {
        "services": (Service(id="counter", prefix="A"),),
        "desks": (Desk(id="1", services=("counter",)),),
    }
    return Office(id="hall", timezone=zone, **(usual | more))  # type: ignore[arg-type]


def day(text: str) -> date:
    return date.fromisoformat(text)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def bins(bin: str, first: str, last: str, zone: str = TOKYO, *, whole: bool = False) -> Bins:
    return Bins(office(zone), day(first), day(last), bin, whole=whole)  # type: ignore[arg-type]


def told(cut: Bins) -> tuple[list[str], list[str]]:
    """Of every interval."""
    return cut.labels(np.arange(cut.starts.size))


def begins(cut: Bins) -> list[str]:
    """Where the intervals begin, without the year and the seconds."""
    return [label[5:16] for label in told(cut)[0]]


# The oracle


@lru_cache
def looks(zone: str, first: str, last: str, step: int = OFTEN) -> list[tuple[int, datetime]]:
    """Looks at the wall while it shows a date of the range: each instant, and what it shows."""
    at = datetime.combine(day(first) - ONE_DAY, time(), UTC)
    until = datetime.combine(day(last) + 2 * ONE_DAY, time(), UTC)
    found, there = [], ZoneInfo(zone)
    while at < until:
        wall = at.astimezone(there)
        if day(first) <= wall.date() <= day(last):
            found.append((round(at.timestamp()) * 1000, wall))
        at += step * A_MINUTE
    return found


def called(wall: datetime, bin: str) -> object:
    """What the interval of an instant is called."""
    match bin:
        case "day":
            return wall.date()
        case "week":
            return wall.isocalendar()[:2]
        case "month":
            return wall.year, wall.month
        case "year":
            return wall.year if wall.month >= 4 else wall.year - 1
        case _:
            return wall.date(), (60 * wall.hour + wall.minute) // int(bin), wall.utcoffset()


def boundaries(shown: list[tuple[int, datetime]], bin: str) -> list[int]:
    names = [(at, called(wall, bin)) for at, wall in shown]
    return [names[0][0], *(at for (_, a), (at, b) in pairwise(names) if a != b)]


def around(date: str) -> tuple[str, str]:
    return (day(date) - ONE_DAY).isoformat(), (day(date) + ONE_DAY).isoformat()


@pytest.mark.parametrize("bin", ["15", "30", "60", "day"])
@pytest.mark.parametrize(("zone", "date"), SWITCHES + USUAL)
def test_an_interval_begins_where_the_wall_begins_to_show_it(zone: str, date: str, bin: str):
    first, last = around(date)
    shown, cut = looks(zone, first, last), bins(bin, first, last, zone)
    expected = boundaries(shown, bin)
    assert cut.starts.tolist() == expected
    assert cut.ends.tolist() == [*expected[1:], shown[-1][0] + OFTEN * MINUTE_MS]


@pytest.mark.parametrize("bin", ["day", "week", "month", "year"])
@pytest.mark.parametrize("zone", [HELSINKI, TOKYO])
@pytest.mark.parametrize(
    ("first", "last"), [("2024-01-01", "2026-12-31"), ("2025-03-19", "2026-04-01")]
)
def test_a_calendar_interval_begins_where_the_calendar_says(
    zone: str, bin: str, first: str, last: str
):
    shown, cut = looks(zone, first, last, SELDOM), bins(bin, first, last, zone)
    expected = boundaries(shown, bin)
    assert cut.starts.tolist() == expected
    assert cut.ends.tolist() == [*expected[1:], shown[-1][0] + SELDOM * MINUTE_MS]


@pytest.mark.parametrize("bin", ["15", "30", "60", "day"])
@pytest.mark.parametrize(("zone", "date"), SWITCHES + USUAL)
def test_each_instant_lies_in_one_interval_and_knows_its_weekday_and_its_clock(
    zone: str, date: str, bin: str
):
    first, last = around(date)
    shown, cut = looks(zone, first, last), bins(bin, first, last, zone)
    starts, width = boundaries(shown, bin), int(bin) if bin != "day" else 24 * 60
    labels = cut.clock_labels
    for late in (0, OFTEN * MINUTE_MS - 1):  # ms after the look
        at = np.array([each + late for each, _ in shown])
        assert cut.place(at).tolist() == [bisect_right(starts, each) - 1 for each in at.tolist()]
        assert cut.weekday(at).tolist() == [wall.weekday() for _, wall in shown]
        clocks = [labels[n] for n in cut.clock(at).tolist()]
        assert clocks == [floored(wall, width) for _, wall in shown]


def floored(wall: datetime, width: int) -> str:
    minute = (60 * wall.hour + wall.minute) // width * width
    return f"{minute // 60:02}:{minute % 60:02}"


@pytest.mark.parametrize("bin", ["15", "60", "day"])
@pytest.mark.parametrize(("zone", "date"), SWITCHES + USUAL)
def test_a_label_is_the_instant_in_local_time_with_its_offset(zone: str, date: str, bin: str):
    first, last = around(date)
    cut = bins(bin, first, last, zone)
    starts, ends = told(cut)
    assert [ms(each) for each in starts] == cut.starts.tolist()
    assert [ms(each) for each in ends] == cut.ends.tolist()
    offsets = [wall.strftime("%z") for _, wall in looks(zone, first, last)]
    assert {each[-6:].replace(":", "") for each in starts} == set(offsets)
    assert len(set(starts)) == len(starts)  # an hour that is shown twice has two names


# By hand


def test_an_arrival_on_the_boundary_belongs_to_what_begins_there():
    cut = bins("30", "2026-11-24", "2026-11-24")
    at = [ms("2026-11-24T08:30:00+09:00") + n for n in (-1, 0, 30 * MINUTE_MS - 1, 30 * MINUTE_MS)]
    assert [begins(cut)[n] for n in cut.place(np.array(at))] == [
        *("11-24T08:00", "11-24T08:30", "11-24T08:30", "11-24T09:00")
    ]


@pytest.mark.parametrize(
    ("zone", "date", "quarters"),
    [
        (HELSINKI, "2026-03-29", 92),
        (HELSINKI, "2026-10-25", 100),
        (NEW_YORK, "2026-03-08", 92),
        (NEW_YORK, "2026-11-01", 100),
        (LORD_HOWE, "2026-10-04", 94),
        (LORD_HOWE, "2026-04-05", 98),
        (TOKYO, "2026-11-24", 96),
    ],
)
def test_a_day_of_changed_clocks_has_fewer_or_more_quarters_and_loses_nobody(
    zone: str, date: str, quarters: int
):
    cut = bins("15", date, date, zone)
    assert len(cut.starts) == quarters
    arrivals = np.array([at for at, _ in looks(zone, date, date)])
    assert set(Counter(cut.place(arrivals).tolist()).values()) == {15 // OFTEN}
    assert cut.place(arrivals)[[0, -1]].tolist() == [0, quarters - 1]
    assert set((cut.ends - cut.starts).tolist()) == {15 * MINUTE_MS}


@pytest.mark.parametrize(
    ("zone", "date", "labels"),
    [
        (HELSINKI, "2026-03-29", ["02:00:00+02:00", "04:00:00+03:00"]),
        (HELSINKI, "2026-10-25", ["03:00:00+03:00", "03:00:00+02:00"]),
        (NEW_YORK, "2026-03-08", ["01:00:00-05:00", "03:00:00-04:00"]),
        (NEW_YORK, "2026-11-01", ["01:00:00-04:00", "01:00:00-05:00"]),
        (LORD_HOWE, "2026-10-04", ["01:00:00+10:30", "02:30:00+11:00", "03:00:00+11:00"]),
        (LORD_HOWE, "2026-04-05", ["01:00:00+11:00", "01:30:00+10:30", "02:00:00+10:30"]),
    ],
)
def test_the_hours_around_a_change_of_clocks(zone: str, date: str, labels: list[str]):
    starts, ends = told(bins("60", date, date, zone))
    found = starts.index(f"{date}T{labels[0]}")
    assert [each[11:] for each in starts[found : found + len(labels)]] == labels
    assert ends[found : found + len(labels) - 1] == [f"{date}T{each}" for each in labels[1:]]


def test_a_range_cuts_weeks_months_and_fiscal_years():
    week = bins("week", "2026-11-25", "2026-12-02")  # Wednesday to Wednesday
    assert begins(week) == ["11-25T00:00", "11-30T00:00"]
    assert told(week)[1] == ["2026-11-30T00:00:00+09:00", "2026-12-03T00:00:00+09:00"]
    assert begins(bins("month", "2026-01-31", "2026-03-01")) == [
        *("01-31T00:00", "02-01T00:00", "03-01T00:00")
    ]
    assert begins(bins("year", "2026-03-31", "2027-04-01")) == [
        *("03-31T00:00", "04-01T00:00", "04-01T00:00")
    ]


def test_a_whole_range_is_one_interval_whose_days_lie_on_each_other():
    cut = bins("30", "2026-10-24", "2026-10-26", HELSINKI, whole=True)
    assert told(cut) == (["2026-10-24T00:00:00+03:00"], ["2026-10-27T00:00:00+02:00"])
    at = np.array([where for where, _ in looks(HELSINKI, "2026-10-24", "2026-10-26")])
    assert set(cut.place(at).tolist()) == {0}
    labels = cut.clock_labels
    seen = Counter(labels[n] for n in cut.clock(at).tolist())
    assert seen == dict.fromkeys(labels, 18) | {"03:00": 24, "03:30": 24}


# Reception hours


def received(dates: list[str], cut: Bins, hall: Office, service: str = "counter") -> list[str]:
    found = reception_bins(hall, [service], dates, cut)[service].tolist()
    assert found == sorted(set(found))
    return [begins(cut)[n] for n in found]


LATE = office(reception_hours=(ReceptionHours(hours={"mon-sun": "00:00-02:00,21:30-24:00"}),))


def test_hours_after_midnight_belong_to_the_business_date_before_and_to_their_own_calendar_date():
    night = Bins(LATE, day("2026-11-24"), day("2026-11-25"), "60", whole=False)
    late, early = ["11-24T21:00", "11-24T22:00", "11-24T23:00"], ["11-25T00:00", "11-25T01:00"]
    assert received(["2026-11-24"], night, LATE) == [*late, *early]
    morrow = Bins(LATE, day("2026-11-25"), day("2026-11-25"), "60", whole=False)
    assert received(["2026-11-24"], morrow, LATE) == early
    assert received(["2026-11-23"], morrow, LATE) == []


def test_an_office_that_is_always_open_receives_through_its_business_day():
    cut = bins("60", "2026-11-24", "2026-11-25")
    on_24, on_25 = [f"11-24T{n:02}:00" for n in range(24)], [f"11-25T{n:02}:00" for n in range(24)]
    assert received(["2026-11-24"], cut, office()) == on_24[4:] + on_25[:4]
    assert received(["2026-11-23", "2026-11-24"], cut, office()) == on_24 + on_25[:4]
    shut = office(closed=Closed(dates=(day("2026-11-24"),)))
    assert received(["2026-11-23", "2026-11-24", "2026-11-25"], cut, shut) == on_24[:4] + on_25[4:]


def test_nobody_is_received_in_the_interval_that_begins_at_closing_time():
    hall = office(reception_hours=(ReceptionHours(hours={"mon-fri": "08:30-17:00"}),))
    cut = Bins(hall, day("2026-11-24"), day("2026-11-24"), "30", whole=False)
    found = received(["2026-11-24"], cut, hall)
    assert (found[0], found[-1], len(found)) == ("11-24T08:30", "11-24T16:30", 17)


HALL = office(
    reception_hours=(
        ReceptionHours(since=day("2026-04-01"), hours={"mon-fri": "08:30-17:15"}),
        ReceptionHours(since=day("2026-11-25"), hours={"mon-fri": "09:00-12:00,13:00-16:30"}),
    ),
    closed=Closed(holidays="JP", dates=(day("2026-11-27"),)),
    services=(
        Service(id="tax", prefix="A"),
        Service(id="cards", prefix="B", hours={"mon-fri": "09:00-16:00", "sat": "09:00-12:10"}),
    ),
)
DATES = [f"2026-11-{n}" for n in range(20, 31)]


def receives(service: str, wall: datetime) -> bool:
    """The hours of the hall once more, as its notice at the door would have them."""
    clock = wall.strftime("%H:%M")
    if wall.date().isoformat() in ("2026-11-23", "2026-11-27"):  # 勤労感謝の日, and by name
        return False
    if service == "cards":
        closing = {5: "12:10", 6: "00:00"}.get(wall.weekday(), "16:00")
        return "09:00" <= clock < closing
    if wall.weekday() > 4:
        return False
    if wall.day < 25:
        return "08:30" <= clock < "17:15"
    return "09:00" <= clock < "12:00" or "13:00" <= clock < "16:30"


@pytest.mark.parametrize("bin", ["15", "30", "60", "day", "week"])
def test_the_intervals_of_the_hours_are_those_in_which_visitors_are_received(bin: str):
    cut = Bins(HALL, day(DATES[0]), day(DATES[-1]), bin, whole=False)  # type: ignore[arg-type]
    shown = looks(TOKYO, DATES[0], DATES[-1])
    starts = boundaries(shown, bin)
    found = reception_bins(HALL, ["tax", "cards", "of yesterday", "*"], DATES, cut)
    for service, places in found.items():
        there = {bisect_right(starts, at) - 1 for at, wall in shown if receives(service, wall)}
        assert places.tolist() == sorted(there)


def test_only_the_business_dates_that_are_told_have_hours():
    cut = Bins(HALL, day(DATES[0]), day(DATES[-1]), "day", whole=False)
    assert received(["2026-11-24", "2026-11-28"], cut, HALL, "tax") == ["11-24T00:00"]
    cards = received(["2026-11-28", "2026-11-24"], cut, HALL, "cards")
    assert cards == ["11-24T00:00", "11-28T00:00"]
    assert received([], cut, HALL, "tax") == []
