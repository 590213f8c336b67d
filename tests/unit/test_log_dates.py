"""Dates that cannot be true: what is doubted, what is said of it, and what is left alone."""

import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import pytest

from queue_service import log_dates
from queue_service.log_dates import Dates, Odd, Pause, impossible, pauses

A_DAY = timedelta(days=1)


def days(first: str, count: int, rows: int = 10, step: int = 1) -> Iterator[str]:
    """So many dates from the first on, each of so many rows."""
    begin = date.fromisoformat(first)
    for n in range(count):
        yield from [f"{begin + n * step * A_DAY}"] * rows


def years_before(day: str) -> str:
    """What a clock showed on that day that is 2,881 days behind."""
    return f"{date.fromisoformat(day) - 2881 * A_DAY}"


def odd(dates: Iterable[str]) -> list[Odd]:
    """What is odd of a log with a row on each of these dates, the header being line 1."""
    log = Dates()
    for line, each in enumerate(dates, 2):
        log.add(each, line)
    return log.odd()


def the_odd(dates: Iterable[str]) -> Odd:
    (found,) = odd(dates)
    return found


WINTER = [*days("2019-10-01", 90), *days("2020-01-02", 60)]  # 2019-10-01 … 2019-12-29, and on


@pytest.mark.parametrize("where", [0, 900, len(WINTER)])
def test_the_year_of_the_week_is_named_wherever_its_rows_stand(where: int) -> None:
    """2019-12-30 lies in the first week of 2020."""
    wrong = ["2020-12-30"] * 7 + ["2020-12-31"] * 5
    found = the_odd([*WINTER[:where], *wrong, *WINTER[where:]])
    assert found.dates == {"2020-12-30", "2020-12-31"}
    assert (found.rows, found.lines) == (12, None)
    assert found.reason == "is a year late: the machine wrote the ISO week-year?"


def test_the_year_of_the_week_is_found_by_the_rows_around_though_others_have_that_date() -> None:
    """Over the years the date itself is nothing strange; those who are right keep it."""
    log = [*days("2018-01-01", 728), *["2020-12-30"] * 7, *days("2020-01-02", 500)]
    found = the_odd(log)
    assert found.lines is not None
    first, last = found.lines
    assert log[first - 2 : last - 1] == ["2020-12-30"] * 7
    assert found.reason == "is a year late: the machine wrote the ISO week-year?"
    assert log.count("2020-12-30") - found.rows == 10


def test_the_first_days_of_a_year_may_be_a_year_early() -> None:
    """2021-01-01 lies in the last week of 2020."""
    log = [*days("2020-11-01", 61), *["2020-01-01"] * 3, *days("2021-01-04", 60)]
    found = the_odd(log)
    assert (found.rows, found.dates) == (3, {"2020-01-01"})
    assert found.reason == "is a year early: the machine wrote the ISO week-year?"


def test_another_day_that_is_a_year_off_is_not_put_down_to_weeks() -> None:
    log = [*days("2019-05-01", 20), *["2018-05-21"] * 3, *days("2019-05-22", 20)]
    assert the_odd(log).reason == "is a year early: its clock had the wrong year?"


def test_a_clock_that_is_years_off_is_told_in_days_by_the_rows_around() -> None:
    log = [*days("2020-01-02", 10), *days("2012-02-21", 1, 4), *days("2020-01-11", 20)]
    log.insert(100, "2020-01-11")  # somebody came on that day before the clock failed
    found = the_odd(log)
    assert (found.rows, found.dates) == (4, {"2012-02-21"})
    assert found.reason == (
        "lies far from the rows around it ('2020-01-11'): "
        "the clock of the machine was 2881 days off"
    )


def test_in_a_log_that_was_sorted_the_clock_is_told_by_all_other_rows() -> None:
    log = [*days("2012-02-21", 3, 4), *days("2020-01-02", 30)]
    found = the_odd(log)
    assert (found.rows, len(found.dates)) == (12, 3)
    assert found.reason == (
        "lies far from all other rows: the clock of the machine was at least 2870 days off"
    )


@pytest.mark.parametrize("begins", [0, 1])
@pytest.mark.parametrize("every", [3, 4, 10])
def test_one_machine_of_several_may_be_wrong_for_months(
    every: int, begins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows stand between those of the others, more days than an outlier could have."""
    log = [
        years_before(day) if n % every == begins else day
        for n, day in enumerate(days("2020-01-02", 100, 30))
    ]
    found = odd(log)
    assert sum(each.rows for each in found) == sum(each < "2019" for each in log)
    assert all(max(each.dates) < "2019" for each in found)
    monkeypatch.setattr(log_dates, "MOST_RUNS", 100)
    assert odd(log) == []  # with so many leaps it is given up as a whole, not in part


def test_a_log_may_begin_with_more_wrong_rows_than_true_ones() -> None:
    first = "2020-01-02"
    log = [first] * 3 + [years_before(first)] * 8 + [first] * 2 + [years_before(first)] * 8
    for day in days(first, 100, 1):
        log += [day] * 12 + [years_before(day)]
    found = odd(log)
    assert sum(each.rows for each in found) == sum(each < "2019" for each in log)
    assert all(max(each.dates) < "2019" for each in found)


def test_offices_one_after_the_other_are_judged_each_by_itself() -> None:
    """Each begins with the year of its week; from the end of one to the begin of the next is no leap."""
    offices = [[*days("2020-12-30", 2, 5), *days("2020-01-01", 22, n)] for n in (40, 9, 40, 3, 40)]
    found = the_odd(day for office in offices for day in office)
    assert (found.dates, found.rows) == ({"2020-12-30", "2020-12-31"}, 50)


def test_a_log_from_the_newest_to_the_oldest_is_judged_alike_and_may_pause() -> None:
    before = [*days("2014-01-01", 300), *days("2016-01-01", 300)]
    log = [*before, *days("2018-01-01", 728), *["2020-12-30"] * 7, *days("2020-01-02", 500)]
    assert the_odd(log).rows == the_odd(log[::-1]).rows == 7


# Left alone


def test_a_log_of_one_day_of_no_day_and_of_a_few_rows_is_believed() -> None:
    assert odd([]) == odd(["2020-01-01"]) == odd(["2020-01-01", "2012-01-01"]) == []
    assert odd(["2015-01-01", "2019-01-01", "2015-01-02"]) == []
    assert odd(["2012-01-01", "2016-05-05", "2020-01-01", "2020-01-02"]) == []


@pytest.mark.parametrize("seed", range(50))
def test_a_sparse_log_of_years_is_believed_in_whatever_order(seed: int) -> None:
    chance = random.Random(seed)
    log = [
        f"{date(2010, 1, 1) + chance.randrange(3650) * A_DAY}"
        for _ in range(chance.choice((3, 8, 20, 60, 120)))
    ]
    assert odd(log) == []
    assert odd(sorted(log)) == []
    assert odd(sorted(log, reverse=True)) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_busy_log_of_years_in_no_order_is_believed(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    log = [*days("2015-01-01", 1500, 2)]
    chance.shuffle(log)
    assert odd(log) == []
    monkeypatch.setattr(log_dates, "MOST_RUNS", 100)  # far fewer than it has leaps
    assert odd(log) == []


@pytest.mark.parametrize(
    ("why", "log"),
    [
        ("a ticket a month", days("2012-01-15", 96, 1, 30)),
        ("and one more after half a year", [*days("2012-01-15", 96, 1, 30), "2020-06-01"]),
        ("open in February", [d for y in range(2012, 2022) for d in days(f"{y}-02-01", 28)]),
        (
            "open in February, and tried for a week before",
            [
                *days("2011-02-07", 5, 3),
                *(d for y in range(2012, 2022) for d in days(f"{y}-02-01", 28)),
            ],
        ),
        ("closed for renovation", [*days("2018-01-01", 500), *days("2020-03-01", 500)]),
        ("tried for a summer", [*days("2018-06-01", 60, 1), *days("2019-09-01", 500)]),
        (
            "files of years, put together wrongly",
            [*days("2019-01-01", 365), *days("2018-01-01", 365)],
        ),
        (
            "the years of a small office between those of a large one",
            [*days("2010-01-01", 1826), *days("2012-01-01", 365), *days("2015-01-02", 1826)],
        ),
        (
            "by service, some of them rare",
            [
                *days("2015-01-01", 1800),
                *days("2016-03-01", 2, 1),
                *days("2015-01-01", 1800, 3),
                *days("2019-12-30", 1, 1),
                *days("2015-01-01", 1800, 2),
            ],
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_log_with_pauses_or_in_parts_is_believed(why: str, log: Iterable[str]) -> None:
    assert odd(log) == []


# Whatever the others say


def test_a_date_before_1990_or_after_today_is_impossible() -> None:
    assert impossible("1989-12-31", "2026-01-05") is not None
    assert impossible("1990-01-01", "2026-01-05") is None
    assert impossible("2026-01-05", "2026-01-05") is None
    assert "future" in (impossible("2026-01-06", "2026-01-05") or "")
    late = "is a year late: the machine wrote the ISO week-year?"
    assert impossible("2026-12-30", "2026-01-05") == late
    assert "future" in (impossible("2027-12-30", "2026-01-05") or "")  # two years are another case


def test_long_pauses_are_told() -> None:
    assert pauses(["2020-03-01", "2018-01-01", "2018-01-02"]) == [
        Pause("2018-01-02", "2020-03-01", 789)
    ]
    assert pauses([]) == []
