"""What is told of few people is withheld, and an attacker who adds and subtracts learns none of it."""

from collections.abc import Mapping
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_service.intervals import Question
from queue_service.measures import COUNTS, ENDS, NESTED
from queue_service.withholding import Shape, Withheld, withheld, without

DAY = date(2026, 11, 23)
ARRIVALS = Question(first=DAY, last=DAY).shape
COUNTED = replace(ARRIVALS, spans={})
Row = dict[str, Any]


def row(
    service: str, arrivals: int, *, called: int | None = None, no_show: int = 0, **more: Any
) -> Row:
    """A row in which everybody came to an end: those who were not called gave up."""
    called = arrivals if called is None else called
    served = called - no_show
    ends = {"finished": served, "no_show": no_show, "cancelled": arrivals - called, "expired": 0}
    counts = {"arrivals": arrivals, "refused": 0, "called": called, "served": served}
    return {"start": "09:00", "service": service, **counts, **ends, **more}


def office(*services: Row) -> list[Row]:
    """The services of an interval, with their sum before them."""
    whole = {name: sum(each[name] for each in services) for name in COUNTS}
    return [{"start": services[0]["start"], "service": "*", **whole}, *services]


def hidden(rows: list[Row], below: int = 5, shape: Shape = COUNTED, **more: Any) -> Withheld:
    return withheld(rows, shape, below, whole="*", **more)


def told(rows: list[Row], column: str = "arrivals", below: int = 5) -> list[int | None]:
    return [each[column] for each in without(rows, hidden(rows, below))]


# By hand


def test_one_to_four_are_withheld_and_zero_and_five_are_not():
    for count in range(8):
        assert told([row("moving", count)]) == [None if 1 <= count <= 4 else count]


def test_another_number_may_be_asked_for():
    assert told([row("moving", 9)], below=10) == [None]
    assert told([row("moving", 2)], below=2) == [2]


def test_what_became_of_visits_is_told_whole_or_not_at_all():
    (seen,) = without(rows := [row("moving", 20, no_show=2)], hidden(rows))
    assert seen["arrivals"] == 20
    assert {seen[name] for name in (*NESTED[1:], *ENDS)} == {None}
    (seen,) = without(rows := [row("moving", 20, no_show=6)], hidden(rows))
    assert (seen["served"], seen["no_show"], seen["cancelled"]) == (14, 6, 0)


def test_those_who_are_missing_from_a_count_are_as_few():
    """Twenty came, and eighteen were called."""
    few = row("moving", 20) | {"called": 18, "served": 18, "finished": 18, "cancelled": 0}
    assert told([few], "called") == [None]


def test_a_single_service_is_not_what_is_left_of_the_office():
    assert told(office(row("a", 40), row("b", 3), row("c", 12))) == [55, 40, None, None]
    assert told(office(row("a", 40), row("b", 3))) == [43, None, None]


def test_two_services_that_are_few_together_take_a_third_with_them():
    assert told(office(row("a", 40), row("b", 1), row("c", 2))) == [43, None, None, None]
    assert told(office(row("a", 40), row("b", 4), row("c", 4))) == [48, 40, None, None]


def test_five_of_one_each_are_not_five_that_nobody_can_tell_apart():
    ones = [row(name, 1) for name in "bcdef"]
    assert told(office(row("a", 40), *ones)) == [45, *[None] * 6]


def test_an_office_of_few_is_withheld_and_is_not_the_sum_of_what_is_told():
    assert told(office(row("a", 3), row("b", 0))) == [None, None, 0]
    rows = office(row("a", 20, called=12), row("b", 20))
    rows[0]["refused"] = rows[1]["refused"] = 3
    assert told(rows, "refused") == [None, None, 0]


def test_what_became_of_them_cannot_be_worked_out_from_the_office():
    rows = office(row("a", 60, no_show=10), row("b", 30, no_show=2), row("c", 20))
    assert told(rows, "no_show") == [12, None, None, None], "twelve, less ten, are two"
    rows = office(row("a", 60, no_show=10), row("b", 30, no_show=2))
    assert told(rows, "no_show") == [12, None, None]
    rows = office(row("a", 60), row("b", 30, no_show=2))
    assert told(rows, "no_show") == [None, 0, None], "nothing is told of the office"


def test_intervals_and_whatever_else_rows_are_told_apart_by_are_added_up_apart():
    rows = office(row("a", 40), row("b", 3)) + office(
        row("a", 40, start="10:00"), row("b", 9, start="10:00")
    )
    assert told(rows) == [43, None, None, 49, 40, 9]
    rows = [each | {"desk": desk} for desk in "12" for each in office(row("a", 40), row("b", 9))]
    rows[2]["arrivals"], rows[0]["arrivals"] = 3, 43
    found = hidden(rows, told_by=("desk",))
    assert found.cells["arrivals"] == [1, 2]


def test_times_need_five_who_had_them_and_the_longest_is_one_persons():
    times = {name: 60.0 for columns in ARRIVALS.spans.values() for name in columns}
    rows = [row("moving", 40, **times) for _ in range(3)]
    populations = {span: [4, 5, 10] for span in ARRIVALS.spans}
    few, some, many = without(rows, hidden(rows, shape=ARRIVALS, populations=populations))
    assert {few[name] for name in times} == {None}
    assert (some["wait_mean_s"], some["wait_p50_s"], some["wait_p90_s"]) == (60.0, 60.0, None)
    assert (many["wait_p90_s"], many["wait_max_s"], many["time_in_system_p90_s"]) == (
        60.0,
        None,
        60.0,
    )


def test_what_nobody_knows_is_not_called_withheld():
    rows = [row("moving", 3) | {"served": None, "refused": None}]
    found = hidden(rows)
    assert "served" not in found.cells and "refused" not in found.cells
    assert found.cells["arrivals"] == [0]


def test_lengths_of_the_line_are_told_where_five_stood_at_once():
    shape = Question(table="queue", first=DAY, last=DAY).shape
    length = {
        "start": "09:00",
        "queue_mean": 0.5,
        "handover_queue_max": 0,
        "handover_queue_mean": 0.0,
    }
    rows = [length | {"service": "*", "queue_max": 12}, length | {"service": "a", "queue_max": 3}]
    rows += [length | {"service": "b", "queue_max": 9}, length | {"service": "c", "queue_max": 11}]
    seen = without(rows, withheld(rows, shape, 5, whole="*"))
    assert [each["queue_max"] for each in seen] == [12, None, None, 11]
    assert [each["queue_mean"] for each in seen] == [0.5, None, None, 0.5]
    assert {each["handover_queue_max"] for each in seen} == {0}


@pytest.mark.parametrize("table", ["arrivals", "stages", "queue"])
@pytest.mark.parametrize("within", [None, 15])
def test_every_figure_of_a_table_is_under_the_rule(table: Any, within: int | None):
    question = Question(table=table, first=DAY, last=DAY, within=within)
    shape = question.shape
    times = {column for columns in shape.spans.values() for column in columns}
    ruled = {shape.base, *shape.inner, *shape.alone, *times, *shape.follow}
    assert ruled == set(question.measures)


# By an attacker

counts = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 30])


@st.composite
def services(draw: st.DrawFn) -> list[Row]:
    found = []
    for n in range(draw(st.integers(1, 6))):
        served, no_show, cancelled, expired = (draw(counts) for _ in range(4))
        more = {"refused": draw(counts), "expired": expired, "cancelled": cancelled}
        called = served + no_show
        found.append(
            row(f"s{n}", called + cancelled + expired, called=called, no_show=no_show, **more)
        )
    return office(*found)


Bounds = Mapping[tuple[int, str], tuple[int, int]]


def worked_out(rows: list[Row], told: list[Row]) -> Bounds:
    """The least and the most that each count can be, for one who knows the rule and how counts hang
    together: services add up, everybody came to one end, and what is withheld of arrivals is not zero.
    """
    most = 10**6
    low, high = dict[tuple[int, str], int](), dict[tuple[int, str], int]()
    for n, each in enumerate(told):
        for name in COUNTS:
            known = each[name]
            low[n, name] = known if known is not None else int(name in ("arrivals", "refused"))
            high[n, name] = known if known is not None else most
    parts = range(1, len(rows))
    sums = [((0, name), [(n, name) for n in parts]) for name in COUNTS]
    sums += [((n, "arrivals"), [(n, name) for name in ENDS]) for n in range(len(rows))]
    sums += [((n, "called"), [(n, "finished"), (n, "no_show")]) for n in range(len(rows))]
    wider = [
        ((n, wide), (n, narrow))
        for n in range(len(rows))
        for wide, narrow in combinations(NESTED, 2)
    ]
    for _ in range(12):
        for total, of in sums:
            low[total] = max(low[total], sum(low[each] for each in of))
            high[total] = min(high[total], sum(high[each] for each in of))
            for part in of:
                others = [each for each in of if each != part]
                low[part] = max(low[part], low[total] - sum(high[each] for each in others))
                high[part] = min(high[part], high[total] - sum(low[each] for each in others))
        for wide, narrow in wider:
            high[narrow], low[wide] = min(high[narrow], high[wide]), max(low[wide], low[narrow])
    return {cell: (low[cell], high[cell]) for cell in low}


@given(services())
@settings(max_examples=300, deadline=None)
def test_nobody_can_work_out_a_count_of_one_to_four(rows: list[Row]):
    seen = without(rows, hidden(rows))
    for (n, name), (low, high) in worked_out(rows, seen).items():
        assert low <= rows[n][name] <= high, "the attacker reckons rightly"
        assert not (low == high and 1 <= low <= 4), (n, name, low)


def test_the_attacker_finds_what_is_withheld_by_halves():
    """So that the test above can fail: only what is small itself is taken away."""
    rows = office(row("a", 40), row("b", 3), row("c", 12))
    seen = [each | {name: None for name in COUNTS if each[name] in range(1, 5)} for each in rows]
    assert worked_out(rows, seen)[2, "arrivals"] == (3, 3)


@given(services(), st.integers(2, 12))
@settings(max_examples=200, deadline=None)
def test_zero_is_told_where_nobody_came_and_nothing_is_told_of_few(rows: list[Row], below: int):
    for each, seen in zip(rows, without(rows, hidden(rows, below)), strict=True):
        assert not any(seen[name] in range(1, below) for name in COUNTS)
        assert each["arrivals"] or seen["arrivals"] == 0


def test_an_ordinary_day_keeps_its_arrivals():
    hours = [
        office(
            row("a", 60, no_show=2),
            row("b", 25),
            row("c", 8),
        )
        for _ in range(3)
    ]
    rows = [each | {"start": n} for n, hour in enumerate(hours) for each in hour]
    assert "arrivals" not in hidden(rows).cells


def test_a_shape_without_times_or_sums_is_enough():
    rows = [{"start": 0, "service": "a", "n": 3}]
    assert withheld(rows, Shape(base="n"), 5, whole="*").cells == {"n": [0]}
