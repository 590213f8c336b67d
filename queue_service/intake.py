"""The intake of a ticket log: row by row, put down by days, and counted on the way.

However long the log is, it is never in memory as a whole: its rows lie in a file a day until all were read.
Only then is it known which dates cannot be true; their rows are given back.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_service.figures import Day
from queue_service.hours import BusinessDay, business_day, local_iso, reception_spans
from queue_service.log_columns import TicketLogError
from queue_service.log_dates import Dates, Odd, Pause, impossible, pauses
from queue_service.log_visits import end_of_row, figures_of_row
from queue_service.offices import Office
from queue_service.tally import tally
from queue_service.ticket_log import TIMES, BadRow, LogRow, Row

SPOOLED_BYTES = 16 * 2**20  # rows held in memory before they are put down by days: some 50,000
MOST_A_DAY = 500_000  # rows: a day is in memory as a whole, and no office has as many visitors
MOST_SERVICES = 1_000
NO_SERVICE = "-"  # of a log that names none


class OddDates(Struct, frozen=True, kw_only=True):
    """Rows whose date cannot be true, for one reason."""

    first: str
    last: str
    rows: int
    reason: str


class Intake:
    """Takes rows in, day by day, without holding all of them."""

    def __init__(
        self, office: Office, folder: Path, last: str, unknown: tuple[str, ...] = ()
    ) -> None:
        """`folder`: where rows may be put down meanwhile; `last`: the last date that a row may have;
        `unknown`: counts that the log cannot tell.
        """
        self._office, self._folder, self._last = office, folder, last
        self.unknown = unknown
        self._held: dict[str, list[bytes]] = defaultdict(list)
        self._bytes = 0
        self._day: BusinessDay | None = None
        self._names = _names(office)
        self._spans: dict[str, tuple[tuple[int, int], ...]] = {}
        self._dates, self._odd = Dates(), list[Odd]()
        self.services: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.corrections: Counter[str] = Counter()
        self.dates: Counter[str] = Counter()
        self.outside = 0

    def add(self, row: Row) -> BadRow | None:
        """Take a row in, or give it back with the reason.

        Raises:
            TicketLogError: what stands for a service is none.
        """
        if reason := impossible(row.day, self._last):
            return _bad(row, reason)
        date = self._date(row.issued_at)
        if self.dates[date] >= MOST_A_DAY:
            return _bad(
                row, f"is of a day with more than {MOST_A_DAY} tickets: is it one office's?"
            )
        self._dates.add(date, row.line)
        self._tell(row, date, 1)
        line = _encode(row)
        self._held[date].append(line)
        self._bytes += len(line)
        if self._bytes >= SPOOLED_BYTES:
            self._put_down()
        return None

    def take(self, read: Iterable[Row | BadRow], *, keep_odd: bool = False) -> Iterator[BadRow]:
        """Take a whole log in; whatever cannot be used is given back, a wrong date at the end.

        `keep_odd`: somebody knows that dates which look wrong are true; their rows stay, and are named
        all the same.
        """
        for row in read:
            wrong = row if isinstance(row, BadRow) else self.add(row)
            if wrong is not None:
                yield wrong
        self._odd = self._dates.odd()
        if not keep_odd:
            yield from self._sift()

    def _sift(self) -> Iterator[BadRow]:
        """Give back the rows whose date cannot be true."""
        self._put_down()
        by_date: dict[str, list[Odd]] = defaultdict(list)
        for odd in self._odd:
            for date in odd.dates:
                by_date[date].append(odd)
        for date in sorted(by_date):
            yield from self._sift_day(date, by_date[date])
        self.dates = +self.dates

    def _sift_day(self, date: str, doubts: Sequence[Odd]) -> Iterator[BadRow]:
        file = self._folder / date
        left = []
        for line in file.read_bytes().splitlines(keepends=True):
            row = _log_row.decode(line)
            odd = next((each for each in doubts if each.holds(row.line)), None)
            if odd is None:
                left.append(line)
            else:
                self._tell(row, date, -1)
                yield _bad(row, odd.reason)
        file.write_bytes(b"".join(left))

    def _tell(self, row: Row, date: str, one: int) -> None:
        """Count a row; `one`: -1 to count it no longer."""
        self.services[self.service(row)] += one
        if len(self.services) > MOST_SERVICES:
            raise TicketLogError(
                f"the log has more than {MOST_SERVICES} services: say which column holds them, like --map "
                "service=COLUMN, or leave them out with --map service="
            )
        self.outcomes[end_of_row(row, self.unknown).name.lower()] += one
        self.dates[date] += one
        if not any(start <= row.issued_at < end for start, end in self._spans[date]):
            self.outside += one
        if isinstance(row, LogRow):
            for each in row.corrected:
                self.corrections[each] += one

    def service(self, row: Row) -> str:
        """The service of a row: the office's, by id or by any of its names, else the log's own."""
        text = row.service or NO_SERVICE
        return self._names.get(text.casefold(), text)

    @property
    def closed_days(self) -> int:
        """How many of its days are none of the office's calendar: they do not become open by it."""
        return sum(not self._spans[date] for date in self.dates)

    @property
    def pauses(self) -> list[Pause]:
        """Where it is silent for long."""
        return pauses(self.dates)

    @property
    def odd_dates(self) -> list[OddDates]:
        """What speaks against dates of the log, each reason once."""
        found: dict[str, list[Odd]] = defaultdict(list)
        for each in self._odd:
            found[each.reason].append(each)
        return [
            OddDates(
                first=min(min(each.dates) for each in odds),
                last=max(max(each.dates) for each in odds),
                rows=sum(each.rows for each in odds),
                reason=reason,
            )
            for reason, odds in found.items()
        ]

    @property
    def sample(self) -> dict[str, Any] | None:
        """Its first row as it was understood; times are the office's."""
        if not self.dates:
            return None
        self._put_down()
        with (self._folder / min(self.dates)).open("rb") as file:
            row = _row.decode(next(file))
        told = {name: getattr(row, name) for name in ("line", "number", *TIMES)}
        for name in TIMES:
            told[name] = told[name] and local_iso(self._office, told[name])
        more = {name: getattr(row, name) for name in ("desk", "channel", "priority")}
        outcome = end_of_row(row, self.unknown).name.lower()
        return told | {"service": self.service(row), "outcome": outcome} | more

    def rows(self) -> Iterator[tuple[str, list[Row]]]:
        """Every day with its rows, in the order of days."""
        self._put_down()
        for date in sorted(self.dates):
            raw = (self._folder / date).read_bytes().splitlines()
            yield date, [_row.decode(line) for line in raw]

    def days(self, source: str) -> Iterator[tuple[list[Row], Day]]:
        """Every day with its rows and in figures; `source`: of the figures."""
        for date, rows in self.rows():
            visits = [figures_of_row(row, self.service(row), self.unknown) for row in rows]
            yield rows, replace(tally(date, visits, source=source), unknown=self.unknown)

    def _date(self, at: int) -> str:
        if self._day is None or not self._day.start <= at < self._day.end:
            self._day = business_day(self._office, at)
            date = self._day.date
            self._spans.setdefault(date, reception_spans(self._office, None, date))
        return self._day.date

    def _put_down(self) -> None:
        for date, lines in self._held.items():
            with (self._folder / date).open("ab") as file:
                file.writelines(lines)
        self._held.clear()
        self._bytes = 0


_row = msgspec.json.Decoder(Row)  # without its cells: they stay with whoever wrote the log
_log_row = msgspec.json.Decoder(LogRow)


def _encode(row: Row) -> bytes:
    return msgspec.json.encode(row) + b"\n"


def _bad(row: Row, reason: str) -> BadRow:
    cells = row.cells if isinstance(row, LogRow) else ()
    return BadRow(row.line, f"issued_at {row.day!r} {reason}", cells)


def _names(office: Office) -> dict[str, str]:
    named = {name.casefold(): each.id for each in office.services for name in each.name.values()}
    return named | {each.id.casefold(): each.id for each in office.services}
