"""What visitors came for and how long it took, from days that were worked out by hand; minutes."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from queue_service.figures import Day, End
from queue_service.hours import instant
from queue_service.insights.ranking import MOST, TooMany
from queue_service.insights.reform_priority import Work, reform_priority
from queue_service.insights.work import Measured, drawn_hours, measured
from queue_service.office_files import read_office
from queue_service.tally import Figures, StayFigures, tally
from queue_service.tickets import Item, Stage

MONDAY = date(2025, 11, 24)
A_DAY = timedelta(days=1)
MINUTE_MS = 60_000
OFFICE = read_office(
    """
id: hall
timezone: Asia/Tokyo
services:
  - id: certificates
    prefix: A
    section: 市民課
    procedures: [{id: juminhyo}, {id: inkan}]
  - {id: insurance, prefix: B, section: 保険課, procedures: [{id: join}, {id: leave}]}
  - {id: advice, prefix: C}
desks: [{id: "1", services: [certificates]}]
""",
    "hall.yaml",
)
RECEPTION, CHECK, REVIEW, HANDOVER = Stage


def stay(service: str, stage: Stage, served: float | None, **more: Any) -> StayFigures:
    ms = None if served is None else round(served * MINUTE_MS)
    return StayFigures(
        service=service, stage=stage, **({"since": 0, "wait": 0, "served": ms} | more)
    )


def visit(*stays: StayFigures, items: str = "", day: date = MONDAY, **more: Any) -> Figures:
    """A visit at ten that was served and is over. `items`: procedures, with spaces."""
    usual: dict[str, Any] = {
        "arrived_at": instant(OFFICE.tz, day, 600),
        "service": stays[0].service,
        "to_call": 0,
        "wait": 0,
        "service_ms": sum(each.served or 0 for each in stays),
        "end": End.FINISHED,
        "stays": stays,
        "items": tuple(Item(name, 1) for name in items.split()),
    }
    return Figures(**(usual | more))


def days(*visits: Figures, source: str = "") -> list[Day]:
    return [tally(f"{MONDAY}", visits, source=source)]


def told(found: list[Day], first: date = MONDAY, last: date | None = None, **more: Any) -> Measured:
    """Of a year, unless said otherwise: cases are a year's cases."""
    return measured(found, OFFICE, first, last or first + 364 * A_DAY, **more)


def kinds(seen: Measured) -> dict[tuple[str | None, str | None], tuple[int | None, float]]:
    """Cases and minutes of each service and procedure."""
    return {
        (work.service, work.procedure): (work.counted, pytest.approx(sum(work.minutes.values())))
        for work in seen.works
    }


def hours(seen: Measured) -> float:
    return sum(work.load.hours for work in seen.works)


def test_a_procedure_has_cases_and_minutes_of_each_stage():
    first = visit(
        stay("insurance", RECEPTION, 5), stay("insurance", CHECK, 6, wait=None), items="join"
    )
    second = visit(stay("insurance", RECEPTION, 7), items="join")
    seen = told(days(first, second))
    (work,) = seen.works
    assert (work.procedure, work.service, work.section) == ("join", "insurance", "保険課")
    assert (work.counted, work.count, work.days) == (2, 2, 1)
    assert work.minutes == {RECEPTION: 6, CHECK: 3, REVIEW: 0, HANDOVER: 0}
    assert hours(seen) == pytest.approx(18 / 60)


def test_stages_of_several_procedures_are_shared_and_each_has_a_case():
    two = visit(
        stay("certificates", RECEPTION, 6),
        stay("certificates", HANDOVER, 2),
        items="juminhyo inkan",
    )
    one = visit(stay("certificates", RECEPTION, 4), items="juminhyo")
    seen = told(days(two, one))
    assert kinds(seen) == {
        ("certificates", "inkan"): (1, 4),
        ("certificates", "juminhyo"): (2, (4 + 4) / 2),
    }
    assert hours(seen) == pytest.approx(12 / 60)


def test_how_many_copies_were_asked_for_makes_no_difference():
    items = (Item("juminhyo", 3), Item("juminhyo", 1), Item("inkan", 1))
    seen = told(
        days(
            visit(stay("certificates", RECEPTION, 6), items=""),
            visit(stay("certificates", RECEPTION, 6)),
        )
    )
    assert kinds(seen) == {("certificates", None): (2, 6)}
    mine = visit(stay("certificates", RECEPTION, 6))
    mine.items = items
    assert kinds(told(days(mine))) == {
        ("certificates", "inkan"): (1, 3),
        ("certificates", "juminhyo"): (1, 3),
    }


def test_a_stage_belongs_to_the_procedures_of_its_service():
    legs = stay("certificates", RECEPTION, 3), stay("insurance", RECEPTION, 10)
    assert kinds(told(days(visit(*legs, items="juminhyo inkan join")))) == {
        ("certificates", "juminhyo"): (1, 1.5),
        ("certificates", "inkan"): (1, 1.5),
        ("insurance", "join"): (1, 10),
    }
    assert kinds(told(days(visit(*legs, items="juminhyo")))) == {
        ("certificates", "juminhyo"): (1, 3),
        ("insurance", None): (1, 10),
    }


def test_what_no_service_of_the_visit_offers_was_handled_where_nothing_else_was():
    legs = stay("advice", RECEPTION, 8), stay("insurance", RECEPTION, 2)
    assert kinds(told(days(visit(*legs, items="join juminhyo")))) == {
        ("advice", "juminhyo"): (1, 8),
        ("insurance", "join"): (1, 2),
    }
    assert kinds(told(days(visit(legs[0], items="gone join")))) == {
        ("advice", "gone"): (1, 4),
        ("advice", "join"): (1, 4),
    }


def test_whoever_was_not_served_is_no_case():
    never = {"wait": None, "service_ms": None}
    missed = visit(stay("advice", RECEPTION, None), **never, end=End.NO_SHOW)
    left = visit(stay("advice", RECEPTION, None, wait=None), **never, to_call=None, end=End.EXPIRED)
    passed_on = visit(stay("advice", RECEPTION, None), stay("insurance", RECEPTION, 4))
    seen = told(days(missed, left, passed_on))
    assert kinds(seen) == {("insurance", None): (1, 4)}
    assert (seen.seen.visits, seen.seen.handled, seen.seen.timed) == (3, 1, 1)


def test_who_never_came_back_for_the_hand_over_was_work_all_the_same():
    gone = visit(
        stay("insurance", RECEPTION, 4), stay("insurance", HANDOVER, None), end=End.NO_SHOW
    )
    assert kinds(told(days(gone))) == {("insurance", None): (1, 4)}


def test_a_forgotten_finish_is_a_case_that_takes_the_mean():
    lost = visit(stay("insurance", RECEPTION, 300), items="join", forgotten=True)
    only_called = visit(stay("advice", RECEPTION, None), wait=None, end=End.OPEN, forgotten=True)
    seen = told(
        days(
            visit(stay("insurance", RECEPTION, 4), items="join"),
            visit(stay("insurance", RECEPTION, 8), items="join"),
            lost,
            only_called,
        )
    )
    assert kinds(seen) == {("insurance", "join"): (3, 6)}
    assert hours(seen) == pytest.approx(18 / 60)
    assert (seen.seen.handled, seen.seen.timed) == (4, 2)
    (timeless,) = seen.timeless
    assert (timeless.service, timeless.procedure, timeless.counted) == ("advice", None, 1)


def test_a_forgotten_visit_is_a_case_where_it_was_called():
    lost = visit(
        stay("insurance", RECEPTION, 5),
        stay("advice", RECEPTION, None, wait=None),
        forgotten=True,
    )
    seen = told(days(visit(stay("insurance", RECEPTION, 4)), lost))
    assert kinds(seen) == {("insurance", None): (2, 4)}
    assert seen.timeless == []


def test_who_is_still_served_is_not_counted_yet_and_a_log_may_not_say_how_it_ended():
    now = visit(stay("insurance", RECEPTION, 4), stay("insurance", HANDOVER, None), end=End.OPEN)
    seen = told(days(now))
    assert (seen.works, seen.seen.running, seen.seen.handled) == ([], 1, 0)
    seen = told(days(now, source="a log"))
    assert kinds(seen) == {("insurance", None): (1, 4)}
    assert seen.seen.running == 0
    called = visit(stay("insurance", RECEPTION, None), wait=None, end=End.OPEN, service_ms=None)
    assert told(days(called, source="a log")).timeless[0].counted == 1


def test_only_visits_of_the_dates_asked_for_are_counted():
    found = [
        tally(f"{day}", [visit(stay("advice", RECEPTION, 1), day=day)])
        for day in (MONDAY - A_DAY, MONDAY, MONDAY + A_DAY)
    ]
    assert told(found, MONDAY, MONDAY).seen.visits == 1
    assert told(found, MONDAY, MONDAY + A_DAY).days == 2


@pytest.mark.parametrize(
    ("window", "factor", "seasons"),
    [(365, 1, True), (366, 1, True), (364, 365 / 364, True), (73, 5, False), (730, 0.5, True)],
)
def test_cases_are_scaled_to_a_year(window: int, factor: float, seasons: bool):
    found = days(visit(stay("advice", RECEPTION, 6)))
    seen = told(found, MONDAY, MONDAY + (window - 1) * A_DAY)
    assert (seen.calendar_days, seen.annual_factor) == (window, pytest.approx(factor))
    assert seen.seasons_seen == seasons
    (work,) = seen.works
    assert (work.counted, work.count) == (1, pytest.approx(factor))
    assert work.load.hours == pytest.approx(factor * 6 / 60)


def test_days_that_have_not_come_yet_are_no_days():
    found = days(visit(stay("advice", RECEPTION, 6)))
    seen = told(found, today=MONDAY + 72 * A_DAY)
    assert (seen.calendar_days, seen.annual_factor) == (73, 5)


# How sure it is


def many(chance: np.random.Generator, dates: int, means: tuple[float, ...]) -> list[Day]:
    """Days with some visits of each procedure; days differ, and so do visits."""
    names, found = ("join", "leave"), []
    for n in range(dates):
        day, busy = MONDAY + n * A_DAY, chance.normal(1, 0.1)
        visits = [
            visit(stay("insurance", RECEPTION, mean * busy * each), items=name, day=day)
            for name, mean in zip(names, means, strict=False)
            for each in chance.gamma(4, 0.25, chance.poisson(12))
        ]
        found.append(tally(f"{day}", visits))
    return found


def test_the_interval_is_that_of_days_drawn_anew_and_narrow_where_days_are_alike():
    seen = told(many(np.random.default_rng(1), 40, (6, 9)))
    order = reform_priority(seen.works)
    assert [each.procedure for each in order.procedures] == ["leave", "join"]
    assert (order.swaps, order.undetermined) == ([], [])
    for each in order.procedures:
        assert each.hours_low is not None and each.hours_high is not None
        assert 0.8 < each.hours_low / each.hours < 1 < each.hours_high / each.hours < 1.2
    alike = [
        tally(f"{day}", [visit(stay("advice", RECEPTION, 6), day=day)])
        for day in (MONDAY + n * A_DAY for n in range(10))
    ]
    (place,) = reform_priority(told(alike).works).procedures
    assert (place.hours_low, place.hours_high) == (place.hours, place.hours) == (1, 1)


def test_where_cases_are_scaled_their_number_is_in_doubt_too():
    def order(window: int, visits: list[int]) -> tuple[float, float, float]:
        found = [
            tally(f"{day}", [visit(stay("advice", RECEPTION, 6), day=day)] * count)
            for n, count in enumerate(visits)
            for day in [MONDAY + n * A_DAY]
        ]
        seen = told(found, MONDAY, MONDAY + (window - 1) * A_DAY)
        (place,) = reform_priority(seen.works).procedures
        assert place.hours_low is not None and place.hours_high is not None
        return place.hours_low, place.hours, place.hours_high

    uneven = [1, 9] * 10
    assert order(365, uneven) == (10, 10, 10)
    low, hours, high = order(73, uneven)
    assert hours == pytest.approx(50)
    assert 20 < low < 40 and 60 < high < 80


def test_below_ten_days_it_cannot_be_told():
    chance = np.random.default_rng(1)
    order = reform_priority(told(many(chance, 9, (6, 9))).works)
    assert [each.hours_low for each in order.procedures] == [None, None]
    assert [each.could_swap_with for each in order.procedures] == [None, None]
    assert (order.swaps, order.undetermined) == ([], [(1, 2)])


def test_a_procedure_of_few_days_cannot_be_told_though_there_are_many_days():
    found = many(np.random.default_rng(1), 40, (6,))
    rare = tally(f"{MONDAY}", [visit(stay("advice", RECEPTION, 30))], source="a log")
    order = reform_priority(told([*found, rare]).works)
    assert [each.hours_low is None for each in order.procedures] == [False, True]
    assert [each.could_swap_with for each in order.procedures] == [[], None]
    assert order.undetermined == [(1, 2)]


def test_two_that_take_the_same_could_swap_and_the_interval_holds_the_truth():
    """In 300 offices of 40 days; each visit of both takes six minutes on average."""
    chance, offices, held, sure = np.random.default_rng(20_250_804), 300, 0, 0
    dates = [f"{MONDAY + (n // 5 * 7 + n % 5) * A_DAY}" for n in range(40)]
    for _ in range(offices):
        busy = chance.normal(1, 0.1, 40)
        cases = np.tile(chance.poisson(12, 40) + 1, (2, 1))
        ms = 6 * MINUTE_MS * busy * chance.gamma(4 * cases, 0.25)
        table = np.zeros((2, 40, 6))
        table[:, :, 0], table[:, :, 1], table[:, :, 2] = cases, cases, ms
        drawn = drawn_hours(table, dates, 1.0)
        works = [
            Work(
                procedure=f"p{n}",
                count=float(cases[n].sum()),
                minutes={RECEPTION: float(ms[n].sum() / cases[n].sum() / MINUTE_MS)},
                drawn=drawn[n],
                days=40,
            )
            for n in range(2)
        ]
        order = reform_priority(works)
        sure += order.swaps == []
        place = next(each for each in order.procedures if each.procedure == "p0")
        assert place.hours_low is not None and place.hours_high is not None
        held += place.hours_low <= works[0].count * 6 / 60 <= place.hours_high
    assert 0.93 <= held / offices <= 0.98
    assert 0.02 <= sure / offices <= 0.07


def test_more_procedures_than_can_be_compared_are_refused():
    visits = [visit(stay(f"queue {n}", RECEPTION, 1)) for n in range(MOST + 1)]
    with pytest.raises(TooMany, match="1001"):
        told(days(*visits))
