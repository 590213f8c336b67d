"""What to reform first: the worked example of a city, and how sure its order is."""

import numpy as np
import pytest

from queue_service.insights.ranking import MOST, TooMany
from queue_service.insights.reform_priority import (
    ReformPriority,
    Work,
    reduction_of,
    reform_priority,
)
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


def test_the_hours_of_the_stages_add_up_to_the_total_in_every_place_and_in_all():
    told = reform_priority(works(), {Stage.REVIEW: 0.5}, by="section")
    for place in (*told.procedures, *told.by_section):
        assert sum(place.stages.values()) == pytest.approx(place.hours, abs=1e-3)
        assert place.minutes_a_case == pytest.approx(sum(place.minutes.values()), abs=1e-3)
        assert place.count * place.minutes_a_case / 60 == pytest.approx(place.hours, rel=1e-4)
        assert place.saving == pytest.approx(place.stages["review"] / 2, abs=1e-3)
    for rows in (told.procedures, told.by_section):
        assert sum(place.hours for place in rows) == pytest.approx(told.hours, abs=1e-3)
        for stage, hours in told.stages.items():
            assert sum(place.stages[stage] for place in rows) == pytest.approx(hours, abs=1e-3)
    assert sum(told.stages.values()) == pytest.approx(told.hours, abs=1e-3)


def test_sections_are_put_in_order_like_procedures():
    told = reform_priority(works(0.2), by="section")
    first, second = told.by_section
    assert (first.rank, first.section, first.count, first.procedures) == (1, "市民課", 95_000, 2)
    assert (first.hours, second.hours) == (9500, pytest.approx(5978.3333))
    # Independent errors of two procedures: the root of 1200² + 700².
    assert first.hours_high == pytest.approx(9500 + np.hypot(1200, 700), abs=1e-3)
    assert (told.by, told.swaps, told.if_off.swaps) == ("section", [], [])
    assert reform_priority(works(0.2), by="section", if_off=0.5).if_off.swaps == [(1, 2)]
    assert reform_priority(works(0.9), by="section").swaps == [(1, 2)]


def test_which_ranks_would_change_if_all_minutes_were_off():
    exact = works(0.0)
    assert reform_priority(exact).if_off.swaps == [(3, 4)]
    assert reform_priority(exact, if_off=0).if_off.swaps == []
    assert reform_priority(exact, if_off=0.5).if_off.swaps == [(1, 2), (2, 3), (2, 4), (3, 4)]


def drawn(name: str, hours: float, off: np.ndarray, days: int = 100) -> Work:
    """A procedure that was measured: hours a year, and by how much each draw of days differs."""
    return Work(
        procedure=name,
        count=60.0,
        counted=60,
        minutes={Stage.RECEPTION: hours},
        drawn=hours + off,
        days=days,
    )


@pytest.mark.parametrize(("changed", "swaps"), [(24, []), (25, [(1, 2)])])
def test_two_that_were_measured_could_swap_if_one_draw_in_forty_says_so(
    changed: int, swaps: list[tuple[int, int]]
):
    draws = np.where(np.arange(1000) < changed, -10.5, 0.3)
    rough, sure = drawn("a", 100, draws), drawn("b", 90, np.zeros(1000))
    assert reform_priority([sure, rough]).swaps == swaps


def test_days_that_move_both_alike_leave_the_order_sure():
    together = np.random.default_rng(1).normal(0, 20, 4000)
    assert reform_priority([drawn("a", 100, together), drawn("b", 90, together)]).swaps == []
    apart = together[::-1]
    assert reform_priority([drawn("a", 100, together), drawn("b", 90, apart)]).swaps == [(1, 2)]


def test_what_was_measured_and_what_a_table_states_are_in_doubt_together():
    off = np.linspace(-8, 8, 4001)  # one in forty lies 7.6 hours below

    def told(half: float, gap: float) -> list[tuple[int, int]]:
        table = Work(
            procedure="t",
            count=60,
            minutes={Stage.CHECK: 100 - gap},
            uncertainty=half / (100 - gap),
        )
        return reform_priority([drawn("m", 100, off), table]).swaps

    reach = float(np.hypot(7.6, 5))
    assert told(5, reach - 0.1) == [(1, 2)]
    assert told(5, reach + 0.1) == []
    assert told(0, 7.5) == [(1, 2)]
    assert told(0, 7.7) == []


def test_a_section_with_measured_and_stated_procedures_has_both_doubts():
    off = np.linspace(-8, 8, 4001)
    table = Work(procedure="t", count=60, minutes={Stage.CHECK: 50}, uncertainty=0.1)
    (place,) = reform_priority([drawn("m", 100, off), table], by="section").by_section
    assert place.hours_low == pytest.approx(150 - np.hypot(7.6, 5), abs=1e-2)
    assert place.hours_high == pytest.approx(150 + np.hypot(7.6, 5), abs=1e-2)
    few = drawn("m", 100, off, days=9)
    known = reform_priority([few, table, drawn("n", 99, off[::-1])])
    assert [each.could_swap_with for each in known.procedures] == [None, [], []]
    assert (known.swaps, known.undetermined) == ([], [(1, 2)])
    (place,) = reform_priority([few, table], by="section").by_section
    assert (place.hours_low, place.could_swap_with) == (None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lunch:0.5", "'lunch' is no stage: use reception, check, review, handover"),
        ("review", "write a part from 0 to 1"),
        ("review:nan", "write a part from 0 to 1"),
        ("review:0.1,review:0.2", "named twice"),
    ],
)
def test_a_reduction_that_cannot_be_read_says_what_to_write(text: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        reduction_of(text)


def test_more_than_can_be_compared_are_refused():
    with pytest.raises(TooMany, match="1001 procedures"):
        reform_priority([Work(procedure=f"{n}", count=1, minutes={}) for n in range(MOST + 1)])


def test_nothing_takes_no_time():
    told = reform_priority([])
    assert (told.hours, told.procedures, told.swaps, told.by_section) == (0, [], [], [])
    idle = reform_priority([Work(procedure="p", count=0, minutes={})])
    assert (idle.procedures[0].share, idle.procedures[0].cumulative) == (0.0, 0.0)
