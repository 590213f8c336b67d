"""Windows before and after a date: as long as the data allows, or as somebody says."""

from datetime import date, timedelta

import pytest

from queue_service.insights.windows import Window, parse_span, reach, same_season, windows

AT = date(2025, 8, 4)


def dates(before: int, after: int) -> list[date]:
    return [AT + timedelta(days=n) for n in range(-before, after)]


def lengths(past: int, come: int, **asked: int | Window | None) -> tuple[int, int]:
    found = windows(AT, asked.get("before"), asked.get("after"), dates(past, come))
    assert found[0].last == AT - timedelta(days=1) and found[1].first == AT
    return found[0].days, found[1].days


def test_both_are_as_long_as_the_shorter_side_of_the_data_and_a_year_at_most():
    assert lengths(120, 60) == (60, 60)
    assert lengths(30, 400) == (30, 30)
    assert lengths(900, 800) == (365, 365)


def test_a_stated_one_is_kept_and_the_other_is_as_long_if_there_are_days():
    assert lengths(120, 100, before=90) == (90, 90)
    assert lengths(120, 60, before=90) == (90, 60)
    assert lengths(120, 60, before=200, after=10) == (200, 10)


def test_without_data_there_is_a_day_on_either_side():
    assert lengths(0, 0) == (1, 1)
    assert lengths(30, 0) == (1, 1)


def test_windows_may_be_dates_and_lie_apart():
    early, late = parse_span("2024-03-22/2024-04-04"), parse_span("2025-08-10/2025-08-20")
    assert windows(AT, early, late, dates(9, 9)) == (
        Window(date(2024, 3, 22), date(2024, 4, 4)),
        Window(date(2025, 8, 10), date(2025, 8, 20)),
    )
    with pytest.raises(ValueError, match="before: it has to end before"):
        windows(AT, late, None, dates(9, 9))
    with pytest.raises(ValueError, match="after: it cannot begin before"):
        windows(AT, None, early, dates(9, 9))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "write 1 to"),
        ("10000", "write 1 to"),
        ("-5", "no span"),
        ("soon", "no span"),
        ("2025-04-01", "no span"),
        ("2025-04-01/", "no span"),
        ("2025-04-02/2025-04-01", "write the first day first"),
        ("2020-04-02/2025-04-01", "does not have 1 to"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(text: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_span(text)


def test_the_same_dates_of_another_year_have_the_same_season_and_so_have_whole_years():
    spring = Window(date(2025, 4, 1), date(2025, 6, 30))
    assert same_season(spring.earlier(), spring) and same_season(spring.earlier(2), spring)
    assert not same_season(spring, Window(date(2025, 7, 1), date(2025, 9, 30)))
    assert not same_season(
        Window(date(2023, 3, 22), date(2023, 4, 4)), Window(date(2024, 3, 25), date(2024, 4, 7))
    )
    assert same_season(*windows(AT, None, None, dates(400, 400)))
    leap = Window(date(2024, 2, 29), date(2024, 2, 29)).earlier()
    assert leap == Window(date(2023, 2, 28), date(2023, 2, 28))


def test_what_is_read_holds_the_windows_and_the_year_before_them():
    first, last = reach(AT, None, None)
    assert (first, last) == (date(2023, 8, 4), date(2026, 8, 4))
    window = parse_span("2020-04-01/2020-04-30")
    assert reach(AT, window, 10)[0] == date(2019, 4, 1)
