"""The days before the demonstration: a ticket machine could have written them down."""

import datetime
from collections import Counter, defaultdict
from importlib.resources import files
from itertools import pairwise

import pytest

from queue_service.cli.demo import _since_march
from queue_service.demo_day import People
from queue_service.demo_history import PATIENCE_MS, history
from queue_service.hours import MINUTE_MS, clock, instant, issuing_spans, reception_spans
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.ticket_log import Row

FIRST, LAST = datetime.date(2026, 3, 2), datetime.date(2026, 4, 10)
A_DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def cityhall() -> Office:
    text = (files("queue_service") / "samples" / "cityhall.yaml").read_text("utf-8")
    return read_office(text, "cityhall.yaml")


@pytest.fixture(scope="module")
def days(cityhall: Office) -> list[list[Row]]:
    return list(history(cityhall, FIRST, LAST, 1))


def factor(cityhall: Office, date: str) -> float:
    return People.read().calendar.factor(cityhall, datetime.date.fromisoformat(date))


# The calendar


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2025-11-12", 0.95),  # a Wednesday
        ("2025-11-04", 0.99 * 1.35 * 1.08),  # a Tuesday after three closed days, the month's first
        ("2026-05-07", 0.95 * 1.5 * 1),  # after the golden week, five days
        ("2026-03-31", 0.99 * 1.08),  # the last day of a month
        ("2026-12-28", 1.12 * 0.85 * 1.08),  # the last open day of the year
    ],
)
def test_some_days_are_busier(cityhall: Office, date: str, expected: float):
    assert factor(cityhall, date) == pytest.approx(expected)


def test_people_move_house_at_the_end_of_march():
    season = People.read().calendar.season
    dates = (datetime.date(2026, 3, 17), datetime.date(2026, 3, 25), datetime.date(2026, 4, 10))
    assert [season("moving", date) for date in dates] == [1.0, 2.2, 1.5]
    assert season("tax", dates[1]) == 1.0


# The days


def test_there_is_a_day_for_each_on_which_the_office_was_open(cityhall: Office, days):
    dates = [FIRST + n * A_DAY for n in range((LAST - FIRST).days + 1)]
    open_on = [f"{date}" for date in dates if reception_spans(cityhall, None, f"{date}")]
    assert [rows[0].day for rows in days] == open_on
    assert "2026-03-20" not in open_on  # a holiday


def test_the_same_seed_tells_the_same_history(cityhall: Office, days):
    assert list(history(cityhall, FIRST, FIRST, 1)) == days[:1]
    assert list(history(cityhall, FIRST, FIRST, 2)) != days[:1]


def test_numbers_are_given_in_the_hours_and_times_are_in_order(cityhall: Office, days):
    for rows in days:
        (span,) = issuing_spans(cityhall, None, rows[0].day)
        assert all(span[0] <= row.issued_at < span[1] for row in rows)
        assert len({row.number for row in rows}) == len(rows)
        assert [row.issued_at for row in rows] == sorted(row.issued_at for row in rows)
        for row in rows:
            times = [row.issued_at, row.called_at, row.started_at, row.finished_at]
            told = [each for each in times if each is not None]
            assert told == sorted(told)


def test_a_line_is_first_come_first_served_and_a_desk_serves_one_at_a_time(days):
    for rows in days:
        lines, desks = defaultdict(list), defaultdict(list)
        for row in rows:
            if row.called_at is not None:
                lines[row.service].append((row.issued_at, row.called_at))
                desks[row.desk].append((row.called_at, row.finished_at or row.called_at))
        for line in lines.values():
            assert [called for _, called in sorted(line)] == sorted(called for _, called in line)
        for served in desks.values():
            assert all(one[1] <= other[0] for one, other in pairwise(sorted(served)))


def test_desks_serve_what_they_are_for_and_have_lunch(cityhall: Office, days):
    people = People.read()
    for rows in days:
        for desk in cityhall.desks:
            mine = served_by(rows, desk.id)
            assert {row.service for row in rows if row.desk == desk.id} <= {*desk.services}
            if "reception" not in (desk.stages or ("reception",)):
                assert mine[1:] == []
                continue
            noon = mornings_end(cityhall, rows, people)
            free = [(one[1], other[0]) for one, other in pairwise(served_by(rows, desk.id))]
            lunch = [b - a for a, b in free if b >= noon]
            assert max(lunch, default=people.break_minutes * MINUTE_MS) >= (
                people.break_minutes * MINUTE_MS
            )


def served_by(rows: list[Row], desk: str) -> list[tuple[int, int]]:
    """From when to when a desk had somebody, in order; first, until when the office was closed."""
    mine = [row for row in rows if row.desk == desk and row.called_at is not None]
    opening = (0, rows[0].issued_at)
    return [opening, *sorted((row.called_at, row.finished_at or row.called_at) for row in mine)]


def mornings_end(cityhall: Office, rows: list[Row], people: People) -> int:
    """The instant from which lunch is due for both halves of the desks."""
    midnight = instant(cityhall.tz, datetime.date.fromisoformat(rows[0].day), 0)
    return midnight + (clock(people.breaks_from) + people.break_minutes) * MINUTE_MS


def test_whoever_waits_too_long_may_leave(days):
    left = [row for rows in days for row in rows if row.outcome == "cancelled"]
    assert left
    assert {row.finished_at - row.issued_at for row in left} == {PATIENCE_MS}
    assert all(row.called_at is None and row.desk is None for row in left)


def test_the_end_of_march_is_crowded(days):
    moved = {rows[0].day: Counter(row.service for row in rows)["moving"] for rows in days}
    usual = [n for day, n in moved.items() if day < "2026-03-18"]
    crowded = [n for day, n in moved.items() if "2026-03-25" <= day <= "2026-04-03"]
    assert sum(crowded) / len(crowded) > 1.6 * sum(usual) / len(usual)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ("2026-11-28", "2026-03-01"),
        ("2026-04-01", "2026-02-18"),  # six weeks, with the end of March in them
        ("2026-03-31", "2025-03-01"),  # this March is not over
        ("2027-01-02", "2026-03-01"),
    ],
)
def test_the_demonstration_remembers_a_whole_march(today: str, first: str):
    day = datetime.date.fromisoformat(today)
    assert f"{day - _since_march(day) * A_DAY}" == first
