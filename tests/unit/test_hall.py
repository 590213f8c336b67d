"""The fold: what each entry changes, what it leaves alone, and that nothing else is remembered."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from queue_service import events as ev
from queue_service.events import DeskStatus, Entry
from queue_service.freed_time import Use
from queue_service.hall import Hall
from queue_service.rebuild import differences, render
from queue_service.scripts import CALLS_KEPT
from queue_service.tickets import Item, Leg, Stage, State, Ticket

T = 1_763_946_000_000  # ms; ten o'clock
BOTH = (Stage.RECEPTION, Stage.HANDOVER)
TICKET: dict[str, Any] = {"ticket": 2, "number": "A001", "date": "2025-11-24"}
AT_DESK: dict[str, Any] = {**TICKET, "desk": "1", "service": "moving", "stage": Stage.RECEPTION}


def issued(number: str = "A001", ticket: int = 2, **more: Any) -> ev.Issued:
    usual: dict[str, Any] = {
        "at": T,
        "date": "2025-11-24",
        "service": "moving",
        "stages": BOTH,
        "priority": "normal",
        "language": "ja",
        "channel": "kiosk",
        "issuer": "k1",
        "place": T,
    }
    return ev.Issued(number=number, ticket=ticket, **(usual | more))


def hall_after(*events: ev.AnyEvent) -> Hall:
    """The hall after a morning's first entry, a ticket, and these events."""
    opened = ev.DayOpened(at=T, date="2025-11-24")
    entries = [Entry(n, event) for n, event in enumerate([opened, *events], start=1)]
    return Hall().apply_all(entries)


def ticket_after(*events: ev.AnyEvent) -> Ticket:
    return hall_after(*events).tickets[2]


CALLED = ev.Called(at=T + 1, **AT_DESK)
STARTED = ev.ServeStarted(at=T + 2, **AT_DESK)
SERVED: dict[str, Any] = {"at": T + 3, "started_at": T + 2, **AT_DESK}
LEFT_AT_DESK: dict[str, Any] = {"desk": "1", "calls": 1, "called_at": T + 1, "call_entry": 3}

# What happened to the ticket of `issued()` → what is then true of it.
ROWS: list[tuple[list[ev.AnyEvent], dict[str, Any]]] = [
    ([], {"state": State.WAITING, "place": T, "arrived_at": T, "entry": 2}),
    ([CALLED], {"state": State.CALLED, **LEFT_AT_DESK}),
    (
        [CALLED, ev.Recalled(at=T + 9, **AT_DESK)],
        {"state": State.CALLED, "calls": 2, "called_at": T + 9, "call_entry": 4},
    ),
    ([CALLED, STARTED], {"state": State.SERVING, "started_at": T + 2, **LEFT_AT_DESK}),
    (
        [CALLED, STARTED, ev.StageFinished(next=Stage.HANDOVER, place=T - 5, **SERVED)],
        {"state": State.READY, "stage": Stage.HANDOVER, "place": T - 5, "desk": None},
    ),
    (
        [CALLED, STARTED, ev.StageFinished(next=Stage.HANDOVER, **SERVED)],
        {"state": State.PROCESSING, "stage": Stage.HANDOVER, "place": T, "started_at": None},
    ),
    (
        [
            CALLED,
            ev.LegFinished(next_service="tax", stages=(Stage.RECEPTION,), place=T + 3, **SERVED),
        ],
        {"state": State.WAITING, "service": "tax", "stages": (Stage.RECEPTION,), "place": T + 3},
    ),
    (
        [CALLED, ev.Finished(implied=True, **SERVED)],
        {"state": State.FINISHED, "started_at": T + 2, "finished_at": T + 3, "desk": "1"},
    ),
    ([CALLED, ev.NoShow(at=T + 3, **AT_DESK)], {"state": State.NO_SHOW, "desk": "1"}),
    ([ev.Parked(at=T + 3, **TICKET)], {"state": State.PARKED, "place": T, "desk": None}),
    ([CALLED, ev.Parked(at=T + 3, desk="1", **TICKET)], {"state": State.PARKED, "desk": None}),
    (
        [ev.Parked(at=T + 3, **TICKET), ev.Resumed(at=T + 4, place=T, **TICKET)],
        {"state": State.WAITING, "place": T},
    ),
    (
        [CALLED, ev.NoShow(at=T + 3, **AT_DESK), ev.Returned(at=T + 4, place=T - 1, **TICKET)],
        {"state": State.WAITING, "place": T - 1, "desk": None},
    ),
    (
        [ev.Transferred(at=T + 3, service="moving", to="tax", stages=BOTH, place=T, **TICKET)],
        {"state": State.WAITING, "service": "tax", "stage": Stage.RECEPTION, "place": T},
    ),
    ([ev.Cancelled(at=T + 3, by="visitor", **TICKET)], {"state": State.CANCELLED}),
    ([ev.Expired(at=T + 3, **TICKET)], {"state": State.EXPIRED}),
    ([ev.Reprinted(at=T + 3, **TICKET)], {"state": State.WAITING, "entry": 3}),
    (
        [ev.ItemsSet(at=T + 3, items=(Item("juminhyo", 2),), **TICKET)],
        {"items": (Item("juminhyo", 2),)},
    ),
    (
        [ev.PrioritySet(at=T + 3, priority="priority", place=T - 9, **TICKET)],
        {"priority": "priority", "place": T - 9},
    ),
    ([ev.NeedsSet(at=T + 3, needs=("wheelchair",), **TICKET)], {"needs": ("wheelchair",)}),
]


@pytest.mark.parametrize(("events", "expected"), ROWS)
def test_each_event_changes_its_ticket(events: list[ev.AnyEvent], expected: dict[str, Any]):
    ticket = ticket_after(issued(), *events)
    assert {name: getattr(ticket, name) for name in expected} == expected
    assert ticket.entry == 2 + len(events)


def test_a_booking_holds_no_place_until_the_visitor_checks_in():
    booking = issued(place=None, booked_for=T + 60_000)
    booked = ticket_after(booking)
    assert (booked.state, booked.arrived_at, booked.place) == (State.BOOKED, None, None)
    arrived = ticket_after(booking, ev.CheckedIn(at=T + 5, place=T + 60_000, **TICKET))
    assert (arrived.state, arrived.arrived_at) == (State.WAITING, T + 5)
    assert arrived.place == T + 60_000


def test_a_leg_that_is_finished_is_no_longer_to_come():
    legs = (Leg("tax", BOTH), Leg("school", BOTH))
    finished = ev.LegFinished(next_service="tax", stages=BOTH, place=T, **SERVED)
    assert ticket_after(issued(then=legs), CALLED, finished).then == legs[1:]


def test_who_is_back_at_a_later_stage_is_ready_and_not_waiting():
    ready = ev.StageFinished(next=Stage.HANDOVER, place=T, **SERVED)
    parked = ev.Parked(at=T + 4, **TICKET)
    resumed = ev.Resumed(at=T + 5, place=T, **TICKET)
    assert ticket_after(issued(), CALLED, ready, parked, resumed).state == State.READY


# Line, desk and number


def test_a_ticket_in_line_stands_in_the_line_of_its_service_and_stage():
    ready = ev.StageFinished(next=Stage.HANDOVER, place=T - 5, **SERVED)
    assert hall_after(issued()).queues == {"moving:reception": {2: T}}
    assert hall_after(issued(), CALLED).queues == {"moving:reception": {}}
    line = hall_after(issued(), CALLED, ready).queues
    assert line == {"moving:reception": {}, "moving:handover": {2: T - 5}}


def test_a_desk_holds_a_ticket_from_its_call_until_it_leaves():
    parked = ev.Parked(at=T + 3, desk="1", **TICKET)
    assert hall_after(issued(), CALLED, STARTED).desks["1"].ticket == 2
    assert hall_after(issued(), CALLED, STARTED, parked).desks["1"].ticket is None


@pytest.mark.parametrize(
    ("last", "held"),
    [
        (ev.Finished(**SERVED), False),
        (ev.Cancelled(at=T + 3, by="staff", desk="1", **TICKET), False),
        (ev.NoShow(at=T + 3, **AT_DESK), True),  # may come back with the number
        (ev.Parked(at=T + 3, desk="1", **TICKET), True),
    ],
)
def test_a_number_is_free_when_its_visit_is_over_for_good(last: ev.AnyEvent, held: bool):
    assert hall_after(issued(), CALLED, last).numbers == ({"A001": 2} if held else {})


def test_counters_remember_the_last_number_and_how_many_were_given():
    hall = hall_after(
        issued("A001", 2), issued("A007", 3), ev.Cancelled(at=T, by="staff", **TICKET)
    )
    assert hall.counters == {"last:moving": 7, "issued:moving": 2}


def test_calls_are_kept_newest_first_and_no_more_than_a_board_shows():
    recalls = [ev.Recalled(at=T + n, **AT_DESK) for n in range(CALLS_KEPT)]
    calls = hall_after(issued(), CALLED, *recalls).calls
    assert len(calls) == CALLS_KEPT
    assert [call.entry_id for call in calls] == list(range(3 + CALLS_KEPT, 3, -1))
    assert all(call.recall for call in calls)


# Undo


def test_undone_puts_ticket_line_desk_number_and_board_back():
    finished = ev.Finished(**SERVED)
    undone = ev.Undone(at=T + 9, undoes=4, desk="1", **TICKET)
    before = hall_after(issued(), CALLED)
    hall = hall_after(issued(), CALLED, finished, undone)
    assert hall.tickets[2].state == State.CALLED
    assert hall.tickets[2].entry == 5
    assert (hall.numbers, hall.queues, hall.calls) == (before.numbers, before.queues, before.calls)
    assert (hall.desks["1"].ticket, hall.desks["1"].last) == (2, None)


def test_an_undone_call_is_no_call():
    undone = ev.Undone(at=T + 9, undoes=3, desk="1", **TICKET)
    hall = hall_after(issued(), CALLED, undone)
    assert (hall.calls, hall.desks["1"].ticket) == ([], None)
    assert hall.queues == {"moving:reception": {2: T}}
    assert hall.tickets[2].calls == 0


# The office and its day


def test_desks_and_services_are_as_they_were_last_set():
    hall = hall_after(
        ev.DeskChanged(at=T, desk="1", status=DeskStatus.OPEN, services=("moving",)),
        ev.DeskChanged(at=T, desk="1", status=DeskStatus.BREAK),
        ev.ServiceChanged(at=T, service="moving", status="suspended"),
        ev.ServiceChanged(at=T, service="tax", status="suspended"),
        ev.ServiceChanged(at=T, service="tax", status="open"),
        ev.OfficeChanged(at=T, version=3),
    )
    assert (hall.desks["1"].status, hall.desks["1"].services) == (DeskStatus.BREAK, ())
    assert (hall.suspended, hall.version) == ({"moving"}, 3)


def test_a_new_day_begins_with_what_is_at_the_desks_and_nothing_else():
    hall = hall_after(
        issued("A001", 2),
        issued("A002", 3),
        CALLED,
        ev.DeskChanged(at=T, desk="1", status=DeskStatus.OPEN),
        ev.DeskChanged(at=T, desk="2", status=DeskStatus.OPEN),
        ev.ServiceChanged(at=T, service="tax", status="suspended"),
        ev.Expired(at=T + 8, ticket=3, number="A002", date="2025-11-24"),
        ev.DayClosed(at=T + 8, date="2025-11-24"),
        ev.DayOpened(at=T + 9, date="2025-11-25"),
    )
    assert (hall.date, list(hall.tickets), hall.numbers) == ("2025-11-25", [2], {"A001": 2})
    assert (hall.counters, hall.calls) == ({}, [])
    assert list(hall.desks) == ["1"]
    assert (hall.desks["1"].status, hall.desks["1"].ticket) == (DeskStatus.OPEN, 2)
    assert hall.desks["1"].last is None
    assert hall.suspended == {"tax"}  # until somebody opens it


def test_a_use_of_freed_time_stands_until_it_is_struck_and_is_seen_ever_after():
    used: dict[str, Any] = {"used_on": "2025-11-21", "section": "tax", "category": "training"}
    hall = hall_after(
        ev.FreedTimeUsed(at=T, minutes=30, **used),
        ev.FreedTimeUsed(at=T, minutes=45, **used),
        ev.FreedTimeStruck(at=T, strikes=2),
        ev.DayClosed(at=T + 8, date="2025-11-24"),
        ev.DayOpened(at=T + 9, date="2025-11-25"),
    )
    assert hall.uses == {2: Use(minutes=30, **used), 3: Use(minutes=45, **used)}
    assert hall.struck == {2: 4}
    again = Hall.decoded(hall.encoded())
    assert (again.uses, again.struck) == (hall.uses, hall.struck)
    assert render(hall)["freed"] == {
        "2": '{"used_on":"2025-11-21","section":"tax","category":"training","minutes":30}',
        "3": '{"used_on":"2025-11-21","section":"tax","category":"training","minutes":45}',
        "struck:2": "4",
    }


def test_a_start_written_before_there_was_freed_time_is_read():
    """What retention keeps of deleted days is older than the version that reads it."""
    old = msgspec.json.decode(hall_after(issued()).encoded())
    del old["uses"], old["struck"]
    hall = Hall.decoded(msgspec.json.encode(old))
    assert (hall.uses, hall.struck, list(hall.tickets)) == ({}, {}, [2])


def test_what_is_for_figures_only_changes_nothing_but_the_head():
    events: list[ev.AnyEvent] = [
        ev.Refused(at=T, service="tax", reason=ev.Refusal.FULL, channel="kiosk", date="2025-11-24"),
        ev.HintAnswered(at=T, service="tax", procedure="p", answer="no_card", date="2025-11-24"),
        ev.Helped(at=T, channel="floor", date="2025-11-24"),
        ev.NoticeChanged(at=T, shown=True),
        ev.Imported(at=T, import_="3f", kind="tickets", rows=1, first="a", last="b", sha256="c"),
        ev.Unknown(at=T + 7, name="Teleported"),
    ]
    before, after = render(hall_after(issued())), render(hall_after(issued(), *events))
    assert after.pop("head") == {"seq": "8", "at": str(T + 7), "date": "2025-11-24"}
    before.pop("head")
    assert after == before


def test_time_in_the_head_never_goes_back():
    assert hall_after(issued(at=T + 5), ev.Reprinted(at=T, **TICKET)).at == T + 5


# The whole


def a_long_day() -> list[Entry]:
    """Each row's visit in turn, one after the other, and an undo at the end of each that has one."""
    events: list[ev.AnyEvent] = [ev.DayOpened(at=T, date="2025-11-24")]
    for n, (row, _) in enumerate(ROWS):
        own = {"ticket": len(events) + 1, "number": f"A{n:03d}"}
        visit = [issued(), *row]
        events += [_copy(event, own) for event in visit]
        last = events[-1]
        if getattr(last, "desk", None) is not None:
            undone = ev.Undone(at=last.at, undoes=len(events), desk="1", **TICKET)
            events += [_copy(undone, own)]
        events += [ev.DeskChanged(at=T, desk="1", status=DeskStatus.OPEN)]
    return [Entry(n, event) for n, event in enumerate(events, start=1)]


def _copy(event: ev.AnyEvent, changes: dict[str, Any]) -> ev.AnyEvent:
    return replace(event, **changes)


def test_an_old_state_and_the_events_since_give_the_new_state():
    """Wherever a reader may have stopped, and however the entries were stored meanwhile."""
    entries = a_long_day()
    stored = [Entry(entry.id, ev.decode(ev.encode(entry.event))) for entry in entries]
    whole = render(Hall().apply_all(entries))
    for stop in range(len(entries)):
        old = Hall().apply_all(entries[:stop])
        assert list(differences(whole, render(old.apply_all(stored[stop:])))) == []


def test_every_event_is_folded_by_some_test_here():
    folded = {type(event) for row, _ in ROWS for event in row}
    elsewhere = {
        *(ev.Issued, ev.CheckedIn, ev.Undone, ev.Refused, ev.HintAnswered, ev.DeskChanged),
        *(ev.ServiceChanged, ev.NoticeChanged, ev.OfficeChanged, ev.DayOpened, ev.DayClosed),
        *(ev.Helped, ev.Imported, ev.FreedTimeUsed, ev.FreedTimeStruck, ev.Unknown),
    }
    assert folded | elsewhere == set(ev.AnyEvent.__args__)
    assert not folded & elsewhere
