"""Freed time: a year worked out by hand, what is flagged, and that every sum is exact."""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from queue_service.freed_time import CATEGORIES, Use
from queue_service.insights.freed_time import DayHours, FreedTime, freed_time
from queue_service.insights.week import Week
from queue_service.offices import Closed, Office, ReceptionHours
from queue_service.reports.freed_time import Desks, Freed, UsedTime, report_on_freed_time

LONG, SHORT = Week.parse("08:30-17:15").on(0), Week.parse("09:00-16:30").on(0)
MONDAY = date(2025, 11, 24)


def days(*hours: Any, first: date = MONDAY) -> list[DayHours]:
    """Days one after the other, each with its hours before and now."""
    return [DayHours(first + timedelta(n), *each) for n, each in enumerate(hours)]


def used(
    minutes: int, on: str = "2025-11-24", section: str = "tax", category: str = "other"
) -> Use:
    return Use(on, section, category, minutes)


def asked(
    each: list[DayHours], uses: list[Use], desks: int = 1, today: date = date.max, **sections: Any
) -> FreedTime:
    return freed_time(each, uses, desks, sections or {"tax": desks}, today)


# What is freed


def a_year(first: int) -> dict[str, Any]:
    """A fiscal year of a city hall in Japan that is closed at the turn of the year."""
    office = Office(
        id="hall",
        timezone="Asia/Tokyo",
        reception_hours=(ReceptionHours(hours={"mon-fri": "09:00-16:30"}),),
        closed=Closed(
            holidays="JP",
            dates=tuple(
                date(year, month, day)
                for year, month, day in (
                    *((first, 12, day) for day in (29, 30, 31)),
                    *((first + 1, 1, day) for day in (2, 3)),
                )
            ),
        ),
        services=(),
        desks=(),
    )
    ground = UsedTime(
        office=office,
        source="table.csv",
        first=date(first, 4, 1),
        last=date(first + 1, 3, 31),
        today=date.max,
        uses=[],
    )
    change = Freed.since_change(office, ground.last, Week.parse("08:30-17:15"), Desks())
    return report_on_freed_time(ground, change, "en")


def test_seventy_five_minutes_on_243_open_days_are_303_75_hours_a_desk():
    report = a_year(2023)  # April 2023 to March 2024
    assert (report["open_days"], report["shorter_days"], report["minutes_a_day"]) == (243, 243, 75)
    assert report["freed_minutes_a_desk"] == 75 * 243 == 18_225
    assert report["freed_hours_a_desk"] == 303.75
    assert (report["hours_before"], report["hours_now"]) == ("08:30-17:15", "09:00-16:30")
    assert sum(month["open_days"] for month in report["by_month"]) == 243
    assert sum(month["freed_minutes"] for month in report["by_month"]) == 18_225
    assert len(report["by_month"]) == 12


def test_other_years_have_other_calendars():
    assert [a_year(year)["open_days"] for year in (2021, 2022, 2025)] == [242, 243, 242]


def test_a_day_frees_the_minutes_by_which_it_is_shorter_and_no_less_than_none():
    told = asked(
        days((LONG, SHORT), (LONG, LONG), (SHORT, LONG), (LONG, ()), ((), ()), ((), SHORT)), []
    )
    assert told.freed_minutes_a_desk == 75 + 525
    assert (told.open_days, told.shorter_days, told.longer_days) == (5, 2, 2)
    assert told.longer_minutes_a_desk == 75 + 450
    assert (told.minutes_a_day, told.hours_before, told.hours_now) == (None, "08:30-17:15", None)


def test_every_desk_frees_the_same():
    told = asked(days((LONG, SHORT), (LONG, SHORT)), [], desks=13, tax=2, moving=None)
    assert (told.freed_minutes, told.freed_hours) == (13 * 150, 32.5)
    assert [(each.section, each.freed_minutes) for each in told.by_section] == [
        ("tax", 300),
        ("moving", None),
    ]


# What is used


def test_use_is_within_what_was_freed_up_to_the_last_minute():
    each = days((LONG, SHORT))
    for minutes, over in ((74, False), (75, False), (76, True)):
        told = asked(each, [used(minutes)])
        assert (told.over_used, told.left_minutes) == (over, 75 - minutes)
        assert told.by_section[0].over_used is told.by_month[0].over_used is over


def test_a_section_or_a_month_may_be_over_though_the_whole_is_not():
    each = days(*[(LONG, SHORT)] * 10)  # to 3 December: 7 and 3 days
    told = asked(each, [used(200), used(300, "2025-12-01")], desks=3, tax=1, moving=2)
    assert told.over_used is False
    assert [month.over_used for month in told.by_month] == [False, False]
    told = asked(each, [used(900, "2025-12-01")], desks=3, tax=1, moving=2)
    assert told.over_used is False
    assert [section.over_used for section in told.by_section] == [True, False]
    assert [month.over_used for month in told.by_month] == [False, True]


def test_a_section_whose_desks_are_not_known_is_not_judged():
    told = asked(days((LONG, SHORT)), [used(500, section="welfare")], tax=1)
    unknown = told.by_section[-1]
    assert (unknown.section, unknown.desks, unknown.freed_minutes) == ("welfare", None, None)
    assert (unknown.used_minutes, unknown.over_used) == (500, None)


def test_categories_come_with_the_largest_first_and_sections_say_what_was_theirs():
    uses = [used(30, category="training"), used(45, section="moving"), used(15)]
    told = asked(days((LONG, SHORT)), uses, desks=2, tax=1, moving=1)
    assert [(each.category, each.used_minutes, each.entries) for each in told.by_category] == [
        ("other", 60, 2),
        ("training", 30, 1),
    ]
    assert [each.share for each in told.by_category] == [0.6667, 0.3333]
    assert [each.minutes_by_category for each in told.by_section] == [
        {"training": 30, "other": 15},
        {"other": 45},
    ]


def test_a_month_is_silent_when_it_is_over_and_nothing_was_entered():
    each = days(*[(LONG, SHORT)] * 70)  # to the end of January
    told = asked(each, [used(5, "2025-12-08")], today=date(2026, 1, 20))
    assert told.silent_months == ["2025-11"]
    assert told.days_ahead == 12
    unchanged = days(*[(LONG, LONG)] * 70)
    assert asked(unchanged, [], today=date(2026, 3, 1)).silent_months == []


@pytest.mark.parametrize("seed", range(20))
def test_sums_over_sections_months_and_categories_are_the_sum_of_the_entries(seed: int):
    chance = random.Random(seed)
    hours = [LONG, SHORT, ()]
    each = days(
        *[(chance.choice(hours), chance.choice(hours)) for _ in range(chance.randint(1, 400))]
    )
    uses = [
        Use(
            f"{chance.choice(each).date}",
            chance.choice(["tax", "moving", "gone"]),
            chance.choice(CATEGORIES),
            chance.randint(1, 600),
        )
        for _ in range(chance.randint(0, 200))
    ]
    told = asked(each, uses, desks=3, tax=2, moving=1)
    total = sum(use.minutes for use in uses)
    assert told.used_minutes == total
    for parts in (told.by_section, told.by_month, told.by_category):
        assert sum(part.used_minutes for part in parts) == total
        assert sum(part.entries for part in parts) == len(uses)
    counted = Counter[str]()
    for use in uses:
        counted[use.category] += use.minutes
    assert {part.category: part.used_minutes for part in told.by_category} == dict(counted)
    assert sum(month.freed_minutes or 0 for month in told.by_month) == told.freed_minutes
    assert told.over_used == (total > (told.freed_minutes or 0))
