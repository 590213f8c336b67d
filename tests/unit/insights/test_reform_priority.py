"""What to reform first: the worked example of a city, and how sure its order is."""

import pytest

from queue_service.insights.reform_priority import ReformPriority, Work, reform_priority
from queue_service.tickets import Stage

CITY = (  # cases a year; minutes of reception, check, review, hand-over
    (60_000, (1, 2, 1, 2)),
    (35_000, (1, 2, 1, 2)),
    (4_200, (6, 8, 15, 8)),
    (5_200, (5, 6, 12, 6)),
    (1_500, (6, 6, 20, 3)),
)


def works(uncertainty: float = 0.2) -> list[Work]:
    return [
        Work(
            procedure=f"p{n}",
            section="市民課" if n < 3 else "福祉課",
            count=count,
            minutes=dict(zip(Stage, minutes, strict=True)),
            uncertainty=uncertainty,
        )
        for n, (count, minutes) in enumerate(CITY, start=1)
    ]


def hours(told: ReformPriority) -> list[float]:
    return [each.hours for each in told.procedures]


def test_hours_are_cases_times_minutes():
    told = reform_priority(works()[::-1])
    assert [each.procedure for each in told.procedures] == ["p1", "p2", "p3", "p4", "p5"]
    assert hours(told) == pytest.approx([6000, 3500, 2590, 2513.3333, 875])
    assert told.hours == pytest.approx(15_478.3333)
    assert told.procedures[0].share == pytest.approx(6000 / 15_478.3333, abs=1e-4)
    assert told.procedures[-1].cumulative == 1.0
    assert told.cases == 105_900


def test_only_the_third_and_the_fourth_could_stand_the_other_way_round():
    told = reform_priority(works(0.2))
    assert told.swaps == [(3, 4)]
    assert [each.could_swap_with for each in told.procedures] == [[], [], [4], [3], []]
    assert (told.procedures[2].hours_low, told.procedures[2].hours_high) == (2072, 3108)


def test_whoever_knows_the_minutes_exactly_knows_the_order():
    assert reform_priority(works(0.0)).swaps == []
    assert reform_priority(works(0.9)).swaps == [(1, 2), (2, 3), (3, 4), (4, 5)]


def test_a_saving_is_the_hours_of_the_stages_that_become_shorter():
    told = reform_priority(works(), {Stage.RECEPTION: 0.3, Stage.REVIEW: 0.5})
    assert told.procedures[0].saving == pytest.approx(60_000 * (1 * 0.3 + 1 * 0.5) / 60)
    assert told.saving == pytest.approx(sum(each.saving for each in told.procedures))
    assert told.reduction == {"reception": 0.3, "review": 0.5}
    assert reform_priority(works()).saving == 0


def test_sections_add_up():
    told = reform_priority(works())
    assert [(each.section, each.procedures) for each in told.by_section] == [
        ("市民課", 2),
        ("福祉課", 3),
    ]
    assert sum(each.hours for each in told.by_section) == pytest.approx(told.hours)


def test_nothing_takes_no_time():
    told = reform_priority([])
    assert (told.hours, told.procedures, told.swaps, told.by_section) == (0, [], [], [])
    idle = reform_priority([Work(procedure="p", count=0, minutes={})])
    assert (idle.procedures[0].share, idle.procedures[0].cumulative) == (0.0, 0.0)
