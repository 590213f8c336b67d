"""Every verb on a real engine: what it does, what it refuses, and that a refusal changes nothing."""

import asyncio

import pytest

from queue_service import refusals
from queue_service.archive import RawEntry
from queue_service.entries import Entries
from queue_service.events import DeskStatus
from queue_service.ledger import Ledger
from queue_service.rebuild import verify
from queue_service.tickets import Move, Stage, State
from tests.hall import OFFICE, intent, issue

MINUTE = 60_000


@pytest.fixture(autouse=True)
async def rebuilds(ledger: Ledger):
    """After every test, the ledger alone must add up to the keys the test left behind."""
    yield
    assert await verify(ledger, OFFICE) is None


async def pass_time(ledger: Ledger, ms: int) -> None:
    at = (await ledger.snapshot(OFFICE)).at
    await ledger.simulate(OFFICE, at + ms, 0)


async def call(ledger: Ledger, desk: str = "2"):
    return (await ledger.call_next(OFFICE, desk)).ticket


async def test_a_visit_from_the_entrance_to_the_way_home(ledger: Ledger):
    issued = (await issue(ledger)).ticket
    assert (issued.number, issued.state, issued.date) == ("C001", State.WAITING, "2025-11-24")
    await pass_time(ledger, 5 * MINUTE)
    called = await call(ledger)
    assert (called.number, called.state, called.desk, called.calls) == ("C001", "called", "2", 1)
    assert called.called_at - called.arrived_at == 5 * MINUTE
    serving = (await ledger.advance(OFFICE, issued.seq, Move.START)).ticket
    assert (serving.state, serving.started_at) == (State.SERVING, called.called_at)
    await pass_time(ledger, 4 * MINUTE)
    finished = (await ledger.advance(OFFICE, issued.seq, Move.FINISH)).ticket
    assert (finished.state, finished.finished_at - finished.started_at) == ("finished", 4 * MINUTE)
    assert (await ledger.call_next(OFFICE, "2")).ticket is None


async def test_one_number_is_called_at_reception_and_again_at_handover(ledger: Ledger):
    first = (await issue(ledger, "moving")).ticket
    await call(ledger)
    working = (await ledger.advance(OFFICE, first.seq, Move.FINISH_STAGE)).ticket
    assert (working.state, working.stage, working.desk) == ("processing", Stage.CHECK, None)
    await ledger.advance(OFFICE, first.seq, Move.FINISH_STAGE)
    ready = (await ledger.advance(OFFICE, first.seq, Move.FINISH_STAGE)).ticket
    assert (ready.state, ready.stage) == (State.READY, Stage.HANDOVER)
    again = await call(ledger, "3")
    assert (again.number, again.stage, again.calls) == (first.number, Stage.HANDOVER, 2)
    with pytest.raises(refusals.IllegalMove):
        await ledger.advance(OFFICE, first.seq, Move.FINISH_STAGE)
    assert (await ledger.advance(OFFICE, first.seq, Move.FINISH)).ticket.state == "finished"


async def test_a_procedure_may_end_without_the_visitor(ledger: Ledger):
    ticket = (await issue(ledger, "moving")).ticket
    await call(ledger)
    await ledger.advance(OFFICE, ticket.seq, Move.FINISH_STAGE)
    assert (await ledger.advance(OFFICE, ticket.seq, Move.FINISH)).ticket.state == "finished"


async def test_a_desk_for_handover_calls_only_who_is_ready(ledger: Ledger):
    await issue(ledger, "certificates")
    assert await call(ledger, "3") is None


async def test_who_is_ready_comes_before_who_arrived_less_than_the_head_start_earlier(
    ledger: Ledger,
):
    first = (await issue(ledger, "certificates")).ticket
    await pass_time(ledger, 20 * MINUTE)
    early = (await issue(ledger, "certificates")).ticket
    await pass_time(ledger, MINUTE)
    assert (await call(ledger)).seq == first.seq
    await ledger.advance(OFFICE, first.seq, Move.FINISH_STAGE)  # ready, 30 minutes of head start
    assert (await ledger.ticket(OFFICE, early.seq)).ahead == 1
    assert (await call(ledger)).seq == first.seq


async def test_priority_goes_first_but_nobody_starves(ledger: Ledger):
    patient = (await issue(ledger)).ticket
    await pass_time(ledger, 19 * MINUTE)
    urgent = (await issue(ledger, priority="priority")).ticket
    await pass_time(ledger, 2 * MINUTE)
    late = (await issue(ledger, priority="priority")).ticket
    order = []
    for _ in range(3):
        ticket = await call(ledger)
        order.append(ticket.seq)
        await ledger.advance(OFFICE, ticket.seq, Move.FINISH)
    assert order == [urgent.seq, patient.seq, late.seq]


async def test_several_services_on_one_number(ledger: Ledger):
    ticket = (await issue(ledger, "insurance", then=("certificates", "insurance"))).ticket
    await call(ledger)
    await pass_time(ledger, MINUTE)
    second = (await ledger.advance(OFFICE, ticket.seq, Move.FINISH)).ticket
    assert (second.service, second.state, second.number) == ("certificates", "waiting", "C001")
    assert [leg.service for leg in second.then] == ["insurance"]
    await call(ledger, "1")
    await ledger.advance(OFFICE, ticket.seq, Move.FINISH)  # legal at any stage
    third = (await ledger.ticket(OFFICE, ticket.seq)).ticket
    assert (third.service, third.then) == ("insurance", ())
    await call(ledger)
    assert (await ledger.advance(OFFICE, ticket.seq, Move.FINISH)).ticket.state == "finished"


async def test_a_busy_desk_is_told_whom_it_holds(ledger: Ledger):
    await issue(ledger)
    await issue(ledger)
    held = await call(ledger)
    with pytest.raises(refusals.DeskBusy) as busy:
        await call(ledger)
    assert busy.value.ticket == held


async def test_a_double_click_never_ends_the_visit_of_the_person_just_called(ledger: Ledger):
    first, second = (await issue(ledger)).ticket, (await issue(ledger)).ticket
    await call(ledger)
    step = await ledger.release_and_call_next(OFFICE, "2", first.seq)
    assert (step.released.ticket.state, step.called.ticket.seq) == ("finished", second.seq)
    with pytest.raises(refusals.Stale) as stale:
        await ledger.release_and_call_next(OFFICE, "2", first.seq)
    assert stale.value.ticket.seq == second.seq
    assert (await ledger.ticket(OFFICE, second.seq)).ticket.state == State.CALLED


async def test_release_finishes_the_stage_while_stages_remain(ledger: Ledger):
    ticket = (await issue(ledger, "certificates")).ticket
    await call(ledger, "1")
    step = await ledger.release_and_call_next(OFFICE, "1", ticket.seq)
    assert step.released.ticket.state == State.READY
    assert step.called.ticket.seq == ticket.seq  # nobody else waits: handed over at once


async def test_asking_twice_gives_the_first_answer(ledger: Ledger):
    first = await ledger.issue(OFFICE, _wish(), intent("k1"))
    again = await ledger.issue(OFFICE, _wish(), intent("k1"))
    assert (again.ticket, again.replayed, first.replayed) == (first.ticket, True, False)
    with pytest.raises(refusals.KeyReused):
        await ledger.issue(OFFICE, _wish(), intent("k1", b"other body"))
    assert (await issue(ledger)).ticket.number == "C002"


async def test_an_answer_is_remembered_across_midnight(ledger: Ledger):
    first = await ledger.issue(OFFICE, _wish(), intent("late"))
    await pass_time(ledger, 20 * 60 * MINUTE)
    assert (await issue(ledger)).ticket.number == "C001"
    again = await ledger.issue(OFFICE, _wish(), intent("late"))
    assert again.ticket == first.ticket


def _wish():
    from tests.hall import wish

    return wish()


async def test_parked_returned_and_transferred_tickets_keep_their_place(ledger: Ledger):
    first, second = (await issue(ledger)).ticket, (await issue(ledger)).ticket
    await call(ledger)
    await ledger.advance(OFFICE, first.seq, Move.PARK)
    assert (await call(ledger)).seq == second.seq
    await ledger.advance(OFFICE, second.seq, Move.RETURN)
    await ledger.advance(OFFICE, first.seq, Move.RESUME)
    moved = (await ledger.advance(OFFICE, first.seq, Move.TRANSFER, transfer_to="moving")).ticket
    assert (moved.service, moved.place, moved.number) == ("moving", first.place, first.number)
    assert (await call(ledger)).seq == first.seq


async def test_who_missed_the_call_comes_next(ledger: Ledger):
    missed = (await issue(ledger)).ticket
    await call(ledger)
    await ledger.advance(OFFICE, missed.seq, Move.NO_SHOW)
    urgent = (await issue(ledger, priority="priority")).ticket
    back = (await ledger.advance(OFFICE, missed.seq, Move.RETURN)).ticket
    assert back.place < urgent.place
    assert (await call(ledger)).seq == missed.seq


async def test_undo_takes_back_the_latest_move_of_the_desk(ledger: Ledger):
    ticket = (await issue(ledger)).ticket
    await call(ledger)
    await ledger.advance(OFFICE, ticket.seq, Move.FINISH)
    undone = (await ledger.undo(OFFICE, ticket.seq)).ticket
    assert (undone.state, undone.desk) == (State.CALLED, "2")
    with pytest.raises(refusals.NothingToUndo):
        await ledger.undo(OFFICE, ticket.seq)


async def test_an_undone_call_is_withdrawn_from_the_board(ledger: Ledger):
    ticket = (await issue(ledger)).ticket
    await call(ledger)
    await ledger.undo(OFFICE, ticket.seq)
    board = await ledger.board(OFFICE)
    assert board.calls == []
    assert (await ledger.ticket(OFFICE, ticket.seq)).ahead == 0


async def test_undo_is_refused_after_a_minute_or_another_move(ledger: Ledger):
    first, second = (await issue(ledger)).ticket, (await issue(ledger)).ticket
    await call(ledger)
    await ledger.release_and_call_next(OFFICE, "2", first.seq)
    with pytest.raises(refusals.NothingToUndo):
        await ledger.undo(OFFICE, first.seq)
    await pass_time(ledger, MINUTE + 1)
    with pytest.raises(refusals.NothingToUndo):
        await ledger.undo(OFFICE, second.seq)


async def test_numbers_wrap_only_over_free_numbers_and_a_full_range_refuses(ledger: Ledger):
    tickets = [(await issue(ledger, "certificates")).ticket for _ in range(30)]
    assert [t.number for t in tickets] == [f"A{n:03d}" for n in range(1, 31)]
    with pytest.raises(refusals.Full):
        await issue(ledger, "certificates")
    await ledger.advance(OFFICE, tickets[6].seq, Move.CANCEL)
    assert (await issue(ledger, "certificates")).ticket.number == "A007"


async def test_a_number_that_was_given_to_somebody_else_is_not_brought_back(ledger: Ledger):
    tickets = [(await issue(ledger, "certificates")).ticket for _ in range(30)]
    first = await call(ledger)
    assert first.number == tickets[0].number
    await ledger.advance(OFFICE, first.seq, Move.NO_SHOW)
    with pytest.raises(refusals.Full):
        await issue(ledger, "certificates")  # whoever missed the call may come back with it
    await ledger.undo(OFFICE, first.seq)
    await ledger.advance(OFFICE, first.seq, Move.CANCEL)
    other = (await issue(ledger, "certificates")).ticket
    assert (other.number, other.seq) == (first.number, other.entry)
    with pytest.raises(refusals.NothingToUndo):
        await ledger.undo(OFFICE, first.seq)
    assert (await ledger.ticket(OFFICE, other.seq)).ticket.state is State.WAITING


async def test_one_touch_on_a_suspended_service_is_one_refusal(ledger: Ledger):
    await ledger.set_service(
        OFFICE, "insurance", "suspended", {"ja": "停電のため", "en": "Power cut"}
    )
    for _ in range(2):
        with pytest.raises(refusals.Suspended):
            await ledger.issue(OFFICE, _wish(), intent("touch"))
    kinds = [type(entry.event).__name__ for entry in await ledger.entries(OFFICE)]
    assert kinds.count("Refused") == 1
    await ledger.set_service(OFFICE, "insurance", "open")
    assert (await issue(ledger)).ticket.number == "C001"


async def test_a_booking_holds_no_place_until_the_visitor_checks_in(ledger: Ledger):
    at = (await ledger.snapshot(OFFICE)).at
    booked = (await issue(ledger, booked_for=at + 30 * MINUTE)).ticket
    assert (booked.state, booked.arrived_at) == (State.BOOKED, None)
    assert await call(ledger) is None
    await pass_time(ledger, 20 * MINUTE)
    arrived = (await ledger.advance(OFFICE, booked.seq, Move.CHECK_IN)).ticket
    assert (arrived.state, arrived.place) == (State.WAITING, at + 30 * MINUTE)
    assert (await call(ledger)).seq == booked.seq


async def test_the_booked_time_is_the_place_whatever_the_priority(ledger: Ledger):
    at = (await ledger.snapshot(OFFICE)).at
    booked = (await issue(ledger, booked_for=at + 30 * MINUTE)).ticket
    before = await ledger.advance(OFFICE, booked.seq, Move.SET_PRIORITY, priority="priority")
    assert (before.ticket.priority, before.ticket.place) == ("priority", None)
    arrived = (await ledger.advance(OFFICE, booked.seq, Move.CHECK_IN)).ticket
    for priority in ("normal", "priority"):
        moved = await ledger.advance(OFFICE, arrived.seq, Move.SET_PRIORITY, priority=priority)
        assert moved.ticket.place == at + 30 * MINUTE


async def test_a_booking_that_nobody_claims_expires_after_a_quarter_of_an_hour(ledger: Ledger):
    at = (await ledger.snapshot(OFFICE)).at
    booked = (await issue(ledger, booked_for=at + 30 * MINUTE)).ticket
    await pass_time(ledger, 45 * MINUTE)
    with pytest.raises(refusals.IllegalMove):
        await ledger.advance(OFFICE, booked.seq, Move.CHECK_IN)
    assert await ledger.tend(OFFICE) == 1
    assert (await ledger.ticket(OFFICE, booked.seq)).ticket.state == State.EXPIRED


async def test_the_day_ends_for_those_who_wait_and_goes_on_for_those_being_served(ledger: Ledger):
    served, waits = (await issue(ledger)).ticket, (await issue(ledger)).ticket
    await call(ledger)
    await ledger.advance(OFFICE, served.seq, Move.START)
    await pass_time(ledger, 24 * 60 * MINUTE)
    again = (await issue(ledger)).ticket
    assert (again.number, again.date) == ("C002", "2025-11-25")  # C001 is still at the desk
    with pytest.raises(refusals.UnknownTicket):
        await ledger.ticket(OFFICE, waits.seq)
    assert (await ledger.advance(OFFICE, served.seq, Move.FINISH)).ticket.state == "finished"
    expired = [e.event for e in await ledger.entries(OFFICE) if type(e.event).__name__ == "Expired"]
    assert [(e.ticket, e.at) for e in expired] == [(waits.seq, 1_764_010_800_000)]  # 04:00


@pytest.mark.parametrize("closes", [None, "2025-11-24"])
async def test_a_day_that_another_process_has_begun_is_not_closed_again(
    ledger: Ledger, closes: str | None
):
    """Two processes see the old day at once; the slower one must not end the new day."""
    waiting = (await issue(ledger)).ticket
    scene = await ledger._trips.scene(OFFICE)
    await ledger._trips.close_day(OFFICE, scene, closes)
    assert (await ledger.ticket(OFFICE, waiting.seq)).ticket == waiting
    assert (await issue(ledger)).ticket.number == "C002"


async def test_a_desk_that_holds_a_ticket_cannot_close(ledger: Ledger):
    await issue(ledger)
    await call(ledger)
    with pytest.raises(refusals.DeskBusy):
        await ledger.set_desk(OFFICE, "2", DeskStatus.CLOSED)


async def test_a_desk_serves_the_services_it_was_opened_for(ledger: Ledger):
    await issue(ledger, "insurance")
    await ledger.set_desk(OFFICE, "1", DeskStatus.OPEN, ("insurance",))
    assert (await call(ledger, "1")).service == "insurance"


async def test_a_definition_that_strands_a_ticket_is_refused(ledger: Ledger, office):
    from msgspec.structs import replace

    await issue(ledger, "insurance")
    fewer = replace(
        office,
        services=tuple(s for s in office.services if s.id != "insurance"),
        desks=tuple(d for d in office.desks if d.id != "2"),
    )
    with pytest.raises(refusals.ServiceInUse):
        await ledger.apply_office(fewer)
    await call(ledger)
    ticket = (await ledger.tickets(OFFICE))[0].ticket
    await ledger.advance(OFFICE, ticket.seq, Move.FINISH)
    assert (await ledger.apply_office(fewer)).version == 2
    assert (await ledger.apply_office(fewer)).version == 2


async def test_undo_brings_nobody_back_to_a_service_or_desk_that_is_gone(ledger: Ledger, office):
    from msgspec.structs import replace

    ticket = (await issue(ledger, "insurance")).ticket
    await call(ledger)
    await ledger.advance(OFFICE, ticket.seq, Move.FINISH)
    await ledger.apply_office(
        replace(
            office,
            services=tuple(s for s in office.services if s.id != "insurance"),
            desks=tuple(d for d in office.desks if d.id != "2"),
        )
    )
    with pytest.raises(refusals.NothingToUndo):
        await ledger.undo(OFFICE, ticket.seq)


async def test_two_desks_never_get_the_same_ticket(ledger: Ledger):
    for _ in range(20):
        await issue(ledger, "certificates")
    calls = await asyncio.gather(*(ledger.call_next(OFFICE, desk) for desk in "12"))
    assert len({reply.ticket.number for reply in calls}) == 2


async def test_a_clock_that_steps_back_does_not_take_the_ledger_back(ledger: Ledger):
    await issue(ledger)
    await pass_time(ledger, 120 * MINUTE)
    await issue(ledger)
    ahead = (await ledger.snapshot(OFFICE)).at
    await ledger.simulate(OFFICE, ahead - 240 * MINUTE, 0)
    await issue(ledger)
    entries = await ledger.entries(OFFICE)
    assert [e.event.at for e in entries] == sorted(e.event.at for e in entries)


async def test_a_ticket_id_of_another_office_or_a_guess_is_unknown(ledger: Ledger):
    ticket = (await issue(ledger)).ticket
    good = ledger.ticket_id(OFFICE, ticket.seq)
    assert ledger.ticket_of(OFFICE, good) == ticket.seq
    for guess in (
        good[:-1],
        good + "A",
        ledger.ticket_id("other", ticket.seq),
        "",
        "1",
        "é-\ud800",
    ):
        with pytest.raises(refusals.UnknownTicket):
            ledger.ticket_of(OFFICE, guess)


async def test_whoever_reads_at_the_end_is_not_told_that_the_newest_entry_is_missing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    """It is appended after the engine was found to have no more, and before it is asked how far it is."""
    last = await ledger.entries_of(OFFICE).last()
    look = Entries._in_engine

    async def slow(
        self: Entries, after: int, until: int | None, count: int = 1000
    ) -> list[RawEntry]:
        monkeypatch.setattr(Entries, "_in_engine", look)
        found = await look(self, after, until, count)
        await issue(ledger)
        return found

    monkeypatch.setattr(Entries, "_in_engine", slow)
    read = await ledger.entries(OFFICE, last, 10)
    assert [each.id for each in read] == list(range(last + 1, last + 1 + len(read)))
    assert read
