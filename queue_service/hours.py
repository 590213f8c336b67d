"""When an office is open: how hours are written, business days, and the spans of opening.

It knows calendars and time zones. It refuses to know the time: each function is asked about an
instant (milliseconds since the epoch) or about a date ("2026-11-23"). Every interval is half-open.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_service.offices import Office, ReceptionHours, Service

Spans = tuple[tuple[int, int], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY_COUNTRIES = ("JP",)
MINUTE_MS = 60_000
MIDNIGHT = 24 * 60  # minutes: the end of a calendar day, written 24:00

_CLOCK = re.compile("([0-9]{1,2}):([0-5][0-9])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ONE_DAY = timedelta(days=1)


# How hours are written


def clock(text: str) -> int:
    """Minutes after midnight of a time like "08:30"; the last is "24:00".

    Raises:
        ValueError: it is not a time of day; the message says how to write one.
    """
    if found := _CLOCK.fullmatch(text.strip()):
        minutes = int(found[1]) * 60 + int(found[2])
        if minutes <= MIDNIGHT:
            return minutes
    raise ValueError(f"{text.strip()!r} is not a time of day: write it like 08:30")


@lru_cache
def spans(text: str) -> Spans:
    """Minutes after midnight of spans like "08:30-12:00,13:00-17:15".

    Raises:
        ValueError: with the reason and the remedy.
    """
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        opening, dash, closing = part.strip().partition("-")
        if not dash:
            raise ValueError(f"{part.strip()!r} is not a span of time: write it like 08:30-17:15")
        start, end = clock(opening), clock(closing)
        if start >= end:
            raise ValueError(
                f"{part.strip()!r} does not end after it begins: "
                "let a span end by 24:00 and put the rest on the next day"
            )
        if found and start < found[-1][1]:
            raise ValueError(
                f"{part.strip()!r} begins before the span written before it ends: "
                "put the spans in order and let none overlap"
            )
        found.append((start, end))
    return tuple(found)


@lru_cache
def days(text: str) -> tuple[int, ...]:
    """The days of a key like "mon-fri", "mon,wed" or "sun-thu"; Monday is 0.

    Raises:
        ValueError: with the reason and the remedy.
    """
    found: list[int] = []
    for part in text.split(","):
        names = part.strip().lower().split("-")
        if len(names) > 2 or not set(names) <= set(DAYS):
            raise ValueError(
                f"{part.strip()!r} is no day: use {', '.join(DAYS)}, as in mon-fri or mon,wed"
            )
        first, last = DAYS.index(names[0]), DAYS.index(names[-1])
        found += [(first + n) % 7 for n in range((last - first) % 7 + 1)]
    return tuple(found)


def week_problems(hours: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every key of a week's hours that cannot be used, with the reason."""
    named: set[int] = set()
    for key, text in hours.items():
        try:
            for day in days(key):
                if day in named:
                    yield key, f"{DAYS[day]} is named twice: write all its spans in one place"
                named.add(day)
        except ValueError as error:
            yield key, str(error)
        try:
            spans(text)
        except ValueError as error:
            yield key, str(error)


# Local time


def local_time(office: Office, at: int) -> datetime:
    """What calendar and clock on the office's wall show at an instant."""
    return (_EPOCH + at * _MS).astimezone(office.tz)


def local_iso(office: Office, at: int) -> str:
    """An instant as RFC 3339 with the office's offset, always with milliseconds."""
    return local_time(office, at).isoformat(timespec="milliseconds")


def instant(zone: ZoneInfo, day: date, minutes: int) -> int:
    """The first instant of a date at which its clocks show that time, or a later one.

    A time that clocks skip is the instant of the skip; of a time they show twice, it is the first.
    """
    wall = datetime.combine(day, time(), zone) + timedelta(minutes=minutes)
    usual, other = ((wall.replace(fold=fold) - _EPOCH) // _MS for fold in (0, 1))
    if usual <= other:
        return usual
    # The time is skipped: read by the clock before the skip it lies behind it, by the clock after
    # the skip before it.
    naive = wall.replace(tzinfo=None)
    return other + bisect_left(
        range(other, usual),
        True,
        key=lambda at: (_EPOCH + at * _MS).astimezone(zone).replace(tzinfo=None) >= naive,
    )


class BusinessDay(Struct, frozen=True):
    """From one start of business to the next: the day whose numbers belong together."""

    date: str
    start: int
    end: int


def business_day(office: Office, at: int) -> BusinessDay:
    """The business day in which an instant lies.

    Every instant lies in exactly one: days follow each other without gap or overlap, and are 23, 24
    or 25 hours long where clocks are changed.
    """
    today = local_time(office, at).date()
    candidates = (_business_day(office, today + n * _ONE_DAY) for n in (0, -1, 1))
    return next(day for day in candidates if day.start <= at < day.end)


def business_day_of(office: Office, date: str) -> BusinessDay:
    """The business day of that date."""
    return _business_day(office, _date(date))


def _business_day(office: Office, day: date) -> BusinessDay:
    minutes = clock(office.day_starts_at)
    start, end = (instant(office.tz, each, minutes) for each in (day, day + _ONE_DAY))
    return BusinessDay(day.isoformat(), start, end)


def _date(text: str) -> date:
    return date.fromisoformat(text)


# Opening


def hours_in_force(office: Office, date: str) -> ReceptionHours | None:
    """The entry of the reception hours that holds on a date; None: always open.

    Before the `from` of the first entry none holds.
    """
    found = None
    for entry in office.reception_hours:
        if entry.since is None or entry.since <= _date(date):
            found = entry
    return found


def is_closed(office: Office, date: str) -> bool:
    """Whether the definition closes that date by name or as a public holiday."""
    day = _date(date)
    return day in office.closed.dates or (
        office.closed.holidays is not None and _is_holiday(office.closed.holidays, day)
    )


@lru_cache(maxsize=4096)  # ten years of days; a look-up takes a third of a millisecond
def _is_holiday(country: str, day: date) -> bool:
    import jpholiday  # here, because most offices of the world never need it

    if country != "JP":
        raise ValueError(f"the public holidays of {country} are not known")
    return jpholiday.is_holiday(day)


def reception_spans(office: Office, service: Service | None, date: str) -> Spans:
    """The instants of a business date between which visitors are received.

    With a service, its own hours replace the office's, if it has any. Hours are civil hours of
    their calendar date: those before `day_starts_at` belong to the business date before. An office
    that is always open receives through the whole business day, unless its date is closed.
    """
    day = business_day_of(office, date)
    if _week(office, service, date) is None:
        return () if is_closed(office, date) else ((day.start, day.end),)
    following = (_date(date) + _ONE_DAY).isoformat()
    return _joined(
        (max(start, day.start), min(end, day.end))
        for each in (date, following)
        for start, end in _civil_spans(office, service, each)
        if max(start, day.start) < min(end, day.end)
    )


def issuing_spans(office: Office, service: Service | None, date: str) -> Spans:
    """The instants of a business date between which tickets are given.

    That is from `tickets_from` before each opening, yet never before the business day begins.
    """
    day = business_day_of(office, date)
    early = office.tickets_from * MINUTE_MS
    return _joined(
        (max(start + early, day.start), end)
        for start, end in reception_spans(office, service, date)
    )


def _week(office: Office, service: Service | None, date: str) -> Mapping[str, str] | None:
    """The week's hours that hold on a date; None: always open."""
    if service is not None and service.hours is not None:
        return service.hours
    entry = hours_in_force(office, date)
    return None if entry is None else entry.hours


def _civil_spans(office: Office, service: Service | None, date: str) -> Iterator[tuple[int, int]]:
    """The instants between which one calendar date has visitors."""
    day = _date(date)
    if is_closed(office, date):
        return
    for key, text in (_week(office, service, date) or {}).items():
        if day.weekday() in days(key):
            for start, end in spans(text):
                yield instant(office.tz, day, start), instant(office.tz, day, end)


def _joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """The same instants with spans that touch or overlap made one; they come in order."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)
