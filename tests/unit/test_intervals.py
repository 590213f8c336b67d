"""Intervals: one answer worked out by hand, the others against plain Python over the same visits."""

import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import combinations
from typing import Any, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from msgspec.structs import replace

from queue_service.events import Refusal, Refused
from queue_service.figures import Day, End
from queue_service.intervals import Answer, By, Quality, Question, Row, answer
from queue_service.measures import COUNTS, DECIMALS, MEASURES, SPANS
from queue_service.offices import Desk, Office, ReceptionHours, Service
from queue_service.tally import Beside, Figures, tally
from queue_service.tickets import Item

MONDAY, TUESDAY, SATURDAY, SUNDAY = "2025-11-24", "2025-11-25", "2025-11-29", "2025-11-30"
MINUTE_MS = 60_000
TOKYO = ZoneInfo("Asia/Tokyo")
FINISHED = End.FINISHED
EVERY_BY: tuple[By, ...] = get_args(By)
SECTIONS = {"moving": "Citizens", "tax": "Revenue"}

HALL = Office(
    id="hall",
    timezone="Asia/Tokyo",
    reception_hours=(ReceptionHours(hours={"mon-fri": "09:00-11:00"}),),
    services=(
        Service(id="moving", prefix="A", section="Citizens"),
        Service(id="tax", prefix="B", section="Revenue"),
        Service(id="cards", prefix="C", hours={"mon": "09:00-10:00", "sat": "09:00-10:00"}),
    ),
    desks=(Desk(id="1", services=("moving", "tax", "cards")),),
)


def ms(text: str, zone: ZoneInfo = TOKYO) -> int:
    """The instant of a local time like "2025-11-24 09:00"."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def visit(
    at: str,
    service: str = "moving",
    end: End = End.OPEN,
    times: Sequence[float | None] = (),
    **told: Any,
) -> Figures:
    """A visit that arrived then; its times are minutes, in the order of SPANS."""
    spans = {
        name: None if time is None else round(time * MINUTE_MS)
        for (name, _), time in zip(SPANS.values(), times, strict=False)
    }
    return Figures(arrived_at=ms(at), service=service, end=end, **(spans | told))


def refused(at: str, service: str = "moving", reason: Refusal = Refusal.CLOSED) -> Refused:
    return Refused(
        at=ms(at), service=service, reason=reason, channel="kiosk", date=at.partition(" ")[0]
    )


def ask(
    days: list[Day], first: str = MONDAY, last: str = TUESDAY, office: Office = HALL, **more: Any
) -> Answer:
    question = Question(first=date.fromisoformat(first), last=date.fromisoformat(last), **more)
    return answer(question, days, office)


def table(found: Answer, service: str = "*") -> dict[str, Row]:
    """The measures of one service, by the start of their interval."""
    chosen = [each for each in found.rows if each["service"] == service]
    told = {each["start"][5:16]: {name: each[name] for name in MEASURES} for each in chosen}
    assert len(told) == len(chosen)
    return told


# By hand: two services on two days


def two_days() -> list[Day]:
    on_monday = [
        visit(
            "2025-11-24 09:00", "moving", FINISHED, (2, 3, 5, 4, 20), items=(Item("id_card", 1),)
        ),
        visit("2025-11-24 09:30", "moving", FINISHED, (6, 7, 11, 9, 40)),
        visit("2025-11-24 09:59:59.999", "moving", End.NO_SHOW, (10,)),
        visit("2025-11-24 09:10", "tax", End.CANCELLED),
        visit("2025-11-24 10:00", "tax", FINISHED, (1, 1, 4, None, 5), implied=True),
    ]
    on_tuesday = [
        visit("2025-11-25 09:15", "moving", End.EXPIRED),
        visit("2025-11-25 09:00", "tax", End.OPEN, (3, 4)),
        visit("2025-11-25 12:30", "tax", FINISHED, (3, 8, 500, None, 700), forgotten=True),
    ]
    away = [refused("2025-11-24 08:50", "tax"), refused("2025-11-24 09:20", reason=Refusal.FULL)]
    return [tally(MONDAY, on_monday, Beside(refused=away)), tally(TUESDAY, on_tuesday)]


NOBODY: Row = dict.fromkeys(COUNTS, 0) | dict.fromkeys(MEASURES[len(COUNTS) :])
ONE_FINISHED: Row = dict.fromkeys(("arrivals", "called", "served", "finished"), 1)


def spans(name: str, *told: float) -> Row:
    """What is told of one span, in the order of the columns."""
    return {f"{name}_{what}_s": value for what, value in zip(SPANS[name][1], told, strict=True)}


MOVING_AT_NINE: Row = (
    {"arrivals": 3, "refused": 1, "called": 3, "served": 2, "finished": 2, "no_show": 1}
    | spans("wait_to_call", 360, 360, 552, 600)  # 2 6 10 minutes: 6 + 0.8 · 4 = 9.2
    | spans("wait", 300, 300, 396, 420)  # 3 7
    | spans("service", 480, 480, 624)  # 5 11
    | spans("handover_wait", 390, 510)  # 4 9
    | spans("time_in_system", 1800, 2280)  # 20 40
)
TAX_AT_TEN: Row = (
    ONE_FINISHED
    | spans("wait_to_call", 60, 60, 60, 60)
    | spans("wait", 60, 60, 60, 60)
    | spans("service", 240, 240, 240)
    | spans("time_in_system", 300, 300)
)
TAX_ON_TUESDAY: Row = (
    {"arrivals": 1, "called": 1, "served": 1}
    | spans("wait_to_call", 180, 180, 180, 180)
    | spans("wait", 240, 240, 240, 240)
)
TAX_FORGOTTEN: Row = (
    ONE_FINISHED
    | spans("wait_to_call", 180, 180, 180, 180)
    | spans("wait", 480, 480, 480, 480)
    | spans("time_in_system", 42_000, 42_000)
)
BY_THE_HOUR: dict[str, dict[str, Row]] = {
    "moving": {
        "11-24T09:00": MOVING_AT_NINE,
        "11-24T10:00": {},
        "11-25T09:00": {"arrivals": 1, "expired": 1},
        "11-25T10:00": {},
    },
    "tax": {
        "11-24T08:00": {"refused": 1},
        "11-24T09:00": {"arrivals": 1, "cancelled": 1},
        "11-24T10:00": TAX_AT_TEN,
        "11-25T09:00": TAX_ON_TUESDAY,
        "11-25T10:00": {},
        "11-25T12:00": TAX_FORGOTTEN,
    },
    "cards": {"11-24T09:00": {}},
    "*": {
        "11-24T08:00": {"refused": 1},
        "11-24T09:00": MOVING_AT_NINE | {"arrivals": 4, "cancelled": 1},
        "11-24T10:00": TAX_AT_TEN,
        "11-25T09:00": TAX_ON_TUESDAY | {"arrivals": 2, "expired": 1},
        "11-25T10:00": {},
        "11-25T12:00": TAX_FORGOTTEN,
    },
}
IN_ALL: Row = (
    {"arrivals": 8, "refused": 2, "called": 6, "served": 5, "finished": 4}
    | {"no_show": 1, "cancelled": 1, "expired": 1}
    | spans("wait_to_call", 250, 180, 480, 600)  # 1 2 3 3 6 10
    | spans("wait", 276, 240, 456, 480)  # 1 3 4 7 8
    | spans("service", 400, 300, 588)  # 4 5 11
    | spans("handover_wait", 390, 510)
    | spans("time_in_system", 1800, 30_120)  # 5 20 40 700: 40 + 0.7 · 660 = 502
)


@pytest.mark.parametrize("service", BY_THE_HOUR)
def test_every_column_of_every_hour(service: str):
    expected = {at: NOBODY | told for at, told in BY_THE_HOUR[service].items()}
    assert table(ask(two_days()), service) == expected


@pytest.mark.parametrize("bin", ["week", "month", "year"])
def test_the_percentiles_of_several_days_come_from_the_visits(bin: str):
    assert table(ask(two_days(), bin=bin)) == {"11-24T00:00": NOBODY | IN_ALL}


def test_a_row_has_the_columns_that_were_promised_in_their_order():
    found = ask(two_days(), by=("service", "desk", "weekday"))
    assert " ".join(found.rows[0]) == (
        "start end service desk weekday arrivals refused called served finished no_show cancelled "
        "expired wait_to_call_mean_s wait_to_call_p50_s wait_to_call_p90_s wait_to_call_max_s "
        "wait_mean_s wait_p50_s wait_p90_s wait_max_s service_mean_s service_p50_s service_p90_s "
        "handover_wait_p50_s handover_wait_p90_s time_in_system_p50_s time_in_system_p90_s"
    )


def test_an_answer_says_what_it_rests_on():
    found = ask(two_days())
    assert found.n == 8
    quality = found.quality
    told = (quality.implied_starts, quality.forgotten_finishes, quality.with_items)
    assert told == (1, 1, 1)
    tuesday = ask(two_days(), TUESDAY)
    assert (tuesday.n, tuesday.quality.implied_starts, tuesday.quality.forgotten_finishes) == (
        3,
        0,
        1,
    )


def test_rows_are_in_the_order_of_time_the_whole_office_first():
    found = [(each["start"], each["service"]) for each in ask(two_days()).rows]
    order = ["*", "moving", "tax", "cards"]
    assert found == sorted(found, key=lambda each: (each[0], order.index(each[1])))


def test_who_was_served_within_a_quarter_of_an_hour_is_counted_when_asked_for():
    waits = (None, 0, 900_000, 900_001)
    come = [Figures(arrived_at=ms("2025-11-24 09:00"), service="tax", wait=each) for each in waits]
    days = [tally(MONDAY, come)]
    (row,) = ask(days, MONDAY, MONDAY, bin="day", service="tax", within=15).rows
    assert [*row][-1] == "served_within"
    assert (row["served"], row["served_within"]) == (3, 2)
    (row,) = ask(days, MONDAY, MONDAY, bin="day", service="tax").rows
    assert "served_within" not in row


# Which rows there are


def test_where_nothing_is_known_of_a_day_there_are_no_rows_of_nobody():
    found = ask(two_days(), SATURDAY, SUNDAY)
    assert (found.rows, found.n) == ([], 0)
    assert ask([]).rows == []
    assert {at[:5] for at in table(ask(two_days(), "2025-11-20", SUNDAY))} == {"11-24", "11-25"}


def test_rows_that_are_told_apart_further_are_only_those_with_a_figure():
    for by in EVERY_BY[1:]:
        found = ask(two_days(), by=(by,)).rows
        assert all(sum(each[name] for name in COUNTS) for each in found)


def test_a_service_that_the_office_no_longer_has_keeps_its_rows_in_the_hours_of_the_office():
    days = [tally(MONDAY, [visit("2025-11-24 09:30", "dogs")])]
    found = ask(days)
    assert table(found, "dogs") == {
        "11-24T09:00": NOBODY | {"arrivals": 1},
        "11-24T10:00": NOBODY,
    }
    assert [each["service"] for each in found.rows[:5]] == ["*", "moving", "tax", "cards", "dogs"]


def test_the_whole_office_receives_whenever_one_of_its_services_does():
    found = ask([tally(SATURDAY, [])], SATURDAY, SATURDAY)
    assert table(found, "cards") == {"11-29T09:00": NOBODY}
    assert table(found, "*") == {"11-29T09:00": NOBODY}


def test_a_visitor_of_the_night_stands_on_the_calendar_date():
    late = tally(MONDAY, [visit("2025-11-25 02:00"), visit("2025-11-24 23:59")])
    assert table(ask([late], TUESDAY, bin="day")) == {"11-25T00:00": NOBODY | {"arrivals": 1}}
    monday = table(ask([late], MONDAY, MONDAY, bin="day"))
    assert monday == {"11-24T00:00": NOBODY | {"arrivals": 1}}


def test_an_hour_that_is_shown_twice_has_two_rows():
    helsinki = ZoneInfo("Europe/Helsinki")
    hall = Office(id="hall", timezone="Europe/Helsinki", services=HALL.services, desks=HALL.desks)
    first = ms("2026-10-25 00:00", helsinki)
    visits = [Figures(arrived_at=first + n * 15 * MINUTE_MS, service="tax") for n in range(100)]
    day = "2026-10-25"
    rows = ask([tally(day, visits)], day, day, hall, service="tax").rows
    assert [each["arrivals"] for each in rows] == [4] * 25
    assert [each["start"][11:] for each in rows[2:6]] == [
        *("02:00:00+03:00", "03:00:00+03:00", "03:00:00+02:00", "04:00:00+02:00")
    ]


# What nobody can tell


def mixed() -> list[Day]:
    """Monday of the ledger, Tuesday of a log without calls; both saw two visitors."""
    monday = [visit("2025-11-24 09:00", "moving", FINISHED, (2, 3, 5), implied=True)]
    away = [refused("2025-11-24 09:20")]
    tuesday = [visit("2025-11-25 09:00", "moving", End.NO_SHOW), visit("2025-11-25 09:30", "tax")]
    log = replace(tally(TUESDAY, tuesday, source="log"), unknown=("refused", "called", "served"))
    return [tally(MONDAY, [*monday, visit("2025-11-24 09:30")], Beside(refused=away)), log]


def test_what_a_log_cannot_tell_is_null_and_not_zero():
    rows = table(ask(mixed(), bin="60", within=15))
    assert {at: row["refused"] for at, row in rows.items()} == {
        "11-24T09:00": 1,
        "11-24T10:00": 0,  # seen, and nobody was turned away
        "11-25T09:00": None,
        "11-25T10:00": None,
    }
    told = rows["11-25T09:00"]
    assert (told["arrivals"], told["no_show"], told["called"], told["served"]) == (2, 1, None, None)
    assert rows["11-25T10:00"]["called"] == 0  # of nobody it is known
    by_day = table(ask(mixed(), bin="day"))
    assert [row["refused"] for row in by_day.values()] == [1, None]
    (served,) = ask(mixed(), TUESDAY, bin="day", service="*", within=15).rows
    assert (served["served"], served["served_within"]) == (None, None)


@pytest.mark.parametrize("bin", ["week", "month", "year"])
def test_a_sum_over_days_counts_what_is_known_of_some(bin: str):
    (row,) = table(ask(mixed(), bin=bin)).values()
    assert (row["arrivals"], row["refused"], row["called"], row["served"]) == (4, 1, 1, 1)
    quiet = [tally(MONDAY, [visit("2025-11-24 09:00")]), mixed()[1]]
    (row,) = table(ask(quiet, bin=bin)).values()
    assert (row["refused"], row["called"]) == (0, 0)


@pytest.mark.parametrize("bin", ["15", "30", "60", "day"])
def test_known_figures_add_up_beside_unknown_ones(bin: str):
    rows = ask(mixed(), bin=bin).rows
    for service in ("*", "moving", "tax"):
        mine = [row for row in rows if row["service"] == service]
        (whole,) = table(ask(mixed(), bin="week"), service).values()
        for name in ("arrivals", "refused", "called", "served", "no_show"):
            assert sum(row[name] or 0 for row in mine) == (whole[name] or 0)


def test_weekdays_of_which_only_a_log_tells_are_told_apart():
    rows = ask(mixed(), by=("time", "weekday"), service="*", bin="60").rows
    assert {row["weekday"]: row["refused"] for row in rows} == {"mon": 1, "tue": None}
    rows = ask(mixed(), by=("time",), service="*", bin="60").rows
    assert {row["time"]: row["refused"] for row in rows} == {"09:00": 1}


def test_a_visitor_turned_away_in_the_night_before_a_day_of_a_log_is_counted():
    away = [refused("2025-11-25 02:00")]
    days = [tally(MONDAY, [], Beside(refused=away)), mixed()[1]]
    rows = table(ask(days, TUESDAY, bin="60"))
    assert {at[6:]: row["refused"] for at, row in rows.items()} == {
        "02:00": 1,
        "09:00": None,
        "10:00": None,
    }


def test_the_quality_is_told_of_the_visits_of_the_ledger():
    known = ask(mixed()).quality
    assert known == Quality(known_for=2, implied_starts=1, forgotten_finishes=0, with_items=0)
    nobody = Quality(known_for=0, implied_starts=None, forgotten_finishes=None, with_items=None)
    assert ask(mixed(), TUESDAY).quality == nobody
    assert ask(mixed(), service="tax").quality == nobody
    assert ask(mixed(), service="*").quality == known


# One service


@pytest.mark.parametrize("service", ["moving", "tax", "cards"])
@pytest.mark.parametrize("bin", ["15", "60", "day"])
def test_one_service_alone_has_the_rows_it_has_among_the_others(service: str, bin: str):
    alone, among = ask(two_days(), bin=bin, service=service), ask(two_days(), bin=bin)
    assert alone.rows == [each for each in among.rows if each["service"] == service]
    assert alone.n == sum(each["arrivals"] for each in alone.rows)


def test_the_whole_office_alone_has_the_rows_it_has_among_its_services():
    alone, among = ask(two_days(), service="*"), ask(two_days())
    assert alone.rows == [each for each in among.rows if each["service"] == "*"]
    assert alone.n == among.n


def test_of_a_service_that_nobody_knows_there_is_nothing():
    found = ask(two_days(), service="dogs")
    assert (found.rows, found.n) == ([], 0)


# Against plain Python

LANGUAGES, CHANNELS, DESKS = ("ja", "en"), ("kiosk", "phone", "desk"), ("", "1", "2", "moving")
WEEK = [f"2025-11-{day}" for day in range(24, 31)]


def chance_visit(chance: random.Random, day: str) -> Figures:
    times = [chance.uniform(0, 90) if chance.random() < 0.6 else None for _ in SPANS]
    return visit(
        f"{day} {chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}.001",
        chance.choice(("moving", "tax", "dogs")),
        chance.choice(list(End)),
        times,
        desk=chance.choice(DESKS),
        channel=chance.choice(CHANNELS),
        language=chance.choice(LANGUAGES),
    )


@cache
def chance_week() -> tuple[list[Figures], list[Refused], list[Day]]:
    chance = random.Random(7)
    visits, away, days = [], [], []
    for day in WEEK:
        come = [chance_visit(chance, day) for _ in range(60)]
        sent = [
            refused(f"{day} {n % 24:02}:30", chance.choice(("tax", "dogs", "cards")))
            for n in range(0, 40, 3)
        ]
        visits, away = visits + come, away + sent
        days.append(tally(day, come, Beside(refused=sent)))
    return visits, away, days


def key(at: int, each: Figures | Refused, by: tuple[By, ...], whole: bool) -> tuple[Any, ...]:
    """Where a visit or a refusal stands: the start of its interval, and what it is told apart by."""
    wall = datetime.fromtimestamp(at / 1000, TOKYO)
    hour = wall.replace(minute=0, second=0, microsecond=0)
    told: dict[By, Any] = {
        "desk": getattr(each, "desk", None) or None,
        "section": SECTIONS.get(each.service),
        "weekday": f"{wall:%a}".lower(),
        "channel": each.channel,
        "language": getattr(each, "language", None),
        "time": f"{hour:%H:%M}",
    }
    start = f"{MONDAY}T00:00:00+09:00" if whole else hour.isoformat()
    return (start, *(told[name] for name in by if name != "service"))


def plain(visits: list[Figures], away: int) -> Row:
    """Every measure once more, in seconds."""
    row: Row = {"arrivals": len(visits), "refused": away}
    row["called"] = sum(each.to_call is not None for each in visits)
    row["served"] = sum(each.wait is not None for each in visits)
    for end in (End.FINISHED, End.NO_SHOW, End.CANCELLED, End.EXPIRED):
        row[end.name.lower()] = sum(each.end is end for each in visits)
    for name, (column, what) in SPANS.items():
        found = [getattr(each, column) for each in visits if getattr(each, column) is not None]
        values = [value / 1000 for value in found]
        row |= spans(name, *(TOLD[kind](values) if values else None for kind in what))
    return row


def p90(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=10, method="inclusive")[8] if values[1:] else values[0]


TOLD: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": statistics.fmean,
    "p50": statistics.median,
    "p90": p90,
    "max": max,
}


def same(row: Row, expected: Row) -> bool:
    """Whether two rows are equal, in times to the four decimals that are written."""
    return row.keys() == expected.keys() and all(
        value == row[name]
        or (None not in (value, row[name]) and abs(value - row[name]) < 0.501 / 10**DECIMALS)
        for name, value in expected.items()
    )


@pytest.mark.parametrize(
    "by", [by for size in (0, 1, 2, 7) for by in combinations(EVERY_BY, size)], ids=",".join
)
def test_rows_are_what_plain_python_counts(by: tuple[By, ...]):
    visits, away, days = chance_week()
    groups: dict[Any, tuple[list[Figures], list[Refused]]] = defaultdict(lambda: ([], []))
    for n, everybody, at in ((0, visits, "arrived_at"), (1, away, "at")):
        for each in everybody:
            start, *told = key(getattr(each, at), each, by, "time" in by)
            for service in ("*", each.service):
                groups[start, service, *told][n].append(each)  # type: ignore[arg-type]
    titles = ("start", "service", *(name for name in by if name != "service"))
    rows = {
        tuple(row[title] for title in titles): {name: row[name] for name in MEASURES}
        for row in ask(days, last=SUNDAY, by=by).rows
    }
    empty = {place for place, row in rows.items() if row == NOBODY}
    assert rows.keys() - empty == groups.keys()
    assert not empty or set(by) <= {"service"}
    for place, (come, sent) in groups.items():
        assert same(rows[place], plain(come, len(sent))), place


# Sums


def counts(rows: list[Row]) -> dict[str, int]:
    return {name: sum(each[name] for each in rows) for name in COUNTS}


@pytest.mark.parametrize("bin", ["15", "30", "60", "day", "week", "month", "year"])
def test_the_sums_over_the_services_are_the_whole_office(bin: str):
    *_, days = chance_week()
    rows = ask(days, last=SUNDAY, bin=bin).rows
    for start in {each["start"] for each in rows}:
        mine = [each for each in rows if each["start"] == start]
        services = [each for each in mine if each["service"] != "*"]
        assert counts([each for each in mine if each["service"] == "*"]) == counts(services)


@pytest.mark.parametrize(
    ("fine", "coarse"),
    [("15", "30"), ("30", "60"), ("60", "day"), ("day", "week"), ("day", "month"), ("15", "year")],
)
def test_the_sums_over_short_intervals_are_the_long_ones(fine: str, coarse: str):
    *_, days = chance_week()
    parts, wholes = (ask(days, last=SUNDAY, bin=bin).rows for bin in (fine, coarse))
    assert counts(parts) == counts(wholes)
    for whole in wholes:
        inside = [
            each
            for each in parts
            if each["service"] == whole["service"]
            and whole["start"] <= each["start"] < whole["end"]  # all of one offset
        ]
        assert counts([whole]) == counts(inside)


def test_the_sums_over_the_days_are_the_range():
    *_, days = chance_week()
    (whole,) = [row for row in ask(days, last=SUNDAY, bin="week").rows if row["service"] == "*"]
    singly = [
        row
        for day in WEEK
        for row in ask(days, day, day, bin="day", service=None).rows
        if row["service"] == "*"
    ]
    assert counts([whole]) == counts(singly)
    assert (whole["start"][:10], whole["end"][:10]) == (
        MONDAY,
        (date.fromisoformat(SUNDAY) + timedelta(days=1)).isoformat(),
    )


@pytest.mark.parametrize("size", [1, 2, 3, 10, 11, 99, 100, 101])
def test_percentiles_are_linear_whatever_the_size(size: int):
    chance = random.Random(size)
    waits = [chance.randrange(3_600_000) for _ in range(size)]
    visits = [Figures(arrived_at=ms("2025-11-24 09:00"), service="tax", wait=n) for n in waits]
    row = table(ask([tally(MONDAY, visits)], bin="day"))["11-24T00:00"]
    seconds = [each / 1000 for each in waits]
    by_numpy = np.percentile(seconds, [50, 90, 100]).tolist()
    assert [statistics.median(seconds), p90(seconds), max(seconds)] == pytest.approx(by_numpy)
    told = {name: row[name] for name in row if name.startswith("wait_p") or name == "wait_max_s"}
    assert same(told, dict(zip(told, by_numpy, strict=True)))
