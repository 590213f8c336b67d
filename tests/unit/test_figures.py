"""The figures of a visit, each worked out by hand; minutes after ten unless said otherwise."""

from typing import Any

import msgspec
import pytest

from queue_service import events as ev
from queue_service.events import Entry
from queue_service.figures import (
    NONE,
    VISIT,
    Day,
    End,
    decode,
    encode,
)
from queue_service.tally import Beside, DeskSpan, Figures, figures_of, tally
from queue_service.tickets import Item, Leg, Stage
from queue_service.visits import Visit, Visits

TEN = 1_763_946_000_000  # ms; 2025-11-24T10:00:00+09:00
MINUTE_MS = 60_000
DAY_ENDS = 18 * 60  # four in the morning
TICKET: dict[str, Any] = {"ticket": 1, "number": "A001", "date": "2025-11-24"}
FIRST = (Stage.RECEPTION,)
TIMES = ("to_call", "wait", "service_ms", "handover_wait", "in_system", "left")


def ms(minutes: float) -> int:
    return TEN + round(minutes * MINUTE_MS)


# What happens to a ticket, in the words of the hall


def issued(minutes: float = 0, **more: Any) -> ev.Issued:
    usual: dict[str, Any] = {
        "service": "moving",
        "stages": FIRST,
        "priority": "normal",
        "language": "ja",
        "channel": "kiosk",
        "issuer": "k1",
        "place": ms(minutes),
    }
    return ev.Issued(at=ms(minutes), **(TICKET | usual | more))


def booked(minutes: float, booked_for: float) -> ev.Issued:
    return issued(minutes, place=None, booked_for=ms(booked_for))


def checked_in(minutes: float) -> ev.CheckedIn:
    return ev.CheckedIn(at=ms(minutes), place=TEN, **TICKET)


def at_desk(kind: Any, minutes: float, desk: str = "1") -> Any:
    return kind(at=ms(minutes), desk=desk, service="moving", stage=Stage.RECEPTION, **TICKET)


def called(minutes: float, desk: str = "1") -> Any:
    return at_desk(ev.Called, minutes, desk)


def started(minutes: float, desk: str = "1") -> Any:
    return at_desk(ev.ServeStarted, minutes, desk)


def no_show(minutes: float) -> Any:
    return at_desk(ev.NoShow, minutes)


def ended(kind: Any, minutes: float, since: float | None, **more: Any) -> Any:
    """An end of a serving that began at `since`; None: there was no desk."""
    usual = {"service": "moving", "stage": Stage.RECEPTION}
    desk = {} if since is None else {"desk": "1", "started_at": ms(since)}
    return kind(at=ms(minutes), **(TICKET | usual | desk | more))


def finished(minutes: float, since: float | None, **more: Any) -> Any:
    return ended(ev.Finished, minutes, since, **more)


def on_to(stage: str, minutes: float, since: float | None, **more: Any) -> Any:
    """The stage is done, and the next one begins."""
    place = ms(minutes) if Stage(stage).calls_visitor else None
    return ended(ev.StageFinished, minutes, since, next=Stage(stage), place=place, **more)


def next_leg(minutes: float, since: float, service: str) -> Any:
    more: dict[str, Any] = {"next_service": service, "stages": FIRST, "place": ms(minutes)}
    return ended(ev.LegFinished, minutes, since, **more)


def parked(minutes: float) -> ev.Parked:
    return ev.Parked(at=ms(minutes), desk="1", **TICKET)


def resumed(minutes: float) -> ev.Resumed:
    return ev.Resumed(at=ms(minutes), place=TEN, **TICKET)


def returned(minutes: float) -> ev.Returned:
    return ev.Returned(at=ms(minutes), place=TEN, **TICKET)


def transferred(minutes: float, to: str) -> ev.Transferred:
    return ev.Transferred(
        at=ms(minutes), service="moving", to=to, stages=FIRST, place=TEN, desk="1", **TICKET
    )


def cancelled(minutes: float) -> ev.Cancelled:
    return ev.Cancelled(at=ms(minutes), by="visitor", **TICKET)


def expired(minutes: float) -> ev.Expired:
    return ev.Expired(at=ms(minutes), **TICKET)


def asked_for(minutes: float, *items: Item) -> ev.ItemsSet:
    return ev.ItemsSet(at=ms(minutes), items=items, **TICKET)


def undone(minutes: float, entry: int) -> ev.Undone:
    return ev.Undone(at=ms(minutes), undoes=entry, desk="1", **TICKET)


# Reading


def visit(*events: ev.AnyEvent) -> Visit:
    """The visit that these events tell; the first is entry 1."""
    visits = Visits()
    for id, event in enumerate(events, start=1):
        visits.add(Entry(id, event))
    (found,) = visits.rest()
    return found


def figures(*events: ev.AnyEvent, over: bool = False) -> Figures:
    found = figures_of(visit(*events), ms(DAY_ENDS), over=over)
    assert found is not None
    return found


def told(found: Figures) -> dict[str, Any]:
    """The figures with their times in minutes."""
    fields = msgspec.structs.asdict(found)
    del fields["stays"]
    fields["with_items"] = bool(fields.pop("items"))
    times = {name: fields[name] and fields[name] / MINUTE_MS for name in TIMES}
    return {**fields, **times, "arrived_at": (found.arrived_at - TEN) / MINUTE_MS}


NOTHING: dict[str, Any] = {
    "arrived_at": 0,
    "service": "moving",
    "desk": "",
    "channel": "kiosk",
    "language": "ja",
    "end": End.OPEN,
    **dict.fromkeys((*TIMES, "open_desks")),
    **dict.fromkeys(("implied", "forgotten", "with_items", "by_next"), False),
}
AT_ONE: dict[str, Any] = {"desk": "1", "end": End.FINISHED}
BY_HAND = [called(4), started(5)]
AT_TWO = [called(15, "2"), started(16, "2")]
TWO_SERVICES = issued(then=(Leg("tax", FIRST),))
REVIEWED = [issued(), called(2), started(3), on_to("check", 8, 3), on_to("review", 20, None)]

# Who finished: what happened, what it comes to, and the minutes between its servings.
FINISHED: dict[str, tuple[list[Any], dict[str, Any], float]] = {
    "started by hand": (
        [issued(), *BY_HAND, finished(10, 5)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 5, "in_system": 10},
        0,
    ),
    "called twice": (
        [issued(), called(4), at_desk(ev.Recalled, 6), started(7), finished(10, 7)],
        {**AT_ONE, "to_call": 4, "wait": 7, "service_ms": 3, "in_system": 10},
        0,
    ),
    "nobody pressed start: it began with the last call": (
        [issued(), called(4), at_desk(ev.Recalled, 6), finished(10, 6, implied=True)],
        {**AT_ONE, "to_call": 4, "wait": 6, "service_ms": 4, "in_system": 10, "implied": True},
        0,
    ),
    "ended by calling the next": (
        [issued(), *BY_HAND, finished(10, 5, by_next=True)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 5, "in_system": 10, "by_next": True},
        0,
    ),
    "a booking that came": (
        [booked(-100, 30), checked_in(25), called(31), started(32), finished(40, 32)],
        {**AT_ONE, "arrived_at": 25, "to_call": 6, "wait": 7, "service_ms": 8, "in_system": 15},
        0,
    ),
    "checked and reviewed without the visitor, handed over": (
        [*REVIEWED, on_to("handover", 30, None), called(34, "3"), started(35), finished(36, 35)],
        {**AT_ONE, "to_call": 2, "wait": 3, "service_ms": 5 + 12 + 10 + 1}
        | {"handover_wait": 4, "in_system": 36},
        5,
    ),
    "the result of the review is sent by post": (
        [*REVIEWED, finished(36, None)],
        {**AT_ONE, "to_call": 2, "wait": 3, "service_ms": 5 + 12 + 16, "in_system": 36},
        0,
    ),
    "the start of the hand-over was not pressed": (
        [issued(), *BY_HAND, on_to("handover", 9, 5), called(12), finished(13, 12, implied=True)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 4 + 1, "handover_wait": 3}
        | {"in_system": 13, "implied": True},
        3,
    ),
    "two services": (
        [TWO_SERVICES, *BY_HAND, next_leg(10, 5, "tax"), *AT_TWO, finished(20, 16)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 5 + 4, "in_system": 20},
        6,  # until the second desk
    ),
    "transferred from the desk": (
        [issued(), *BY_HAND, transferred(9, "tax"), *AT_TWO, finished(20, 16)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 4 + 4, "in_system": 20},
        7,
    ),
    "transferred from the line": (
        [issued(), transferred(3, "tax"), *AT_TWO, finished(20, 16)],
        {**AT_ONE, "desk": "2", "to_call": 15, "wait": 16, "service_ms": 4, "in_system": 20},
        0,
    ),
    "parked at the desk and resumed": (
        [issued(), *BY_HAND, parked(7), resumed(15), called(16), started(18), finished(21, 18)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 2 + 3, "in_system": 21},
        11,
    ),
    "parked at the desk and called from there": (
        [issued(), *BY_HAND, parked(7), called(16), finished(21, 16, implied=True)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 2 + 5, "in_system": 21},
        9,
    ),
    "returned into the line from the desk": (
        [issued(), *BY_HAND, returned(8), called(12), started(13), finished(20, 13)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 3 + 7, "in_system": 20},
        5,
    ),
    "a no-show who came back": (
        [issued(), called(4), no_show(6), returned(9), called(10), started(11), finished(15, 11)],
        {**AT_ONE, "to_call": 4, "wait": 11, "service_ms": 4, "in_system": 15},
        0,
    ),
    "the finish was taken back": (
        [issued(), *BY_HAND, finished(10, 5), undone(10.5, 4), finished(12, 5)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 7, "in_system": 12},
        0,
    ),
    "the call was taken back": (
        [issued(), called(1), undone(2, 2), called(4, "2"), started(5), finished(10, 5)],
        {**AT_ONE, "desk": "2", "to_call": 4, "wait": 5, "service_ms": 5, "in_system": 10},
        0,
    ),
    "the start was taken back": (
        [issued(), called(1), started(2), undone(3, 3), started(5), finished(10, 5)],
        {**AT_ONE, "to_call": 1, "wait": 5, "service_ms": 5, "in_system": 10},
        0,
    ),
    "a transfer that was taken back": (
        [issued(), *BY_HAND, transferred(9, "tax"), undone(9.5, 4), finished(12, 5)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 7, "in_system": 12},
        0,
    ),
    "what was asked for was recorded": (
        [issued(), *BY_HAND, asked_for(6, Item("copy", 2)), finished(10, 5)],
        {**AT_ONE, "to_call": 4, "wait": 5, "service_ms": 5, "in_system": 10, "with_items": True},
        0,
    ),
}

# Who did not, or not yet.
OTHERS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "waiting": ([issued()], {}),
    "called": ([issued(), called(4)], {"desk": "1", "to_call": 4}),
    "being served": ([issued(), *BY_HAND], {"desk": "1", "to_call": 4, "wait": 5}),
    "ready for the hand-over": (
        [issued(), *BY_HAND, on_to("handover", 9, 5)],
        {"desk": "1", "to_call": 4, "wait": 5, "service_ms": 4},
    ),
    "never came to the desk": (
        [issued(), called(4), no_show(6)],
        {"desk": "1", "to_call": 4, "end": End.NO_SHOW},
    ),
    "called, back in line, and gone": (
        [issued(), called(4), no_show(6), returned(9), cancelled(20)],
        {"desk": "1", "to_call": 4, "end": End.CANCELLED},
    ),
    "gave up": ([issued(), cancelled(7)], {"end": End.CANCELLED, "left": 7}),
    "gave up between two servings": (
        [issued(), *BY_HAND, parked(9), cancelled(30)],
        {"desk": "1", "to_call": 4, "wait": 5, "service_ms": 4, "end": End.CANCELLED},
    ),
    "waited in vain": (
        [issued(), expired(DAY_ENDS)],
        {"end": End.EXPIRED, "left": DAY_ENDS},
    ),
    "its items were taken back": (
        [issued(items=(Item("copy", 2),)), asked_for(1)],
        {},
    ),
    "issued with its items": ([issued(items=(Item("copy", 2),))], {"with_items": True}),
    "a no-show that was taken back": (
        [issued(), called(4), no_show(6), undone(6.5, 3)],
        {"desk": "1", "to_call": 4},
    ),
}


@pytest.mark.parametrize("name", FINISHED)
def test_a_visit_that_finished(name: str):
    events, expected, between = FINISHED[name]
    found = told(figures(*events))
    assert found == NOTHING | expected
    assert found["in_system"] == found["wait"] + found["service_ms"] + between
    stays = figures(*events).stays
    assert sum(each.served or 0 for each in stays) == found["service_ms"] * MINUTE_MS


@pytest.mark.parametrize("name", OTHERS)
def test_a_visit_that_did_not_finish(name: str):
    events, expected = OTHERS[name]
    assert told(figures(*events)) == NOTHING | expected


@pytest.mark.parametrize("end", [[], [expired(45)], [cancelled(10)]])
def test_a_booking_whose_visitor_never_came_is_no_visit(end: list[ev.AnyEvent]):
    assert figures_of(visit(booked(-100, 30), *end), ms(DAY_ENDS), over=True) is None


# Forgotten: the day ends


SERVED = [issued(), *BY_HAND]
NEXT_MORNING = DAY_ENDS + 5 * 60
LATE: dict[str, list[Any]] = {
    "finished": [*SERVED, finished(NEXT_MORNING, 5)],
    "the stage": [*SERVED, on_to("handover", NEXT_MORNING, 5), cancelled(NEXT_MORNING + 1)],
    "the service": [*SERVED, next_leg(NEXT_MORNING, 5, "tax"), cancelled(NEXT_MORNING + 1)],
    "parked": [*SERVED, parked(NEXT_MORNING), cancelled(NEXT_MORNING + 1)],
    "transferred": [*SERVED, transferred(NEXT_MORNING, "tax"), cancelled(NEXT_MORNING + 1)],
    "returned": [*SERVED, returned(NEXT_MORNING), cancelled(NEXT_MORNING + 1)],
}


def kept(*visits: Figures) -> list[float | None]:
    """The service times that count, in minutes, in the order given."""
    for n, each in enumerate(visits):
        each.arrived_at = n
    rows = tally("2025-11-24", visits).visit_rows
    assert ((rows["service_ms"] == NONE) | ~rows["forgotten"]).all()
    return [None if each == NONE else each / MINUTE_MS for each in rows["service_ms"].tolist()]


@pytest.mark.parametrize("name", LATE)
def test_a_serving_that_ended_after_its_day_was_forgotten(name: str):
    found = figures(*LATE[name], over=True)
    assert kept(found) == [None]
    assert found.forgotten


def test_a_serving_may_last_until_the_day_ends():
    assert kept(figures(*SERVED, finished(DAY_ENDS, 5), over=True)) == [DAY_ENDS - 5]
    assert kept(figures(*SERVED, finished(DAY_ENDS + 1 / MINUTE_MS, 5), over=True)) == [None]


def test_a_serving_that_goes_on_though_the_day_is_closed_was_forgotten():
    goes_on = [*SERVED, on_to("handover", 9, 5), called(12), started(13)]
    assert kept(figures(*goes_on, over=False)) == [4]
    assert kept(figures(*goes_on, over=True)) == [None]
    assert figures(*goes_on, over=True).forgotten
    assert not figures(*goes_on, over=False).forgotten


# Forgotten: half an hour longer than nearly all others


def served(minutes: float, *, by_next: bool = False, service: str = "moving") -> Figures:
    return Figures(
        arrived_at=0, service=service, service_ms=round(minutes * MINUTE_MS), by_next=by_next
    )


def test_half_an_hour_longer_than_the_99th_percentile_of_the_others_is_forgotten():
    others = [served(n) for n in range(101)]  # of 0 to 100 minutes the 99th percentile is 99
    assert kept(served(129, by_next=True), *others)[0] == 129
    assert kept(served(129.001, by_next=True), *others)[0] is None
    # Between 10 and 30 it lies at 10 + 0.99 · 20 = 29.8.
    assert kept(served(59.8, by_next=True), served(10), served(30))[0] == 59.8
    assert kept(served(59.801, by_next=True), served(10), served(30))[0] is None


def test_an_end_that_was_pressed_by_hand_is_believed():
    assert kept(served(500), *(served(n) for n in range(101)))[0] == 500


def test_alone_in_its_service_nothing_says_that_it_was_forgotten():
    assert kept(served(500, by_next=True)) == [500]
    assert kept(served(500, by_next=True), served(5, service="tax")) == [500, 5]


def test_what_ended_after_the_day_is_not_what_others_are_compared_with():
    late = figures(*LATE["finished"], over=True)
    assert kept(served(500, by_next=True), late, served(5)) == [None, None, 5]
    assert kept(served(500, by_next=True), late) == [500, None]


def test_a_stage_left_open_is_forgotten_though_the_next_was_ended_by_hand():
    left = [issued(), *BY_HAND, on_to("handover", 105, 5, by_next=True), called(106)]
    found = figures(*left, started(107), finished(108, 107))
    assert kept(found, *(served(5) for _ in range(20)))[0] is None


def test_a_long_stage_ended_by_hand_is_believed_though_the_next_visitor_ended_the_last():
    long = [issued(), *BY_HAND, on_to("handover", 105, 5), called(106), started(107)]
    found = figures(*long, finished(108, 107, by_next=True))
    assert kept(found, *(served(5) for _ in range(20)))[0] == 101


# A day


UNSERVED = {
    **dict.fromkeys(VISIT.names or (), 0),
    **dict.fromkeys((*TIMES, "open_desks"), NONE),
    "service": 1,
    "channel": 3,
    "language": 4,
}


def test_a_day_is_in_the_order_of_arrival_and_reads_back_as_it_was():
    second, first = figures(issued(1)), figures(*FINISHED["started by hand"][0])
    away = ev.Refused(
        at=ms(3), service="tax", reason=ev.Refusal.FULL, channel="phone", date="2025-11-24"
    )
    day = tally("2025-11-24", [second, first], Beside(refused=[away]), until=9)
    assert decode(encode(day)) == day
    assert (day.date, day.source, day.until) == ("2025-11-24", "", 9)
    assert [dict(zip(row.dtype.names, row.tolist(), strict=True)) for row in day.visit_rows] == [
        UNSERVED
        | {"arrived_at": TEN, "desk": 2, "end": End.FINISHED}
        | {"to_call": 240_000, "wait": 300_000, "service_ms": 300_000, "in_system": 600_000},
        UNSERVED | {"arrived_at": ms(1)},
    ]
    assert [day.names[n] for n in day.refused_rows[0].tolist()[1:]] == ["tax", "phone", "full"]
    assert day.names == ("", "moving", "1", "kiosk", "ja", "tax", "phone", "full")


def a_day(until: int = 0) -> Day:
    everybody = [events for events, *_ in (*FINISHED.values(), *OTHERS.values())]
    return tally("2025-11-24", [figures(*events, over=True) for events in everybody], until=until)


def test_equal_days_have_equal_bytes():
    assert encode(a_day()) == encode(a_day())
    assert encode(a_day(until=1)) != encode(a_day())


def test_a_span_of_months_is_kept():
    months = Figures(arrived_at=TEN, service="moving", wait=2**33)  # of a log whose month is wrong
    assert tally("2025-11-24", [months]).visit_rows["wait"].tolist() == [2**33]


def test_a_day_without_visitors_is_a_day_too():
    empty = tally("2025-11-24", [])
    assert (empty.visits, empty.refused, empty.names) == (b"", b"", ("",))
    assert decode(encode(empty)) == empty


def written(rows: Any) -> list[tuple[Any, ...]]:
    return [row.tolist() for row in rows]


def test_stages_and_items_stand_beside_their_visit():
    """Reviewed as above; its stages begin at 0, 8, 20 and 30 minutes, and the visitor is called twice."""
    juminhyo = asked_for(31, Item("juminhyo", 2))
    events = [*REVIEWED, on_to("handover", 30, None), juminhyo, called(34, "3"), started(35)]
    day = tally("2025-11-24", [figures(issued(40)), figures(*events, finished(36, 35))])
    place = {name: n for n, name in enumerate(day.names)}
    minute, moving = MINUTE_MS, place["moving"]
    assert written(day.stay_rows) == [
        (0, moving, place["1"], 0, ms(0), 2 * minute, 5 * minute, ms(8)),
        (0, moving, 0, 1, ms(8), NONE, 12 * minute, ms(20)),
        (0, moving, 0, 2, ms(20), NONE, 10 * minute, ms(30)),
        (0, moving, place["3"], 3, ms(30), 4 * minute, 1 * minute, ms(36)),
        (1, moving, 0, 0, ms(40), NONE, NONE, NONE),
    ]
    assert written(day.item_rows) == [(0, place["juminhyo"], 2)]


def test_a_forgotten_finish_has_no_serving_time_at_any_stage():
    day = tally("2025-11-24", [figures(issued(), *BY_HAND, over=True)])
    assert [row["served"] for row in day.stay_rows] == [NONE]


LEFT_UNCALLED: dict[str, tuple[list[Any], list[float | None]]] = {
    "still waiting": ([issued()], [None]),
    "gave up": ([issued(), cancelled(20)], [20]),
    "waited in vain": ([issued(), expired(DAY_ENDS)], [DAY_ENDS]),
    "was passed on from the line": ([issued(), transferred(7, "tax"), cancelled(20)], [7, 20]),
    "did not collect it": (
        [*REVIEWED, on_to("handover", 30, None), cancelled(50)],
        [8, 20, 30, 50],
    ),
    "stayed at the desk overnight": ([issued(), transferred(7, "tax"), called(9)], [7, None]),
    "did not answer": ([issued(), called(4), no_show(5)], [None]),
}


@pytest.mark.parametrize("name", LEFT_UNCALLED)
def test_when_a_line_was_left_without_a_call_is_kept(name: str):
    events, left = LEFT_UNCALLED[name]
    day = tally("2025-11-24", [figures(*events, over=name == "stayed at the desk overnight")])
    found = [None if at == NONE else at for at in day.stay_rows["until"].tolist()]
    assert found == [None if at is None else ms(at) for at in left]


def test_what_was_counted_beside_the_visits_reads_back_as_it_was():
    hint = ev.HintAnswered(
        at=ms(1), service="tax", procedure="kazei", answer="no_card", date="2025-11-24"
    )
    helped = ev.Helped(at=ms(2), channel="floor", date="2025-11-24")
    beside = Beside(hints=[hint], helped=[helped], desks=[DeskSpan("1", ms(0), ms(9))])
    day = decode(encode(tally("2025-11-24", [], beside)))
    names = day.names
    (asked,), (guided,), (desk,) = day.hint_rows, day.helped_rows, day.open_rows
    assert [names[asked[each]] for each in ("service", "procedure", "answer")] == [
        *("tax", "kazei", "no_card")
    ]
    assert (guided["at"], names[guided["service"]], names[guided["channel"]]) == (
        ms(2),
        "",
        "floor",
    )
    assert (names[desk["desk"]], desk["since"], desk["until"]) == ("1", ms(0), ms(9))


def test_counting_a_day_twice_comes_to_the_same():
    visits = [served(120, by_next=True), served(240, by_next=True), *(served(5) for _ in range(10))]
    assert tally("2025-11-24", visits) == tally("2025-11-24", visits)
