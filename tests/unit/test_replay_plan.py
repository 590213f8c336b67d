"""From the rows of a log to steps: their order, their desks, and the office made for them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_service.office_files import office_from_json, office_to_json, read_office
from queue_service.replay_office import PlanError, ids
from queue_service.replay_plan import Plan, Verb, plan_in, plan_new
from queue_service.ticket_log import Row
from tests.hall import OFFICE_YAML

MINUTE = 60_000
TEN = 1_577_696_400_000  # 2019-12-30T10:00:00+01:00


def row(line: int, issued: float, called: float | None = None, **more: object) -> Row:
    """A ticket; times are minutes after ten o'clock."""

    def instant(minutes: object) -> int | None:
        return None if minutes is None else int(TEN + float(minutes) * MINUTE)  # type: ignore[arg-type]

    for name in ("started_at", "finished_at"):
        more[name] = instant(more.pop(name.removesuffix("_at"), None))
    return Row(
        line=line,
        issued_at=instant(issued) or 0,
        called_at=instant(called),
        day="2019-12-30",
        utc_offset=60,
        **({"service": "a"} | more),  # type: ignore[arg-type]
    )


def plan(*rows: Row) -> Plan:
    made = plan_new("hall", "Europe/Warsaw", rows)
    assert office_from_json(office_to_json(made.office)) == made.office  # it breaks no rule
    return made


def told(steps: Plan) -> list[str]:
    """The steps in words, like `5 call 2 at 1`; the instants are minutes after ten."""
    return [
        f"{(step.at - TEN) / MINUTE:g} {step.verb} {step.row.line}"
        + (f" at {step.desk}" if step.desk else "")
        for step in steps.steps
    ]


def test_a_desk_ends_the_visit_before_it_calls_the_next_ticket() -> None:
    assert told(plan(row(2, 0, 1), row(3, 0, 4))) == [
        *("0 issue 2", "0 issue 3", "1 call 2 at 1"),
        *("4 finish 2", "4 call 3 at 1", "4 finish 3"),
    ]


def test_a_ticket_that_is_never_called_only_waits() -> None:
    assert told(plan(row(2, 0))) == ["0 issue 2"]


def test_within_one_second_tickets_are_issued_before_any_is_called_in_the_order_of_the_log() -> (
    None
):
    steps = told(plan(row(2, 5, 5), row(3, 5, 5, service="b"), row(4, 1, 5, service="c")))
    assert steps[1:6] == [
        *("5 issue 2", "5 issue 3"),
        *("5 call 2 at 1", "5 call 3 at 2", "5 call 4 at 3"),
    ]


def test_calls_of_one_queue_follow_the_log_even_when_they_are_out_of_turn() -> None:
    calls = [step.row.line for step in plan(row(2, 0, 9), row(3, 1, 3), row(4, 2, 3)).steps
             if step.verb is Verb.CALL]  # fmt: skip
    assert calls == [3, 4, 2]


def test_a_log_with_every_time_is_followed_to_the_letter() -> None:
    assert told(plan(row(2, 0, 1, started=2, finished=5), row(3, 0, 5, started=6, finished=7))) == [
        *("0 issue 2", "0 issue 3", "1 call 2 at 1", "2 start 2", "5 finish 2"),
        *("5 call 3 at 1", "6 start 3", "7 finish 3"),
    ]


def test_overlapping_visits_of_a_service_get_a_desk_each() -> None:
    made = plan(
        row(2, 0, 1, finished=5), row(3, 0, 3, finished=9), row(4, 0, 5, finished=6), row(5, 0, 6)
    )
    assert [(desk.id, desk.services) for desk in made.office.desks] == [
        ("1", ("a",)),
        ("2", ("a",)),
    ]
    assert [step.desk for step in made.steps if step.desk] == ["1", "2", "1", "1"]


def test_a_free_desk_calls_before_one_whose_visit_may_last() -> None:
    made = plan(row(2, 0, 1, finished=5), row(3, 0, 3, finished=6), row(4, 0, 7), row(5, 0, 8))
    assert [step.desk for step in made.steps if step.desk] == ["1", "2", "1", "2"]


def test_a_visit_that_begins_and_ends_in_one_second_is_called_before_it_ends() -> None:
    assert told(plan(row(2, 0, 1, finished=1), row(3, 0, 1, finished=1)))[2:] == [
        *("1 call 2 at 1", "1 call 3 at 2", "1 finish 2", "1 finish 3")
    ]


def test_the_desks_of_the_log_are_used_and_let_go_of_what_they_hold() -> None:
    made = plan(
        row(2, 0, 1, desk="7", finished=9),
        row(3, 0, 2, desk="7"),
        row(4, 0, 3, desk="7", service="b"),
    )
    assert told(made)[3:] == [
        *("1 call 2 at 7", "2 finish 2", "2 call 3 at 7", "3 finish 3", "3 call 4 at 7"),
        "9 finish 4",  # the last entry of the day
    ]
    assert [(desk.id, desk.services) for desk in made.office.desks] == [("7", ("a", "b"))]


def test_no_shows_and_cancellations_are_followed_and_never_served() -> None:
    made = plan(
        row(2, 0, 1, outcome="no_show", started=1),
        row(3, 0, 4, outcome="no_show", finished=6),
        row(4, 0, outcome="cancelled", finished=3),
        row(5, 0, outcome="cancelled"),
        row(6, 0, 7, outcome="cancelled"),
        row(7, 0, 8),
    )
    assert told(made)[6:] == [
        *("1 call 2 at 1", "3 cancel 4", "4 no-show 2", "4 call 3 at 1", "6 no-show 3"),
        *("7 call 6 at 1", "8 cancel 6", "8 call 7 at 1", "8 finish 7", "8 cancel 5"),
    ]


def test_a_ticket_served_without_a_call_in_the_log_was_called_when_it_was_served() -> None:
    assert told(plan(row(2, 0, started=3, finished=5), row(3, 0, finished=6)))[2:] == [
        *("3 call 2 at 1", "3 start 2", "5 finish 2", "6 call 3 at 1", "6 finish 3")
    ]


def test_at_the_end_of_a_business_day_no_desk_keeps_a_ticket_of_unknown_end() -> None:
    day = 24 * 60
    made = plan(
        row(2, 0, 1), row(3, 0, 2, service="b", finished=day + 3), row(4, 0), row(5, day, day + 5)
    )
    assert told(made)[3:] == [
        *("1 call 2 at 1", "2 call 3 at 2", "2 finish 2"),
        *(f"{day} issue 5", f"{day + 3} finish 3", f"{day + 5} call 5 at 1", f"{day + 5} finish 5"),
    ]


def test_services_have_deterministic_ids_prefixes_and_enough_numbers() -> None:
    rows = [row(2, 0, service="転入 届"), row(3, 0, service="B/2"), row(4, 0, service="B-2")]
    rows += [row(line, 0, service=None) for line in range(5, 1006)]
    made = plan(*rows)
    assert plan(*reversed(rows)).office.services == made.office.services
    assert [(each.id, each.prefix, each.numbers) for each in made.office.services] == [
        ("B-2", "A", "1-999"),
        ("B-2-2", "B", "1-999"),
        ("visit", "C", "1-9999"),
        ("x", "D", "1-999"),
    ]
    assert made.office.services[3].name == {"en": "転入 届"}
    assert {service for desk in made.office.desks for service in desk.services} == {
        *("B-2", "B-2-2", "visit", "x")
    }


def test_many_services_get_prefixes_of_two_letters_and_too_many_are_refused() -> None:
    made = plan(*(row(n, 0, service=f"{n:03}") for n in range(100)))
    assert [each.prefix for each in made.office.services][24:28] == ["Y", "Z", "AA", "AB"]
    with pytest.raises(PlanError, match="--map service=COLUMN"):
        plan(*(row(n, 0, service=str(n)) for n in range(703)))


def test_ids_are_the_texts_where_they_can_be() -> None:
    assert ids(["202", "a b", "a-b", "-", "é" * 50, "x" * 41]) == {
        "202": "202",
        "a-b": "a-b",
        "a b": "a-b-2",
        "-": "x",
        "é" * 50: "x-2",
        "x" * 41: "x" * 40,
    }


def test_a_log_s_own_priority_is_defined_without_a_head_start() -> None:
    made = plan(row(2, 0, priority="VIP guest"), row(3, 0, priority="priority"))
    assert made.office.priorities["VIP-guest"] == 0
    assert made.office.priorities["priority"] == 20


def steps_in_small_office(rows: Sequence[Row]) -> list[str]:
    return told(plan_in(read_office(OFFICE_YAML, "office.yaml"), rows))


def test_in_a_defined_office_its_own_desks_call() -> None:
    steps = steps_in_small_office(
        [
            row(2, 0, 1, service="certificates", desk="3"),  # which only hands over
            row(3, 0, 2, service="moving", desk="2"),
            row(4, 0, 3, service="insurance", finished=9),  # and only desk 2 serves it
            row(5, 0, 4, service="insurance"),
        ]
    )
    assert steps[4:] == [
        *("1 call 2 at 1", "2 call 3 at 2", "3 finish 3", "3 call 4 at 2"),
        *("4 finish 4", "4 call 5 at 2", "9 finish 2", "9 finish 5"),
    ]


def test_a_defined_office_is_not_guessed_at() -> None:
    with pytest.raises(PlanError, match="no service taxes, visit; it has certificates, moving"):
        steps_in_small_office([row(2, 0, service="taxes"), row(3, 0, service=None)])


@st.composite
def logs(draw: st.DrawFn) -> list[Row]:
    """Any log: few instants, so that much happens at once; few desks, so that they are contested."""
    minutes = st.integers(0, 4) | st.integers(0, 3).map(lambda days: days * 24 * 60)
    rows = []
    for line in range(2, 2 + draw(st.integers(1, 12))):
        issued, *later = sorted(draw(st.lists(minutes, min_size=4, max_size=4)))
        called, started, finished = (draw(st.sampled_from([None, each])) for each in later)
        service, desk = draw(st.sampled_from("ab")), draw(st.sampled_from([None, None, "1", "x"]))
        outcome = draw(st.sampled_from([None, None, "finished", "no_show", "cancelled"]))
        more = {"started": started, "finished": finished, "outcome": outcome}
        rows.append(row(line, issued, called, service=service, desk=desk, **more))
    return rows


LEGAL = {
    Verb.ISSUE: (None, "waiting"),
    Verb.CALL: ("waiting", "called"),
    Verb.START: ("called", "serving"),
}


@given(logs())
def test_every_step_of_any_log_is_possible_and_no_ticket_stays_at_a_desk(log: list[Row]) -> None:
    made = plan(*log)
    state: dict[int, str] = {}
    holder: dict[str, int] = {}
    for step in made.steps:
        line = step.row.line
        before, after = LEGAL.get(step.verb, (None, "ended"))
        if step.verb is Verb.CANCEL:
            assert state[line] in ("waiting", "called")
        elif after == "ended":
            assert state[line] in ("called", "serving")
        else:
            assert state.get(line) == before
        if step.desk:
            assert step.desk not in holder
            assert step.service in made.office.desk(step.desk).services
            holder[step.desk] = line
        if after == "ended":
            holder = {desk: held for desk, held in holder.items() if held != line}
        state[line] = after
    assert [step.at for step in made.steps] == sorted(step.at for step in made.steps)
    assert {row.line for row in log} == state.keys()
    assert set(state.values()) <= {"waiting", "ended"}
    assert holder == {}
    called = {step.row.line: step.at for step in made.steps if step.verb is Verb.CALL}
    assert {row.line: row.called_at for row in log if row.called_at is not None}.items() <= (
        called.items()
    )
