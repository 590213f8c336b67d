"""Hours, business days and spans of opening, also where clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_service import hours
from queue_service.hours import (
    BusinessDay,
    business_day,
    business_day_of,
    hours_in_force,
    instant,
    is_closed,
    issuing_spans,
    local_iso,
    reception_spans,
)
from queue_service.offices import Closed, Desk, Office, ReceptionHours, Service

ZONES = (
    "Asia/Tokyo",
    "Europe/Warsaw",
    "America/New_York",
    "Australia/Lord_Howe",  # changes its clocks by half an hour
    "Africa/Cairo",  # changes its clocks at midnight
)
STARTS = ("00:00", "00:30", "01:45", "02:00", "02:15", "02:30", "03:00", "04:00", "23:30")
FIRST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
LAST = int(datetime(2030, 12, 31, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000

zones = st.sampled_from(ZONES)
starts = st.sampled_from(STARTS)
dates = st.dates(date(2020, 1, 1), date(2030, 12, 30))


def office(
    *entries: ReceptionHours,
    zone: str = "Asia/Tokyo",
    starts_at: str = "04:00",
    tickets_from: int = 0,
    closed: Closed | None = None,
    hours: dict[str, str] | None = None,
) -> Office:
    return Office(
        id="hall",
        timezone=zone,
        day_starts_at=starts_at,
        reception_hours=entries,
        tickets_from=tickets_from,
        closed=closed or Closed(),
        services=(Service(id="counter", prefix="A", hours=hours),),
        desks=(Desk(id="1", services=("counter",)),),
    )


def weekly(**week: str) -> ReceptionHours:
    return ReceptionHours(hours={key.replace("_", "-"): text for key, text in week.items()})


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def shown(office: Office, spans: hours.Spans) -> list[str]:
    """Spans as the clock on the wall shows them, "24T08:45-24T16:30"."""
    return ["-".join(local_iso(office, at)[8:16] for at in span) for span in spans]


# How hours are written


@pytest.mark.parametrize(
    ("text", "minutes"), [("00:00", 0), ("4:00", 240), (" 08:30 ", 510), ("24:00", 1440)]
)
def test_a_time_of_day_is_minutes_after_midnight(text: str, minutes: int) -> None:
    assert hours.clock(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "8", "8.30", "08:60", "24:01", "25:00", "-1:00", "０８:30", "8:3"]
)
def test_what_is_no_time_of_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 08:30"):
        hours.clock(text)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("08:30-17:15", ((510, 1035),)),
        ("08:30-12:00, 13:00-17:15", ((510, 720), (780, 1035))),
        ("00:00-24:00", ((0, 1440),)),
        ("09:00-12:00,12:00-13:00", ((540, 720), (720, 780))),
    ],
)
def test_several_spans_are_separated_by_commas(text: str, spans: hours.Spans) -> None:
    assert hours.spans(text) == spans


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "write it like 08:30-17:15"),
        ("closed", "write it like 08:30-17:15"),
        ("08:30", "write it like 08:30-17:15"),
        ("08:30-17", "write it like 08:30"),
        ("17:15-08:30", "put the rest on the next day"),
        ("08:30-08:30", "put the rest on the next day"),
        ("13:00-17:00,08:30-12:00", "put the spans in order"),
        ("08:30-12:00,11:00-13:00", "let none overlap"),
    ],
)
def test_a_span_that_cannot_be_meant_is_refused_with_its_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        hours.spans(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("mon,wed", (0, 2)),
        ("Mon-Tue, sat", (0, 1, 5)),
        ("sun-thu", (6, 0, 1, 2, 3)),  # the working week of Cairo goes over Sunday
        ("mon-sun", (0, 1, 2, 3, 4, 5, 6)),
    ],
)
def test_days_are_named_singly_in_lists_and_in_ranges(text: str, days: tuple[int, ...]) -> None:
    assert hours.days(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon-", "-fri", "mon-wed-fri", "mon,", "月"])
def test_what_is_no_day_is_refused_with_the_days_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="use mon, tue, wed, thu, fri, sat, sun"):
        hours.days(text)


def test_every_wrong_key_of_a_week_is_found() -> None:
    week = {"mon-wed": "09:00-17:00", "wed,fry": "9-5", "wed": "10:00-12:00", "thu,thu": "x"}
    assert [(key, reason.split(":")[0]) for key, reason in hours.week_problems(week)] == [
        ("wed,fry", "'fry' is no day"),
        ("wed,fry", "'9' is not a time of day"),
        ("wed", "wed is named twice"),
        ("thu,thu", "thu is named twice"),
        ("thu,thu", "'x' is not a span of time"),
    ]


# Local time


def test_local_time_has_the_offset_of_the_office_and_always_milliseconds() -> None:
    assert local_iso(office(), ms("2026-11-24T00:00:00Z")) == "2026-11-24T09:00:00.000+09:00"
    summer = ms("2026-07-01T00:00:00Z") + 7
    assert local_iso(office(zone="Europe/Warsaw"), summer) == "2026-07-01T02:00:00.007+02:00"


def test_a_time_that_clocks_skip_is_the_instant_of_the_skip() -> None:
    warsaw = ZoneInfo("Europe/Warsaw")
    skip = ms("2026-03-29T01:00:00Z")  # 02:00 becomes 03:00
    for minutes in (120, 121, 150, 179, 180):
        assert instant(warsaw, date(2026, 3, 29), minutes) == skip
    assert instant(warsaw, date(2026, 3, 29), 119) == skip - 60_000
    assert instant(warsaw, date(2026, 3, 29), 181) == skip + 60_000


def test_a_time_that_clocks_show_twice_is_the_first_of_the_two() -> None:
    warsaw = ZoneInfo("Europe/Warsaw")
    assert instant(warsaw, date(2026, 10, 25), 150) == ms("2026-10-25T02:30:00+02:00")
    assert instant(warsaw, date(2026, 10, 25), 180) == ms("2026-10-25T03:00:00+01:00")


def test_midnight_may_be_skipped() -> None:
    skip = ms("2026-04-23T22:00:00Z")  # Cairo goes from 24:00 to 01:00
    assert instant(ZoneInfo("Africa/Cairo"), date(2026, 4, 24), 0) == skip
    assert instant(ZoneInfo("Africa/Cairo"), date(2026, 4, 23), 1440) == skip


@given(zone=zones, day=dates, minutes=st.integers(0, 1440))
@settings(max_examples=150, deadline=None)
def test_an_instant_is_the_first_at_which_the_clock_shows_that_time_or_later(
    zone: str, day: date, minutes: int
) -> None:
    at = instant(ZoneInfo(zone), day, minutes)
    asked = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    wall = [
        datetime.fromtimestamp(each / 1000, ZoneInfo(zone)).replace(tzinfo=None)
        for each in (at - 1, at)
    ]
    assert wall[0] < asked <= wall[1]


# Business days


def test_a_business_day_begins_at_four_unless_said_otherwise() -> None:
    begins = ms("2026-11-24T04:00:00+09:00")
    day = BusinessDay("2026-11-24", begins, begins + 24 * HOUR_MS)
    assert business_day(office(), begins) == day
    assert business_day(office(), begins - 1).date == "2026-11-23"
    assert business_day(office(), day.end - 1) == day
    assert business_day_of(office(), "2026-11-24") == day


@pytest.mark.parametrize(
    ("date", "hours_long"), [("2026-03-28", 23), ("2026-10-24", 25), ("2026-06-01", 24)]
)
def test_a_business_day_is_an_hour_shorter_or_longer_where_clocks_change(
    date: str, hours_long: int
) -> None:
    day = business_day_of(office(zone="Europe/Warsaw"), date)
    assert day.end - day.start == hours_long * HOUR_MS


@pytest.mark.parametrize("starts_at", STARTS)
@pytest.mark.parametrize("zone", ZONES)
def test_business_days_follow_each_other_without_gap_or_overlap_wherever_clocks_change(
    zone: str, starts_at: str
) -> None:
    hall = office(zone=zone, starts_at=starts_at)
    for day in days_around_clock_changes(zone):
        found, after = (business_day_of(hall, (day + timedelta(n)).isoformat()) for n in (0, 1))
        assert found.start < found.end == after.start
        assert business_day(hall, found.start) == found == business_day(hall, found.end - 1)
        assert 22.5 <= (found.end - found.start) / HOUR_MS <= 25.5


def days_around_clock_changes(zone: str) -> list[date]:
    """Every date from 2020 to 2030 close to a change of clocks."""
    noons = [datetime(2020, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(n) for n in range(4018)]
    changes = [
        after.date() for before, after in pairwise(noons) if before.utcoffset() != after.utcoffset()
    ]
    return [day + timedelta(n) for day in changes for n in (-2, -1, 0, 1)]


@given(zone=zones, starts_at=starts, at=st.integers(FIRST, LAST))
@settings(max_examples=150, deadline=None)
def test_every_instant_lies_in_exactly_one_business_day(zone: str, starts_at: str, at: int) -> None:
    hall = office(zone=zone, starts_at=starts_at)
    found = business_day(hall, at)
    today = date.fromisoformat(found.date)
    around = [business_day_of(hall, (today + timedelta(n)).isoformat()) for n in range(-2, 3)]
    assert [day for day in around if day.start <= at < day.end] == [found]
    assert all(one.end == other.start for one, other in pairwise(around))


def test_a_date_that_a_country_skipped_still_has_its_place() -> None:
    samoa = office(zone="Pacific/Apia")  # had no 30 December 2011
    skip = ms("2011-12-30T10:00:00Z")
    assert business_day(samoa, skip - 1).date == "2011-12-29"
    assert business_day(samoa, skip).date == "2011-12-30"
    assert business_day(samoa, skip + 4 * HOUR_MS).date == "2011-12-31"


def test_clocks_that_go_back_over_midnight_do_not_bring_back_the_day_before() -> None:
    newfoundland = office(zone="America/St_Johns", starts_at="00:00")
    again = ms("2010-11-06T23:30:00-03:30")  # shown for the second time: 00:01 became 23:01
    assert local_iso(newfoundland, again).startswith("2010-11-06T23:30")
    assert business_day(newfoundland, again).date == "2010-11-07"


# Opening


def test_without_reception_hours_an_office_is_open_through_its_whole_business_day() -> None:
    hall = office(tickets_from=-15)
    day = business_day_of(hall, "2026-11-24")
    assert issuing_spans(hall, hall.service("counter"), "2026-11-24") == ((day.start, day.end),)
    assert reception_spans(hall, None, "2026-11-24") == ((day.start, day.end),)
    assert hours_in_force(hall, "2026-11-24") is None


def test_tickets_are_given_from_before_opening_until_closing() -> None:
    hall = office(weekly(mon_fri="09:00-16:30"), tickets_from=-15)
    tuesday = "2026-11-24"
    assert shown(hall, reception_spans(hall, None, tuesday)) == ["24T09:00-24T16:30"]
    assert shown(hall, issuing_spans(hall, None, tuesday)) == ["24T08:45-24T16:30"]
    assert issuing_spans(hall, None, "2026-11-28") == ()  # Saturday


def test_each_opening_of_a_day_gives_tickets_early_and_a_short_break_disappears() -> None:
    hall = office(weekly(tue="09:00-12:00,13:00-16:00,16:10-17:00"), tickets_from=-15)
    assert shown(hall, issuing_spans(hall, None, "2026-11-24")) == [
        "24T08:45-24T12:00",
        "24T12:45-24T17:00",
    ]


def test_no_ticket_is_given_before_its_business_day_begins() -> None:
    hall = office(weekly(mon_sun="04:00-06:00"), tickets_from=-15)
    assert shown(hall, issuing_spans(hall, None, "2026-11-24")) == ["24T04:00-24T06:00"]
    assert shown(hall, issuing_spans(hall, None, "2026-11-25")) == ["25T04:00-25T06:00"]


def test_hours_until_midnight_end_with_the_date() -> None:
    hall = office(weekly(tue="18:00-24:00"))
    assert shown(hall, reception_spans(hall, None, "2026-11-24")) == ["24T18:00-25T00:00"]
    assert reception_spans(hall, None, "2026-11-25") == ()


def test_hours_before_the_start_of_business_belong_to_the_business_date_before() -> None:
    hall = office(weekly(tue="18:00-24:00", wed="00:00-02:00,09:00-10:00"))
    assert shown(hall, reception_spans(hall, None, "2026-11-24")) == ["24T18:00-25T02:00"]
    assert shown(hall, reception_spans(hall, None, "2026-11-25")) == ["25T09:00-25T10:00"]


def test_hours_that_never_pause_fill_the_business_day() -> None:
    hall = office(weekly(mon_sun="00:00-24:00"), tickets_from=-15)
    day = business_day_of(hall, "2026-11-24")
    assert issuing_spans(hall, None, "2026-11-24") == ((day.start, day.end),)


def test_each_date_is_judged_by_the_hours_in_force_that_day() -> None:
    old = ReceptionHours(since=date(2020, 4, 1), hours={"mon-fri": "08:30-17:15"})
    new = ReceptionHours(since=date(2025, 8, 4), hours={"mon-fri": "09:00-16:30"}, note="trial")
    hall = office(old, new)
    assert hours_in_force(hall, "2020-03-31") is None
    assert hours_in_force(hall, "2020-04-01") == old
    assert hours_in_force(hall, "2025-08-03") == old
    assert hours_in_force(hall, "2025-08-04") == new
    assert shown(hall, reception_spans(hall, None, "2025-08-01")) == ["01T08:30-01T17:15"]
    assert shown(hall, reception_spans(hall, None, "2025-08-04")) == ["04T09:00-04T16:30"]
    day = business_day_of(hall, "2020-03-30")
    assert reception_spans(hall, None, "2020-03-30") == ((day.start, day.end),)


def test_an_entry_without_a_date_has_always_been_in_force() -> None:
    entry = weekly(mon="09:00-17:00")
    assert hours_in_force(office(entry), "1990-01-01") == entry


def test_the_hours_of_a_service_replace_those_of_the_office() -> None:
    hall = office(weekly(mon_fri="09:00-16:30"), hours={"sat": "09:00-12:00"})
    counter = hall.service("counter")
    assert shown(hall, reception_spans(hall, counter, "2026-11-28")) == ["28T09:00-28T12:00"]
    assert reception_spans(hall, counter, "2026-11-24") == ()
    assert reception_spans(hall, None, "2026-11-28") == ()


def test_a_service_may_have_hours_where_the_office_has_none() -> None:
    hall = office(hours={"sat": "09:00-12:00"})
    assert reception_spans(hall, hall.service("counter"), "2026-11-24") == ()
    assert len(reception_spans(hall, None, "2026-11-24")) == 1
    never = office(hours={})
    assert reception_spans(never, never.service("counter"), "2026-11-24") == ()


def test_on_a_closed_date_nobody_is_received_whatever_the_hours() -> None:
    closed = Closed(dates=(date(2026, 11, 24),))
    for hall in (
        office(closed=closed),
        office(weekly(mon_sun="09:00-17:00"), closed=closed),
        office(hours={"mon-sun": "09:00-17:00"}, closed=closed),
    ):
        assert is_closed(hall, "2026-11-24")
        assert issuing_spans(hall, hall.service("counter"), "2026-11-24") == ()
        assert issuing_spans(hall, hall.service("counter"), "2026-11-25") != ()


def test_public_holidays_of_japan_are_kept_where_the_office_says_so() -> None:
    keeps = office(closed=Closed(holidays="JP"))
    assert is_closed(keeps, "2026-11-23")  # 勤労感謝の日
    assert is_closed(keeps, "2026-05-06")  # 振替休日, the substitute for a holiday on a Sunday
    assert is_closed(keeps, "2026-09-22")  # 国民の休日, between two holidays
    assert not is_closed(keeps, "2026-11-24")
    assert not is_closed(keeps, "2026-12-29")  # the turn of the year is listed, never assumed
    assert not is_closed(office(), "2026-11-23")


def test_hours_that_begin_in_a_skipped_time_begin_with_the_skip() -> None:
    hall = office(weekly(sun="02:30-05:00"), zone="Europe/Warsaw", starts_at="00:00")
    assert shown(hall, reception_spans(hall, None, "2026-03-29")) == ["29T03:00-29T05:00"]
    gone = office(weekly(sun="02:00-03:00"), zone="Europe/Warsaw", starts_at="00:00")
    assert reception_spans(gone, None, "2026-03-29") == ()


@given(
    zone=zones,
    starts_at=starts,
    day=dates,
    week=st.sampled_from(["09:00-16:30", "00:00-24:00", "00:00-02:30,22:00-24:00", "02:15-03:15"]),
    tickets_from=st.sampled_from([0, -15, -600]),
)
@settings(max_examples=100, deadline=None)
def test_spans_lie_within_their_business_day_in_order_and_apart(
    zone: str, starts_at: str, day: date, week: str, tickets_from: int
) -> None:
    hall = office(weekly(mon_sun=week), zone=zone, starts_at=starts_at, tickets_from=tickets_from)
    whole = business_day_of(hall, day.isoformat())
    received = reception_spans(hall, None, day.isoformat())
    issued = issuing_spans(hall, None, day.isoformat())
    for spans in (received, issued):
        edges = [at for span in spans for at in span]
        assert edges == sorted(set(edges))
        assert all(whole.start <= at <= whole.end for at in edges)
    assert all(
        any(start <= opening and closing <= end for start, end in issued)
        for opening, closing in received
    )
