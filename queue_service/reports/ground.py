"""The ground of a report: whose days, which days, and how far they can be trusted.

Pure. It makes one thing of all that a report may stand on: the days of an office, a ticket log, counts that
somebody made by hand, and copies that were counted by the month.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_service.counts import Copies, Count
from queue_service.figures import Day, digest
from queue_service.hours import Spans, instant, local_time, reception_spans
from queue_service.insights.arrivals import Arrivals, Basis, Who, of_counts, of_days
from queue_service.intervals import Quality, quality_of
from queue_service.offices import Office

A_DAY = timedelta(days=1)
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)  # a date beyond is a slip of the pen
LEDGER = "ledger"  # the source of what this system saw itself, imports of its office included


class Ground(Struct, frozen=True, kw_only=True):
    """What a report rests on. A table of counts or of copies knows no visit, and so no quality."""

    office: Office
    source: str  # LEDGER, or the name of a file
    first: date
    last: date
    days: Sequence[Day] = ()
    counts: Sequence[Count] = ()
    interval: int | None = None  # of the counts, minutes
    copies: Sequence[Copies] = ()  # of the months that the dates touch
    knows_visits: bool = True
    today: date | None = None  # later days cannot be missing

    def arrivals(self, basis: Basis = "arrival", who: Who = "everybody") -> Arrivals:
        """When visitors came."""
        if self.interval is not None:
            return of_counts(self.counts, self.interval)
        return of_days(self.days, self.office, self.first, self.last, basis, who=who)

    def between(self, first: str | None, last: str | None) -> "Ground":
        """Only some of its days; None: from its first, to its last."""
        begins = date.fromisoformat(first) if first else self.first
        ends = date.fromisoformat(last) if last else self.last
        span = (f"{begins}", f"{ends}")
        return replace(
            self,
            first=begins,
            last=ends,
            days=[day for day in self.days if span[0] <= day.date <= span[1]],
            counts=[each for each in self.counts if span[0] <= each.date <= span[1]],
            copies=[each for each in self.copies if span[0][:7] <= each.month <= span[1][:7]],
        )

    @property
    def missing_days(self) -> list[date]:
        """Open by the calendar of the office, and without any figure; none where it has no hours."""
        seen = {day.date for day in self.days} | {each.date for each in self.counts}
        last = min(self.last, self.today or self.last)
        dates = (self.first + n * A_DAY for n in range((last - self.first).days + 1))
        return [
            each
            for each in dates
            if self.office.reception_hours
            and f"{each}" not in seen
            and reception_spans(self.office, None, f"{each}")
        ]

    @property
    def quality(self) -> Quality | None:
        """How far the visits can be trusted; None where none is known."""
        if not self.knows_visits:
            return None
        begins, ends = (
            instant(self.office.tz, each, 0) for each in (self.first, self.last + A_DAY)
        )
        return quality_of(self.days, begins, ends)

    @property
    def sha256(self) -> str:
        """Of the data: the same for the same figures, wherever they lie."""
        told = hashlib.sha256()
        for day in self.days:
            told.update(digest(day))
        told.update(msgspec.json.encode([self.interval, *self.counts, *self.copies]))
        return told.hexdigest()

    def hours_in_force(self, dates: Iterable[date]) -> list[Spans]:
        """The reception hours of each date, in minutes after midnight; () where there are none."""
        return [tuple(self._spans(day)) for day in dates]

    def _spans(self, day: date) -> Iterable[tuple[int, int]]:
        for start, end in reception_spans(self.office, None, f"{day}"):
            opens, closes = (local_time(self.office, at) for at in (start, end))
            minutes = (closes.date() - opens.date()).days * 24 * 60
            yield (
                opens.hour * 60 + opens.minute,
                min(24 * 60, minutes + closes.hour * 60 + closes.minute),
            )
