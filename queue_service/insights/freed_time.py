"""What became of the time that shorter reception hours freed?

Pure. A day frees, at every desk, the minutes by which its hours are shorter than those before; what was
entered as used is set against their sum. Minutes are whole numbers, so that sums are exact. Days with
longer hours are counted apart: what they take is not set against what others free.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from msgspec import Struct

from queue_service.freed_time import Use
from queue_service.hours import Spans
from queue_service.insights.week import minutes, same, written

HOUR = 60  # minutes
DECIMALS = 2


class DayHours(Struct, frozen=True):
    """The reception hours of a date: as they were before, and as they are in force."""

    date: date
    before: Spans
    now: Spans

    @property
    def is_open(self) -> bool:
        """Whether anybody is received, then or now."""
        return bool(self.before or self.now)

    @property
    def freed(self) -> int:
        """By how many minutes it is shorter; negative where it is longer."""
        return minutes(self.before) - minutes(self.now)


class Balance(Struct, frozen=True, kw_only=True):
    """What was freed and what was entered as used. Freed is null where no number of desks is known."""

    freed_minutes: int | None
    freed_hours: float | None
    used_minutes: int
    used_hours: float
    entries: int
    over_used: bool | None


class OfSection(Balance, frozen=True, kw_only=True):
    """One section."""

    section: str
    desks: int | None
    minutes_by_category: dict[str, int]


class OfMonth(Balance, frozen=True, kw_only=True):
    """One calendar month, all sections."""

    month: str
    open_days: int


class OfCategory(Struct, frozen=True, kw_only=True):
    """One category, all sections."""

    category: str
    used_minutes: int
    used_hours: float
    entries: int
    share: float | None  # of what was used


class FreedTime(Balance, frozen=True, kw_only=True):
    """The answer; the balance is that of the whole office."""

    hours_before: str | None  # of the shorter days; null where they differ
    hours_now: str | None
    open_days: int  # by the calendar of the office
    shorter_days: int
    longer_days: int
    minutes_a_day: int | None  # of the shorter days; null where it differs
    freed_minutes_a_desk: int
    freed_hours_a_desk: float
    longer_minutes_a_desk: int
    desks: int
    left_minutes: int  # freed and not accounted for; negative: more was used
    days_ahead: int  # of the shorter ones
    silent_months: list[str]  # over, with freed time, and nothing was entered
    by_month: list[OfMonth]
    by_section: list[OfSection]
    by_category: list[OfCategory]


def freed_time(
    days: Sequence[DayHours],
    uses: Sequence[Use],
    desks: int,
    sections: Mapping[str, int | None],
    today: date,
) -> FreedTime:
    """Set what was used against what was freed on these days.

    `desks`: of the whole office; `sections`: in their order, with their desks, None where unknown;
    `today`: months that are not over cannot be silent.
    """
    open_days = [each for each in days if each.is_open]
    shorter = [each for each in open_days if each.freed > 0]
    longer = [each for each in open_days if each.freed < 0]
    a_desk = sum(each.freed for each in shorter)
    months = _months(days, uses, desks)
    whole = _balance(a_desk * desks, uses)
    return FreedTime(
        **whole,
        hours_before=_told(each.before for each in shorter or open_days),
        hours_now=_told(each.now for each in shorter or open_days),
        open_days=len(open_days),
        shorter_days=len(shorter),
        longer_days=len(longer),
        minutes_a_day=_one({each.freed for each in shorter}),
        freed_minutes_a_desk=a_desk,
        freed_hours_a_desk=hours(a_desk),
        longer_minutes_a_desk=-sum(each.freed for each in longer),
        desks=desks,
        left_minutes=a_desk * desks - whole["used_minutes"],
        days_ahead=sum(each.date > today for each in shorter),
        silent_months=[
            each.month
            for each in months
            if each.month < f"{today}"[:7] and each.freed_minutes and not each.entries
        ],
        by_month=months,
        by_section=_sections(a_desk, uses, sections),
        by_category=_categories(uses),
    )


def hours(spent: int) -> float:
    """Minutes as hours.

    >>> hours(75 * 243)
    303.75
    """
    return round(spent / HOUR, DECIMALS)


def _balance(freed: int | None, uses: Sequence[Use]) -> dict[str, Any]:
    used = sum(use.minutes for use in uses)
    return {
        "freed_minutes": freed,
        "freed_hours": None if freed is None else hours(freed),
        "used_minutes": used,
        "used_hours": hours(used),
        "entries": len(uses),
        "over_used": None if freed is None else used > freed,
    }


def _months(days: Sequence[DayHours], uses: Sequence[Use], desks: int) -> list[OfMonth]:
    found: list[OfMonth] = []
    for month, group in groupby(days, key=lambda each: f"{each.date}"[:7]):
        mine = list(group)
        freed = sum(max(0, each.freed) for each in mine) * desks
        used = [use for use in uses if use.used_on.startswith(month)]
        open_days = sum(each.is_open for each in mine)
        found.append(OfMonth(month=month, open_days=open_days, **_balance(freed, used)))
    return found


def _sections(
    a_desk: int, uses: Sequence[Use], sections: Mapping[str, int | None]
) -> list[OfSection]:
    others = dict.fromkeys(sorted({use.section for use in uses} - sections.keys()))
    found: list[OfSection] = []
    for section, desks in (*sections.items(), *others.items()):
        mine = [use for use in uses if use.section == section]
        found.append(
            OfSection(
                section=section,
                desks=desks,
                minutes_by_category=_by_category(mine),
                **_balance(None if desks is None else a_desk * desks, mine),
            )
        )
    return found


def _categories(uses: Sequence[Use]) -> list[OfCategory]:
    total = sum(use.minutes for use in uses)
    entries = Counter(use.category for use in uses)
    return [
        OfCategory(
            category=category,
            used_minutes=used,
            used_hours=hours(used),
            entries=entries[category],
            share=round(used / total, 4) if total else None,
        )
        for category, used in _by_category(uses).items()
    ]


def _by_category(uses: Iterable[Use]) -> dict[str, int]:
    """Minutes of each category, the largest first."""
    found = Counter[str]()
    for use in uses:
        found[use.category] += use.minutes
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def _told(spans: Iterable[Spans]) -> str | None:
    one = same(list(spans))
    return None if one is None else written(one)


def _one(values: set[int]) -> int | None:
    return next(iter(values)) if len(values) == 1 else None
