"""Statistics: the answer to a question about intervals, with what it rests on.

It joins the kept figures with today's and says which days are missing. How they are counted is in
`intervals`, how they are written as files in `tables` and `workbook`.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from msgspec import Struct, field

from queue_service import keys
from queue_service.bins import BINS, DAY
from queue_service.figures import Day, digest
from queue_service.hours import reception_spans
from queue_service.intervals import Quality, Question, Row, answer
from queue_service.office_files import office_to_json
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.roll_ups import days
from queue_service.round_trip import answered

MOST_DAYS = 3660
MOST_INTERVALS = 40_000  # a year of quarters of an hour
_ONE_DAY = timedelta(days=1)


class TooMuch(ValueError):
    """The range has more intervals than one answer may have; the message says what to do."""


class Statistics(Struct, frozen=True, kw_only=True):
    """Rows, and what they rest on."""

    office: str
    timezone: str
    first: date = field(name="from")
    last: date = field(name="to")
    bin: str
    n: int  # visits
    missing_days: list[date]  # open by the calendar, and without any figure
    quality: Quality
    as_of: int  # the latest entry of the ledger that is counted
    rows: list[Row]


class Evidence(Struct, frozen=True, kw_only=True):
    """The days that a question is about, read and not yet counted."""

    office: Office
    question: Question
    days: Sequence[Day]
    today: date

    @property
    def tag(self) -> str:
        """The same for the same answer, and another as soon as anything in it changes."""
        told = hashlib.sha256(msgspec.json.encode(self.question))
        told.update(office_to_json(self.office))
        told.update(self.today.isoformat().encode())
        for day in self.days:
            told.update(digest(day))
        return told.hexdigest()[:32]

    def counted(self) -> Statistics:
        """The answer. It takes its time: up to a second for a year of a large office."""
        found = answer(self.question, self.days, self.office)
        return Statistics(
            office=self.office.id,
            timezone=self.office.timezone,
            first=self.question.first,
            last=self.question.last,
            bin=self.question.bin,
            n=found.n,
            missing_days=self._missing(),
            quality=found.quality,
            as_of=max((day.until for day in self.days), default=0),
            rows=found.rows,
        )

    def _missing(self) -> list[date]:
        seen = {day.date for day in self.days}
        last = min(self.question.last, self.today)
        count = (last - self.question.first).days + 1
        dates = (self.question.first + n * _ONE_DAY for n in range(count))
        return [
            each
            for each in dates
            if each.isoformat() not in seen and reception_spans(self.office, None, each.isoformat())
        ]


def check(question: Question) -> None:
    """Refuse what one answer cannot hold.

    Raises:
        TooMuch
    """
    count = (question.last - question.first).days + 1
    if count > MOST_DAYS:
        raise TooMuch(f"{count} days are too many at once: ask for {MOST_DAYS} at most")
    minutes = int(question.bin) if question.bin.isdecimal() else DAY
    intervals = count * DAY // minutes
    if intervals > MOST_INTERVALS and "time" not in question.by:
        wider = BINS[BINS.index(question.bin) + 1]
        raise TooMuch(
            f"{intervals} intervals are too many at once: ask for fewer days, or for bin={wider}"
        )


async def gather(ledger: Questions, office: Office, question: Question) -> Evidence:
    """Read the days that a question is about, today as of this moment.

    Raises:
        TooMuch
    """
    check(question)
    before = question.first - _ONE_DAY  # a business day reaches into the next calendar day
    found = await days(ledger, office, before.isoformat(), question.last.isoformat())
    async with answered():
        head: Any = await ledger.redis.hget(keys.of(office.id, "head"), "date")
    today = date.fromisoformat(head) if head else question.first
    return Evidence(office=office, question=question, days=found, today=today)
