"""Tables of counts as people keep them: what is read, and what is said of rows that cannot be."""

import pytest

from queue_service.counts import (
    Copies,
    Count,
    Counted,
    Table,
    columns_of_counts,
    once,
    read_copies,
    read_counts,
    whole,
)
from queue_service.log_columns import TicketLogError
from queue_service.ticket_log import BadRow

MONDAY, TUESDAY = "2025-11-24", "2025-11-25"


def counts(text: str, interval: int = 60) -> list[Count | BadRow]:
    return list(read_counts(Table(text.splitlines(keepends=True)), interval))


def copies(text: str) -> list[Copies | BadRow]:
    return list(read_copies(Table(text.splitlines(keepends=True))))


def test_one_row_a_count() -> None:
    text = "date,start,count,service\n2019-04-01,08:30,24,moving\n2019/4/1,9:00,0,\n"
    assert counts(text, 30) == [
        Count(2, "2019-04-01", 510, 24, "moving"),
        Count(3, "2019-04-01", 540, 0, ""),
    ]


@pytest.mark.parametrize("titles", ["08:00,09:00", "8:00-9:00,9:00-10:00", "8時,9時台", "h08,h09"])
def test_one_row_a_day_with_a_column_for_each_interval(titles: str) -> None:
    text = f"date,{titles},合計\n2019-04-01,4,13,17\n2019-04-02,,16,16\n"
    assert counts(text) == [
        Count(2, "2019-04-01", 480, 4, ""),
        Count(2, "2019-04-01", 540, 13, ""),
        Count(3, "2019-04-02", 540, 16, ""),  # the empty cell before it is no zero
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1st of April,08:00,4", "date '1st of April' is not a date"),
        ("2019-02-30,08:00,4", "is not a date"),
        ("2019-04-01,noon,4", "start 'noon' is not a time"),
        ("2019-04-01,25:00,4", "start '25:00' is not a time"),
        ("2019-04-01,08:10,4", "does not fit intervals of 60 minutes"),
        ("2019-04-01,08:00,-4", "count '-4' is not a whole number"),
        ("2019-04-01,08:00,", "count '' is not a whole number"),
        ("2019-04-01,08:00", "count '' is not a whole number"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_reason(row: str, reason: str) -> None:
    good, bad = counts(f"date,start,count\n2019-03-31,08:00,1\n{row}\n")
    assert isinstance(good, Count)
    assert isinstance(bad, BadRow)
    assert bad.line == 3
    assert reason in bad.reason


def test_the_same_interval_twice_is_named() -> None:
    first, second = counts("date;start;count\n2019-04-01;8:00;4\n2019-04-01;08:00;5\n")
    assert isinstance(first, Count)
    assert isinstance(second, BadRow)
    assert "second time" in second.reason


def test_a_row_with_one_bad_cell_is_given_up_whole_with_all_that_stood_in_it() -> None:
    """Mended and read again, its other cells must not count for the second time."""
    bad, good = counts("date,08:00,09:00\n2019-04-01,4,some\n2019-04-02,5,6\n")[:2]
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.cells) == (2, ("2019-04-01", "4", "some"))
    assert good == Count(3, "2019-04-02", 480, 5, "")
    assert counts("date,08:00,09:00\n2019-04-01,4,13\n") == [
        Count(2, "2019-04-01", 480, 4, ""),
        Count(2, "2019-04-01", 540, 13, ""),
    ]


def test_a_row_that_was_given_up_takes_no_place() -> None:
    bad, good = counts("date,start,count\n2019-04-01,08:00,many\n2019-04-01,08:00,5\n")
    assert isinstance(bad, BadRow)
    assert good == Count(3, "2019-04-01", 480, 5, "")
    bad_copies, good_copies = copies(
        "month,procedure,channel,copies\n2025-08,koseki,online,many\n2025-08,koseki,online,3\n"
    )
    assert isinstance(bad_copies, BadRow)
    assert good_copies == Copies(3, "2025-08", "koseki", "online", 3)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [('2019-04-01,"08:00,4', "never closed"), ("2019-04-01,08:00,\udc82\udca0", "not UTF-8")],
)
def test_a_broken_line_costs_one_row(broken: str, reason: str) -> None:
    bad, good = counts(f"date,start,count\n{broken}\n2019-04-01,09:00,5\n")
    assert isinstance(bad, BadRow)
    assert (bad.line, reason in bad.reason) == (2, True)
    assert good == Count(3, "2019-04-01", 540, 5, "")
    text = f"month,procedure,channel,copies\n{broken},,\n2025-08,koseki,online,3\n"
    assert [reason in each.reason for each in copies(text) if isinstance(each, BadRow)] == [True]


def test_it_is_told_which_columns_are_read() -> None:
    tall = Table(["date,start,count,weather\n"])
    assert columns_of_counts(tall) == {"date": "date", "start": "start", "count": "count"}
    wide = Table(["date,8時,9時,合計\n"])
    assert columns_of_counts(wide) == {"date": "date", "count": "8時+9時"}


@pytest.mark.parametrize("text", ["", "\n", "start,count\n", "date,visitors\n2019-04-01,4\n"])
def test_a_table_without_its_columns_is_refused(text: str) -> None:
    with pytest.raises(TicketLogError):
        counts(text)


def test_copies_by_month_and_channel() -> None:
    text = "month,procedure,channel,copies\n2025-08,juminhyo,convenience_store,1200\n"
    text += "2025/9,juminhyo,convenience_store,1500\n2025-13,juminhyo,online,3\n"
    text += "2025-08,juminhyo,convenience_store,1\n2025-08,,online,3\n2025-08,koseki,online,many\n"
    found = copies(text)
    assert found[:2] == [
        Copies(2, "2025-08", "juminhyo", "convenience_store", 1200),
        Copies(3, "2025-09", "juminhyo", "convenience_store", 1500),
    ]
    reasons = [each.reason for each in found[2:] if isinstance(each, BadRow)]
    assert ["is not a month" in reasons[0], "second time" in reasons[1]] == [True, True]
    assert ["must be there" in reasons[2], "whole number" in reasons[3]] == [True, True]


# Several tables


def a_table(interval: int, *rows: tuple[str, int, int, str]) -> Counted:
    return Counted(interval, [Count(n, *row) for n, row in enumerate(rows, start=2)])


def kept(tables: list[Counted]) -> list[tuple[int, list[tuple[str, int]]]]:
    return [(each.interval, [(c.date, c.count) for c in each.counts]) for each in once(tables)]


def test_services_are_added_unless_the_table_has_the_sum():
    (table,) = once(
        [a_table(60, (MONDAY, 540, 3, "tax"), (MONDAY, 540, 4, "moving"), (MONDAY, 600, 5, "tax"))]
    )
    assert [(each.start, each.count) for each in whole(table.counts)] == [(540, 7), (600, 5)]
    with_sum = [*table.counts, Count(9, MONDAY, 540, 8, "")]
    assert [(each.start, each.count) for each in whole(with_sum)] == [(540, 8), (600, 5)]


def test_a_date_that_two_tables_have_is_counted_once_by_the_shorter_intervals():
    hours = a_table(60, (MONDAY, 540, 10, ""), (TUESDAY, 540, 20, ""))
    quarters = a_table(15, (MONDAY, 540, 4, ""), (MONDAY, 555, 7, ""))
    expected = [(15, [(MONDAY, 4), (MONDAY, 7)]), (60, [(TUESDAY, 20)])]
    assert kept([hours, quarters]) == kept([quarters, hours]) == expected


def test_tables_of_different_services_are_both_counted():
    tax, moving = a_table(60, (MONDAY, 540, 3, "tax")), a_table(30, (MONDAY, 540, 4, "moving"))
    assert kept([tax, moving]) == [(30, [(MONDAY, 4)]), (60, [(MONDAY, 3)])]
    again = a_table(60, (MONDAY, 540, 5, "tax"), (TUESDAY, 540, 6, "tax"))
    assert kept([tax, again]) == [(60, [(MONDAY, 3)]), (60, [(TUESDAY, 6)])]


def test_who_counted_everybody_goes_before_who_counted_one_service():
    moving, everybody = a_table(15, (MONDAY, 540, 4, "moving")), a_table(60, (MONDAY, 540, 9, ""))
    assert kept([moving, everybody]) == [(60, [(MONDAY, 9)]), (15, [])]
