"""The table of moves, and what is drawn from it."""

import pytest

from queue_service.tickets import ENDED, LIVE, MOVES, Move, Stage, State, Ticket, allowed
from tests.state_diagram import page


def ticket(state: State, stage: Stage = Stage.RECEPTION, *stages: Stage) -> Ticket:
    return Ticket(
        seq=1,
        number="A001",
        date="2026-11-23",
        state=state,
        service="certificates",
        stages=stages or (Stage.RECEPTION, Stage.HANDOVER),
        stage=stage,
        place=1,
        priority="normal",
        language="ja",
        channel="kiosk",
        issuer="k",
        issued_at=1,
        entry=1,
    )


def test_every_state_can_be_reached_and_every_live_state_left():
    reached = {target for rule in MOVES.values() for target in rule.targets} | {
        State.BOOKED,
        State.WAITING,
    }
    assert reached == set(State)
    for state in LIVE:
        assert any(state in rule.sources and rule.targets - {state} for rule in MOVES.values())


def test_nothing_ends_twice():
    for state in ENDED - {State.NO_SHOW}:
        assert allowed(ticket(state)) == []
    assert allowed(ticket(State.NO_SHOW)) == [Move.RETURN]


def test_a_stage_can_be_finished_only_while_another_remains():
    assert Move.FINISH_STAGE in allowed(ticket(State.SERVING))
    assert Move.FINISH_STAGE not in allowed(ticket(State.SERVING, Stage.HANDOVER))


def test_finish_is_legal_at_any_stage_that_is_being_served():
    assert Move.FINISH in allowed(ticket(State.SERVING))
    assert Move.FINISH in allowed(ticket(State.CALLED, Stage.HANDOVER))
    assert Move.FINISH in allowed(ticket(State.PROCESSING))  # its result goes by post
    assert Move.FINISH not in allowed(ticket(State.READY))


def test_people_cannot_expire_a_ticket():
    assert all(Move.EXPIRE not in allowed(ticket(state)) for state in State)


@pytest.mark.parametrize("stage", list(Stage))
def test_check_and_review_are_done_without_the_visitor(stage: Stage):
    assert stage.calls_visitor == (stage in ("reception", "handover"))


def test_the_state_diagram_is_drawn_from_the_table():
    found, wanted = page()
    assert found == wanted, "run `python -m tests.state_diagram`"
