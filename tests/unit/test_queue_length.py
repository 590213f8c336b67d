"""The length of the line: by hand, against a count second by second, and by Little's law."""

import random
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service.bins import Bin
from queue_service.figures import Day, End
from queue_service.intervals import Answer, Question, Row
from queue_service.measures import DECIMALS, LENGTHS
from queue_service.offices import Office, Service
from queue_service.queue_length import answer
from queue_service.tally import Figures, StayFigures, tally
from queue_service.tickets import Stage
from tests.unit.test_intervals import HALL, MINUTE_MS, MONDAY, SATURDAY, SUNDAY, TUESDAY, ms

SECOND_MS = 1000
NEXT_WEEK = ms("2025-12-01 00:00")
R, H = Stage.RECEPTION, Stage.HANDOVER
NOBODY = (0.0, 0, None, None)


def stay(at: str, wait: float | None = None, left: float | None = None, **more: Any) -> StayFigures:
    """A stage that somebody came to then: called or gone after some minutes, else still there."""
    since = ms(at)
    return StayFigures(
        since=since,
        wait=None if wait is None else round(wait * MINUTE_MS),
        until=None if left is None else since + round(left * MINUTE_MS),
        **{"service": "moving", "stage": R} | more,
    )


def visit(*stays: StayFigures, end: End = End.FINISHED) -> Figures:
    return Figures(arrived_at=stays[0].since, service=stays[0].service, end=end, stays=stays)


def ask(
    days: Sequence[Day],
    first: str = MONDAY,
    last: str = MONDAY,
    office: Office = HALL,
    now: int = NEXT_WEEK,
    **more: Any,
) -> Answer:
    dates = {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
    return answer(Question(table="queue", **dates, **more), days, office, now)


def told(found: Answer, service: str = "*", label: str = "start") -> dict[str, tuple[Any, ...]]:
    """The figures of one line, by the time at which their interval begins."""
    chosen = [row for row in found.rows if row["service"] == service]
    figures = {
        row[label][-14:-9] or row[label]: tuple(row[each] for each in LENGTHS) for row in chosen
    }
    assert len(figures) == len(chosen)
    return figures


# By hand: one after the other goes to moving; the second goes on to tax, and has it handed over


def a_monday(**more: Any) -> Day:
    second = (
        stay("2025-11-24 09:10", wait=30),
        stay("2025-11-24 09:45", wait=30, service="tax"),
        stay("2025-11-24 10:30", wait=6, service="tax", stage=H),
    )
    third = visit(stay("2025-11-24 09:15", left=15), end=End.CANCELLED)
    return tally(MONDAY, [visit(stay("2025-11-24 09:00", wait=20)), visit(*second), third], **more)


def test_every_interval_has_the_mean_and_the_most_who_stood_in_it():
    found = ask([a_monday()])
    assert told(found) == {"09:00": (1.3333, 3, 0.0, 0), "10:00": (0.25, 1, 0.1, 1)}
    assert told(found, "moving") == {"09:00": (1.0833, 3, None, None), "10:00": NOBODY}
    assert told(found, "tax") == {"09:00": (0.25, 1, 0.0, 0), "10:00": (0.25, 1, 0.1, 1)}
    assert told(found, "cards") == {"09:00": NOBODY}
    assert [row["service"] for row in found.rows[:5]] == ["*", "moving", "tax", "cards", "*"]
    assert found.n == 3


def test_whoever_comes_when_another_is_called_does_not_stand_behind_him():
    come = [visit(stay(f"2025-11-24 09:{m:02}", wait=10)) for m in range(0, 60, 10)]
    assert told(ask([tally(MONDAY, come)]), "moving")["09:00"] == (1.0, 1, None, None)


def test_whoever_still_waits_counts_up_to_now_and_of_what_comes_nothing_is_known():
    here = [visit(stay("2025-11-24 09:20"), end=End.OPEN)]
    now = ms("2025-11-24 09:40")
    found = told(ask([tally(MONDAY, here)], now=now, bin="30"))
    assert found == {
        "09:00": (0.3333, 1, None, None),
        "09:30": (1.0, 1, None, None),
        "10:00": (None, None, None, None),
        "10:30": (None, None, None, None),
    }


def test_whose_number_expired_is_counted_up_to_the_end_of_the_reception_hours():
    vain = visit(stay("2025-11-24 10:30", left=18 * 60), end=End.EXPIRED)
    late = visit(stay("2025-11-24 11:30", left=17 * 60), end=End.EXPIRED)
    assert told(ask([tally(MONDAY, [vain, late])])) == {
        "09:00": NOBODY,
        "10:00": (0.5, 1, None, None),
    }
    cards = visit(stay("2025-11-24 09:30", left=18 * 60, service="cards"), end=End.EXPIRED)
    assert told(ask([tally(MONDAY, [cards])]), "cards") == {"09:00": (0.5, 1, None, None)}


def test_in_an_imported_log_whoever_was_never_called_stands_in_line_if_it_says_how_long():
    unknown = visit(stay("2025-11-24 09:00"), end=End.EXPIRED)
    gone = visit(stay("2025-11-24 09:00", left=30), end=End.CANCELLED)
    imported = tally(MONDAY, [unknown, gone], source="3f9a")
    assert told(ask([imported]))["09:00"] == (0.5, 1, None, None)


def test_a_log_that_tells_no_calls_says_nothing_of_the_line():
    uncalled = tally(MONDAY, [visit(stay("2025-11-24 09:00"))], source="3f9a")
    dark = replace(uncalled, unknown=("called",))
    assert (ask([dark]).rows, ask([dark]).n) == ([], 0)
    assert ask([dark, a_monday()]).rows == ask([a_monday()]).rows


def test_a_line_that_goes_on_over_midnight_is_counted_on_both_dates():
    night = tally(MONDAY, [visit(stay("2025-11-24 23:30", wait=60))])
    assert told(ask([night]))["23:00"] == (0.5, 1, None, None)
    assert told(ask([night], TUESDAY, TUESDAY)) == {"00:00": (0.5, 1, None, None)}


def test_a_section_has_a_line_of_its_own():
    found = ask([a_monday()], by=("section",), bin="day").rows
    assert [(row["service"], row["section"], row["queue_max"]) for row in found] == [
        *(("*", None, 0), ("*", "Citizens", 3), ("*", "Revenue", 1)),
        *(("moving", "Citizens", 3), ("tax", "Revenue", 1), ("cards", None, 0)),
    ]


def test_all_days_laid_over_each_other_are_told_of_one_of_them():
    tuesday = tally(TUESDAY, [visit(stay("2025-11-25 09:00", wait=6))])
    found = ask([a_monday(), tuesday], last=SUNDAY, by=("time",)).rows
    whole = {row["time"]: row for row in found if row["service"] == "*"}
    nine = whole["09:00"]
    assert (nine["queue_mean"], nine["queue_max"]) == (round((80 + 6) / 120, DECIMALS), 3)
    assert nine["start"] == f"{MONDAY}T00:00:00+09:00"
    by_weekday = ask([a_monday(), tuesday], last=SUNDAY, by=("time", "weekday")).rows
    assert [
        (row["weekday"], row["queue_mean"])
        for row in by_weekday
        if (row["service"], row["time"]) == ("moving", "09:00")
    ] == [("mon", 1.0833), ("tue", 0.1)]


def test_a_time_at_which_somebody_stood_on_one_day_only_is_told_of_all_days_with_figures():
    early = tally(TUESDAY, [visit(stay("2025-11-25 08:30", wait=12))])
    found = ask([a_monday(), early], last=SUNDAY, by=("time",), service="*").rows
    assert (found[0]["time"], found[0]["queue_mean"]) == ("08:00", 0.1)


def test_days_that_know_nothing_of_a_hand_over_do_not_make_its_line_shorter():
    imported = tally(TUESDAY, [visit(stay("2025-11-25 09:00", wait=6))], source="3f9a")
    days = [a_monday(), imported]
    whole = {row["time"]: row for row in ask(days, last=SUNDAY, by=("time",), service="*").rows}
    ten = whole["10:00"]
    assert (ten["queue_mean"], ten["handover_queue_mean"]) == (0.125, 0.1)
    rows = ask(days, last=TUESDAY, bin="day", service="*").rows
    assert [row["handover_queue_max"] for row in rows] == [1, None]


def test_the_night_of_a_business_day_is_known_though_nothing_is_of_the_date_after():
    night = tally(MONDAY, [visit(stay("2025-11-24 23:00", wait=1))])
    found = told(ask([night], TUESDAY, TUESDAY, OPEN_ALL_DAY))
    assert found == {f"0{hour}:00": NOBODY for hour in range(4)}


def test_without_figures_of_a_day_nobody_is_said_to_have_stood_there():
    assert ask([]).rows == []
    assert ask([a_monday()], SATURDAY, SUNDAY).rows == []


@pytest.mark.parametrize("service", ["*", "moving", "tax", "cards", "dogs"])
def test_one_line_alone_has_the_rows_it_has_among_the_others(service: str):
    alone, among = ask([a_monday()], service=service), ask([a_monday()])
    assert alone.rows == [each for each in among.rows if each["service"] == service]


# By chance

OPEN_ALL_DAY = Office(
    id="hall",
    timezone="Asia/Tokyo",
    services=(Service(id="moving", prefix="A"), Service(id="tax", prefix="B")),
    desks=HALL.desks,
)


def chance_visit(chance: random.Random) -> Figures:
    """Someone of the first two hours: through up to three lines, called there or gone; times in seconds."""
    at = ms("2025-11-24 09:00") + chance.randrange(7200) * SECOND_MS
    stays: list[StayFigures] = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        wait = chance.choice((0, 1, chance.randrange(1800), chance.randrange(7200))) * SECOND_MS
        called = chance.random() < 0.8
        stays.append(
            StayFigures(
                service=chance.choice(("moving", "tax", "dogs")),
                stage=chance.choice((R, R, H)),
                since=at,
                wait=wait if called else None,
                until=None if called else at + wait,
            )
        )
        at += wait + called * chance.randrange(900) * SECOND_MS
    return Figures(
        arrived_at=stays[0].since,
        service=stays[0].service,
        end=chance.choice((End.FINISHED, End.CANCELLED, End.NO_SHOW)),
        stays=tuple(stays),
    )


def waits(
    visits: Sequence[Figures], service: str, stage: Stage, now: int = NEXT_WEEK
) -> list[tuple[int, int]]:
    """From when until when anybody stood in a line, in seconds."""
    return [
        (
            each.since // SECOND_MS,
            min(now, each.until or each.since + (each.wait or 0)) // SECOND_MS,
        )
        for visit in visits
        for each in visit.stays
        if each.stage is stage and service in ("*", each.service)
    ]


def second_by_second(row: Row, stood: Sequence[tuple[int, int]]) -> tuple[float, int]:
    """The mean and the most of an interval, by counting heads each second."""
    start, end = (int(datetime.fromisoformat(row[each]).timestamp()) for each in ("start", "end"))
    heads = [0] * (end - start)
    for since, until in stood:
        for second in range(max(since, start), min(until, end)):
            heads[second - start] += 1
    return round(sum(heads) / len(heads), DECIMALS), max(heads)


@pytest.mark.parametrize("bin", ["15", "60", "day"])
@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_counting_heads_each_second_gives(seed: int, bin: Bin):
    chance = random.Random(seed)
    visits = [chance_visit(chance) for _ in range(chance.randrange(1, 40))]
    found = ask([tally(MONDAY, visits)], bin=bin)
    assert {row["service"] for row in found.rows} >= {"*", "moving", "tax"}
    for row in found.rows:
        for kind, stage in (("queue", R), ("handover_queue", H)):
            stood = waits(visits, row["service"], stage)
            if stood or kind == "queue":
                assert (row[f"{kind}_mean"], row[f"{kind}_max"]) == second_by_second(row, stood)
            else:
                assert row[f"{kind}_mean"] is None


@pytest.mark.parametrize("bin", ["15", "30", "60", "day", "week"])
@pytest.mark.parametrize("seed", range(20))
def test_over_a_closed_day_the_line_is_what_was_waited(seed: int, bin: Bin):
    """L = λW: the mean × the length of every interval, summed up, is the sum of all waits."""
    chance = random.Random(seed)
    visits = [chance_visit(chance) for _ in range(200)]
    rows = ask([tally(MONDAY, visits)], office=OPEN_ALL_DAY, bin=bin).rows
    for service in ("*", "moving", "tax", "dogs"):
        for kind, stage in (("queue", R), ("handover_queue", H)):
            seconds = sum(until - since for since, until in waits(visits, service, stage))
            mine = [row for row in rows if row["service"] == service]
            stood = sum(row[f"{kind}_mean"] * lasted(row) for row in mine)
            rounded = sum(lasted(row) for row in mine) * 0.51 / 10**DECIMALS
            assert abs(stood - seconds) <= rounded


def lasted(row: Row) -> float:
    start, end = (datetime.fromisoformat(row[each]) for each in ("start", "end"))
    return (end - start).total_seconds()
