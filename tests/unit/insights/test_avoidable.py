"""Avoidable copies and visits: the published questions, and what is not known is not zero."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_service.counts import Copies
from queue_service.events import Helped, HintAnswered
from queue_service.figures import Day
from queue_service.insights.avoidable import Avoidable, OfProcedure, avoidable
from queue_service.insights.copies import Offer
from queue_service.insights.items import Period
from queue_service.offices import Office
from queue_service.tally import Beside, Figures, tally
from queue_service.tickets import Item

TOKYO = ZoneInfo("Asia/Tokyo")
NOVEMBER = (date(2025, 11, 1), date(2025, 11, 30))
MONDAY = "2025-11-24"
CATALOGUE = {
    "juminhyo": Offer(
        name="住民票", fees={"counter": 300, "convenience_store": 10, "online": None}
    ),
    "inkan": Offer(name="印鑑証明", fees={"counter": 300, "convenience_store": 200}),
    "tennyu": Offer(name="転入届", fees={"counter": None}),
}


def at(day: str, hour: int = 10) -> int:
    """An instant of a day in Tokyo, in milliseconds."""
    local = datetime.fromisoformat(day).replace(tzinfo=TOKYO) + timedelta(hours=hour)
    return int(local.timestamp() * 1000)


def visit(
    *items: tuple[str, int], day: str = MONDAY, hour: int = 10, served: bool = True
) -> Figures:
    return Figures(
        arrived_at=at(day, hour),
        service="certificates",
        wait=60_000 if served else None,
        items=tuple(Item(procedure, quantity) for procedure, quantity in items),
    )


def a_day(*visits: Figures, day: str = MONDAY, **beside: Any) -> Day:
    return tally(day, visits, Beside(**beside))


def hint(answer: str, procedure: str = "juminhyo", day: str = MONDAY) -> HintAnswered:
    return HintAnswered(
        at=at(day), date=day, service="certificates", procedure=procedure, answer=answer
    )


def table(*rows: tuple[str, str, str, int]) -> list[Copies]:
    return [Copies(line, *row) for line, row in enumerate(rows, start=2)]


def asked(
    days: Sequence[Day] = (),
    copies: Sequence[Copies] = (),
    period: tuple[date, date] = NOVEMBER,
    catalogue: Mapping[str, Offer] = CATALOGUE,
) -> Avoidable:
    office = Office(id="o", timezone="Asia/Tokyo", services=(), desks=())
    return avoidable(days, copies, catalogue, office, Period(*period))


def of(told: Avoidable, procedure: str) -> OfProcedure:
    return next(each for each in told.procedures if each.procedure == procedure)


# The published questions


def test_certificates_of_a_city():
    """180,000 issued, 155,000 obtainable elsewhere, 120,000 of those at the counter."""
    told = asked(
        copies=table(
            ("2023-04", "juminhyo", "counter", 80_000),
            ("2023-04", "juminhyo", "convenience_store", 20_000),
            ("2023-04", "juminhyo", "online", 5_000),
            ("2023-04", "inkan", "counter", 40_000),
            ("2023-04", "inkan", "convenience_store", 10_000),
            ("2023-04", "tennyu", "counter", 25_000),
        ),
        period=(date(2023, 4, 1), date(2023, 4, 30)),
        catalogue={},
    )
    assert (told.issued, told.obtainable, told.avoidable_copies) == (180_000, 155_000, 120_000)
    assert (told.at_counter, told.elsewhere) == (145_000, 35_000)
    assert told.obtainable_share == pytest.approx(0.861, abs=5e-4)
    assert told.counter_share == pytest.approx(0.774, abs=5e-4)
    assert told.counter_share + told.elsewhere_share == pytest.approx(1)  # type: ignore[operator]
    assert [each.procedure for each in told.procedures] == ["juminhyo", "inkan", "tennyu"]


def test_three_of_ten_items_of_ofunato():
    told = asked([a_day(*[visit(("inkan", 1))] * 310, *[visit(("tennyu", 1))] * 723)])
    assert (told.at_counter, told.avoidable_copies) == (1_033, 310)
    assert told.avoidable_copies_share == pytest.approx(0.3, abs=5e-4)
    assert told.avoidable_visits_share == told.avoidable_copies_share
    assert told.counter_share is None  # nobody said what the convenience stores issued


# Visits


def test_one_item_that_only_the_counter_offers_makes_a_visit_necessary():
    told = asked(
        [
            a_day(
                visit(("juminhyo", 2), ("inkan", 1)),
                visit(("juminhyo", 1), ("tennyu", 1)),
                visit(("tennyu", 1)),
                visit(),
            )
        ]
    )
    assert (told.visits, told.visits_with_items, told.avoidable_visits) == (4, 3, 1)
    assert told.avoidable_visits_share == pytest.approx(1 / 3, abs=1e-6)
    assert told.with_items_share == 0.75
    assert (told.at_counter, told.avoidable_copies) == (6, 4)
    mine = of(told, "juminhyo")
    assert (mine.visits, mine.avoidable_visits, mine.at_counter) == (2, 1, 3)


def test_whoever_was_not_served_came_and_took_nothing_home():
    told = asked([a_day(visit(("juminhyo", 3), served=False), visit(("juminhyo", 1)))])
    assert (told.visits, told.avoidable_visits, told.at_counter) == (2, 2, 1)


def test_a_procedure_twice_among_the_items_is_one_visit():
    told = asked([a_day(visit(("juminhyo", 1), ("juminhyo", 2)))])
    assert (of(told, "juminhyo").visits, of(told, "juminhyo").at_counter) == (1, 3)


def test_what_the_catalogue_does_not_know_is_counted_apart_and_not_avoidable():
    told = asked([a_day(visit(("passport", 2)), visit(("juminhyo", 1), ("passport", 1)))])
    assert (told.at_counter, told.unknown_copies, told.avoidable_copies) == (4, 3, 1)
    assert told.avoidable_visits == 0
    row = of(told, "passport")
    assert (row.known, row.obtainable_elsewhere, row.obtainable) == (False, False, 0)
    known = asked(copies=table(("2025-11", "passport", "online", 0)))
    assert (of(known, "passport").known, of(known, "passport").obtainable_elsewhere) == (True, True)


def test_visitors_own_answers_and_those_helped_stand_beside():
    said = [hint("elsewhere"), hint("no_card"), hint("no_card", "inkan"), hint("prefers_counter")]
    helped = [Helped(at=at(MONDAY), date=MONDAY, service=None, channel="floor")] * 2
    told = asked([a_day(visit(("inkan", 1)), hints=said, helped=helped)])
    assert told.hints == {"elsewhere": 1, "no_card": 2, "prefers_counter": 1}
    assert of(told, "inkan").hints == {"elsewhere": 0, "no_card": 1, "prefers_counter": 0}
    assert told.helped == told.months[0].helped == 2


# Not known is not zero


def test_of_an_empty_office_nothing_is_known():
    told = asked()
    assert (told.issued, told.at_counter, told.avoidable_copies, told.visits) == (None,) * 4
    assert (told.hints, told.helped, told.unknown_copies) == (None, None, None)
    assert told.months == []
    assert of(told, "juminhyo").issued is None


def test_visits_without_items_are_no_copies_and_no_zero():
    told = asked([a_day(visit(), visit())])
    assert (told.visits, told.visits_with_items, told.with_items_share) == (2, 0, 0.0)
    assert (told.at_counter, told.avoidable_visits_share, told.obtainable_share) == (None,) * 3


def test_what_a_month_with_items_does_not_hold_was_not_issued():
    told = asked([a_day(visit(("tennyu", 1)))])
    assert (of(told, "juminhyo").at_counter, told.avoidable_copies, told.elsewhere) == (0, 0, None)
    assert told.avoidable_copies_share == 0.0
    ways = {each.channel: each for each in of(told, "juminhyo").channels}
    assert [*ways] == ["counter", "convenience_store", "online"]
    assert (ways["convenience_store"].fee, ways["convenience_store"].copies) == (10, None)
    assert ways["online"].fee is None


def test_a_table_knows_no_visits_and_zero_copies_elsewhere_are_zero():
    rows = table(("2025-11", "x", "counter", 4), ("2025-11", "x", "online", 0))
    told = asked(copies=rows, catalogue={})
    assert (told.elsewhere, told.counter_share, told.avoidable_copies) == (0, 1.0, 4)
    assert (told.visits, told.hints, told.helped, told.avoidable_visits) == (None,) * 4
    alone = asked(copies=rows[:1], catalogue={})
    assert (alone.obtainable, alone.avoidable_copies, alone.counter_share) == (0, 0, None)
    other = asked(copies=rows[1:], catalogue={})
    assert (other.at_counter, other.avoidable_copies, other.counter_share) == (None, None, None)


def test_shares_compare_only_months_in_which_both_sides_were_counted():
    """Nobody has counted the convenience stores of December yet."""
    told = asked(
        copies=table(
            ("2025-11", "juminhyo", "counter", 60),
            ("2025-11", "juminhyo", "convenience_store", 40),
            ("2025-12", "juminhyo", "counter", 1000),
            ("2025-11", "inkan", "counter", 500),
        ),
        period=(date(2025, 11, 1), date(2025, 12, 31)),
    )
    assert (told.counter_share, told.elsewhere_share) == (0.6, 0.4)
    assert (told.compared_copies, told.compared_months, told.obtainable) == (100, 1, 1600)
    assert [each.counter_share for each in told.months] == [0.6, None]
    assert [each.elsewhere for each in told.months] == [40, None]


# The ledger and tables


@pytest.mark.parametrize(("stated", "stands"), [(2, 3), (100, 100)])
def test_what_the_ledger_and_a_table_both_count_is_never_added(stated: int, stands: int):
    """Items may be recorded of some visits only, and a table may be older: the larger stands."""
    rows = table(("2025-11", "juminhyo", "counter", stated), ("2025-11", "juminhyo", "online", 10))
    told = asked([a_day(visit(("juminhyo", 3)), visit(("inkan", 1)))], rows)
    assert of(told, "juminhyo").at_counter == stands
    assert told.at_counter == stands + 1  # the table says nothing of inkan
    assert (told.counted_twice, told.elsewhere) == (["2025-11"], 10)
    assert told.visits == 2


def test_months_before_the_ledger_come_from_the_table():
    rows = table(("2025-10", "juminhyo", "counter", 50), ("2025-10", "tennyu", "counter", 5))
    told = asked([a_day(visit(("juminhyo", 3)))], rows, (date(2025, 10, 1), NOVEMBER[1]))
    assert (told.at_counter, told.counted_twice) == (58, [])
    october, november = told.months
    assert (october.at_counter, october.visits) == (55, None)
    assert (november.at_counter, november.visits) == (3, 1)


def test_a_month_that_the_period_cuts_is_left_out_of_tables_and_named():
    rows = table(*[(f"2025-{n}", "juminhyo", "online", 10) for n in (10, 11, 12)])
    told = asked([a_day(visit(("juminhyo", 1)))], rows, (date(2025, 10, 1), date(2025, 11, 29)))
    assert (told.elsewhere, told.cut_months) == (10, ["2025-11", "2025-12"])
    assert [(each.month, each.whole) for each in told.months] == [
        ("2025-10", True),
        ("2025-11", False),
    ]
    assert of(told, "juminhyo").obtainable_elsewhere


def test_tables_that_differ_are_named_and_the_larger_stands():
    rows = table(
        ("2025-11", "juminhyo", "online", 10),
        ("2025-11", "juminhyo", "online", 12),
        ("2025-11", "inkan", "online", 7),
        ("2025-11", "inkan", "online", 7),
    )
    told = asked(copies=rows)
    assert told.elsewhere == 19
    assert [(each.procedure, each.copies) for each in told.stated_twice] == [("juminhyo", [10, 12])]


def test_a_campaign_is_seen_month_by_month():
    rows = [
        (f"2025-{month:02}", "juminhyo", channel, copies)
        for month in range(5, 11)
        for channel, copies in (("counter", 90 - 40 * (month > 7)), ("convenience_store", 10))
    ]
    told = asked(copies=table(*rows), period=(date(2025, 4, 1), date(2026, 3, 31)))
    shares = [each.counter_share for each in told.months]
    assert shares == pytest.approx([0.9] * 3 + [5 / 6] * 3, abs=1e-6)
    assert [each.month for each in told.months] == [f"2025-{n:02}" for n in range(5, 11)]


def test_a_month_without_any_figure_is_a_gap():
    rows = table(("2025-09", "inkan", "online", 1), ("2025-11", "inkan", "online", 1))
    told = asked(copies=rows, period=(date(2025, 9, 1), NOVEMBER[1]))
    assert [each.issued for each in told.months] == [1, None, 1]


# Days and months


def test_a_visit_stands_in_the_month_of_its_arrival():
    """The business day of the 31st goes on after midnight."""
    night = [visit(("juminhyo", 1), day="2025-10-31", hour=hour) for hour in (9, 23, 25)]
    days = [a_day(*night, day="2025-10-31"), a_day(visit(day="2025-12-01"), day="2025-12-01")]
    assert asked(days).visits == 1
    whole = asked(days, period=(date(2025, 10, 1), NOVEMBER[1]))
    assert [(each.month, each.visits) for each in whole.months] == [("2025-10", 2), ("2025-11", 1)]


@pytest.mark.parametrize("seed", range(20))
def test_random_days_agree_with_a_plain_count(seed: int):
    chance = random.Random(seed)
    names = ["juminhyo", "inkan", "tennyu", "passport"]
    visits: dict[str, list[Figures]] = {}
    hints: dict[str, list[HintAnswered]] = {}
    for n in range(60):
        day = f"{date(2025, 9, 20) + timedelta(days=n)}"
        visits[day] = [
            visit(
                *[(chance.choice(names), chance.randint(1, 4)) for _ in range(chance.randrange(4))],
                day=day,
                hour=chance.randrange(4, 28),
                served=chance.random() < 0.8,
            )
            for _ in range(chance.randrange(12))
        ]
        answers = ("elsewhere", "no_card", "prefers_counter")
        hints[day] = [
            hint(chance.choice(answers), chance.choice(names), day)
            for _ in range(chance.randrange(4))
        ]
    period = (date(2025, 10, 5), date(2025, 11, 12))
    first, last = at(f"{period[0]}", 0), at(f"{period[1]}", 24)
    come = [v for day in visits.values() for v in day if first <= v.arrived_at < last]
    said = [h for day in hints.values() for h in day if first <= h.at < last]
    copies = Counter[str]()
    for each in come:
        copies.update({i.procedure: 0 for i in each.items})
        for item in each.items if each.wait is not None else ():
            copies[item.procedure] += item.quantity
    told = asked([a_day(*visits[day], day=day, hints=hints[day]) for day in visits], (), period)
    assert {each.procedure: each.at_counter for each in told.procedures} == dict(copies)
    assert told.at_counter == sum(copies.values())
    assert (told.visits, told.visits_with_items) == (len(come), sum(bool(v.items) for v in come))
    free = [
        v for v in come if v.items and all(i.procedure in ("juminhyo", "inkan") for i in v.items)
    ]
    assert told.avoidable_visits == len(free)
    for row in told.procedures:
        assert row.visits == sum(any(i.procedure == row.procedure for i in v.items) for v in come)
        assert row.avoidable_visits == sum(
            any(i.procedure == row.procedure for i in v.items) for v in free
        )
    assert told.hints == {name: sum(h.answer == name for h in said) for name in answers}
    for name in ("visits", "at_counter", "avoidable_copies", "avoidable_visits"):
        assert getattr(told, name) == sum(getattr(month, name) for month in told.months)
