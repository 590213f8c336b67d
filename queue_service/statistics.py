"""Statistics: the answer to a question about intervals, with what it rests on.

It joins the kept figures with today's and says which days are missing. How they are counted is in
`intervals`, how they are written as files in `tables` and `workbook`.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from msgspec import Struct, field

from queue_service import intervals, keys, queue_length, stages
from queue_service.bins import BINS, DAY
from queue_service.figures import Day, digest
from queue_service.hours import instant, reception_spans
from queue_service.intervals import Answer, Quality, Question, Row
from queue_service.notes import notes_between
from queue_service.office_files import office_to_json
from queue_service.offices import Note, Office
from queue_service.questions import Questions
from queue_service.roll_ups import days
from queue_service.round_trip import answered
from queue_service.withholding import Withheld, withheld, without

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
    n: int | None  # visits; null where something is withheld
    missing_days: list[date]  # open by the calendar, and without any figure
    quality: Quality | None  # null as n is
    as_of: int  # the latest entry of the ledger that is counted
    notes: list[Note]  # what happened on these dates, by the office's definition
    rows: list[Row]
    withheld: Withheld | None = None  # null: nobody asked for it


class Evidence(Struct, frozen=True, kw_only=True):
    """The days that a question is about, read and not yet counted."""

    office: Office
    question: Question
    days: Sequence[Day]
    today: date
    now: int = 0  # when its latest entry was written, ms

    @property
    def tag(self) -> str:
        """The same for the same answer, and another as soon as anything in it changes."""
        told = hashlib.sha256(msgspec.json.encode(self.question))
        told.update(office_to_json(self.office))
        told.update(self.today.isoformat().encode())
        for day in self.days:
            told.update(digest(day))
        if self.question.table == "queue":  # who waits waits longer, though nothing happens
            told.update(f"{self._up_to}".encode())
        return told.hexdigest()[:32]

    def counted(self) -> Statistics:
        """The answer. It takes its time: up to a second for a year of a large office."""
        found = self._answer()
        hidden = self._hidden(found)
        whole = hidden is None or not hidden.cells  # a sum would give away what is withheld
        return Statistics(
            office=self.office.id,
            timezone=self.office.timezone,
            first=self.question.first,
            last=self.question.last,
            bin=self.question.bin,
            n=found.n if whole else None,
            missing_days=self._missing(),
            quality=found.quality if whole else None,
            as_of=max((day.until for day in self.days), default=0),
            notes=notes_between(self.office, self.question.first, self.question.last),
            rows=found.rows if hidden is None else without(found.rows, hidden),
            withheld=hidden,
        )

    def _hidden(self, found: Answer) -> Withheld | None:
        """What may not be published; None: it is not for publication."""
        if self.question.withhold is None:
            return None
        return withheld(
            found.rows,
            self.question.shape,
            self.question.withhold,
            whole=intervals.WHOLE_OFFICE,
            told_by=self.question.told_by,
            populations=found.populations,
        )

    def _answer(self) -> Answer:
        match self.question.table:
            case "stages":
                return stages.answer(self.question, self.days, self.office)
            case "queue":
                return queue_length.answer(self.question, self.days, self.office, self._up_to)
            case _:
                return intervals.answer(self.question, self.days, self.office)

    @property
    def _up_to(self) -> int:
        """Up to when the dates that are asked about are known, ms."""
        return min(self.now, instant(self.office.tz, self.question.last + _ONE_DAY, 0))

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
    async with answered():
        date_now, now = await ledger.redis.hmget(keys.of(office.id, "head"), "date", "at")
    found = await days(ledger, office, before.isoformat(), question.last.isoformat())
    return Evidence(
        office=office,
        question=question,
        days=found,
        today=date.fromisoformat(date_now) if date_now else question.first,
        now=int(now or 0),
    )
