"""Counts made elsewhere: visitors by interval, and copies by month and channel, as people keep them.

Pure. It reads tables out of spreadsheets, row by row, and says of each row that cannot be used why. A cell
that is empty is not a zero: nobody counted then.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from queue_service.freed_time import MOST_MINUTES, WHOLE, Use
from queue_service.log_columns import TicketLogError
from queue_service.log_records import Records
from queue_service.ticket_log import BadRow

DAY = 24 * 60
MOST_ROWS = 1_000_000  # twenty services by the quarter of an hour for five years; all are in memory
COPIES = ("month", "procedure", "channel", "copies")

_START = re.compile(r"h?(\d{1,2})(?::(\d{2})|時台?)?(?:\s*[-–~〜].*)?", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_SIX_DIGITS = re.compile("[0-9]{1,6}")
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?", re.ASCII)


class Count(Struct, frozen=True):
    """So many visitors in the interval that begins then."""

    line: int
    date: str
    start: int  # minutes after midnight
    count: int
    service: str  # "" for all


class Counted(Struct, frozen=True):
    """The counts of one table."""

    interval: int  # how long each was, minutes
    counts: Sequence[Count]


class Copies(Struct, frozen=True):
    """So many copies of something, issued through a channel in a month."""

    line: int
    month: str  # "2026-11"
    procedure: str
    channel: str
    copies: int


class Table:
    """A table with a header, as lines of CSV."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read the header.

        Raises:
            TicketLogError: there is none.
        """
        self._records = Records(lines)
        self.header = self._records.header

    def place(self, name: str) -> int:
        """Where a column stands.

        Raises:
            TicketLogError: it is not there.
        """
        if name not in self.header:
            raise TicketLogError(f"no column {name!r} among {', '.join(self.header)}")
        return self.header.index(name)

    def rows(self) -> Iterator[tuple[int, list[str], str | None]]:
        """Every row that is not empty, with its line, and why it is none.

        Raises:
            TicketLogError: there are too many.
        """
        for count, (line, cells, fault) in enumerate(self._records):
            if count >= MOST_ROWS:
                raise TicketLogError(
                    f"the table has more than {MOST_ROWS} rows: divide it by years"
                )
            if fault or any(each.strip() for each in cells):
                more = [""] * (len(self.header) - len(cells))
                yield line, [each.strip() for each in (*cells, *more)], fault


def read_counts(table: Table, interval: int) -> Iterator[Count | BadRow]:
    """Visitors by interval: `date,start,count[,service]`, or one row a day, one column an interval.

    `interval`: minutes. Columns whose name is no time, such as a sum, are passed over.

    Raises:
        TicketLogError: there is no column that could be read.
    """
    at, cells_of = table.place("date"), _tall(table) if _is_tall(table) else _wide(table)
    seen: set[tuple[str, int, str]] = set()
    for line, cells, fault in table.rows():
        found: dict[tuple[str, int, str], Count] = {}
        for said, number, service in () if fault else cells_of(cells):
            start = _start(said)
            key = (_day(cells[at]) or "", start or 0, service)
            fault = _fault(cells[at], start, said, number, interval)
            if fault is None and (key in seen or key in found):
                fault = f"{cells[at]} {said} stands here for the second time"
            if fault:
                break
            found[key] = Count(line, *key[:2], int(number), service)
        if fault:  # the whole row: when it is mended and read again, nothing of it counts twice
            yield BadRow(line, fault, tuple(cells))
        else:
            seen.update(found)
            yield from found.values()


def columns_of_counts(table: Table) -> dict[str, str]:
    """What is read from which columns; the counts from several where each is an interval."""
    if _is_tall(table):
        names = ("date", "start", "count", "service")
        return {name: name for name in names if name in table.header}
    return {"date": "date", "count": "+".join(name for name in table.header if _is_time(name))}


def _is_tall(table: Table) -> bool:
    return "count" in table.header


def _is_time(name: str) -> bool:
    return _start(name) is not None


Cells = Callable[[list[str]], list[tuple[str, str, str]]]  # a row → start, count and service


def _tall(table: Table) -> Cells:
    start, count = table.place("start"), table.place("count")
    service = table.header.index("service") if "service" in table.header else None
    return lambda cells: [(cells[start], cells[count], "" if service is None else cells[service])]


def _wide(table: Table) -> Cells:
    times = [n for n, name in enumerate(table.header) if _is_time(name)]
    if not times:
        raise TicketLogError(
            "no column `count`, and none that is named after a time, like 08:30: "
            f"the columns are {', '.join(table.header)}"
        )
    # An empty cell is no count: it is passed over.
    return lambda cells: [(table.header[n], cells[n], "") for n in times if cells[n]]


def _fault(day: str, begin: int | None, said: str, number: str, interval: int) -> str | None:
    if _day(day) is None:
        return f"date {day!r} is not a date: write it like 2026-11-23"
    if begin is None:
        return f"start {said!r} is not a time of day: write it like 08:30"
    if begin % interval:
        return f"start {said!r} does not fit intervals of {interval} minutes: see --interval"
    if not number.isdecimal():
        return f"count {number!r} is not a whole number"
    return None


def whole(counts: Iterable[Count]) -> list[Count]:
    """The visitors of all services: their sum, unless the table has it itself."""
    found: dict[tuple[str, int], list[Count]] = defaultdict(list)
    for each in counts:
        found[each.date, each.start].append(each)
    return [
        Count(rows[0].line, date=day, start=start, count=_visitors(rows), service="")
        for (day, start), rows in sorted(found.items())
    ]


def _visitors(rows: Sequence[Count]) -> int:
    return next((row.count for row in rows if not row.service), sum(row.count for row in rows))


def once(tables: Iterable[Counted]) -> list[Counted]:
    """Every date counted once, where several tables have it.

    A table of everybody goes before tables of services, and these are added to each other; of those
    that counted the same, the one with the shorter intervals stays, then the one named first.
    """

    def order(table: Counted) -> tuple[bool, int]:
        return all(each.service for each in table.counts), table.interval

    taken: dict[str, set[str]] = defaultdict(set)
    found = []
    for table in sorted(tables, key=order):
        mine: dict[str, set[str]] = defaultdict(set)
        for each in table.counts:
            mine[each.date].add(each.service)
        new = {day for day, services in mine.items() if not _overlap(services, taken[day])}
        for day in new:
            taken[day] |= mine[day]
        found.append(Counted(table.interval, [e for e in table.counts if e.date in new]))
    return found


def _overlap(services: set[str], others: set[str]) -> bool:
    """Whether both counted somebody; "" is everybody."""
    return bool(others and services and ("" in services | others or services & others))


def read_copies(table: Table) -> Iterator[Copies | BadRow]:
    """Copies issued through other channels: `month,procedure,channel,copies`.

    Raises:
        TicketLogError: a column is missing.
    """
    places = [table.place(name) for name in COPIES]
    seen: set[tuple[str, str, str]] = set()
    for line, cells, fault in table.rows():
        month, procedure, channel, number = (cells[place] for place in places)
        key = (_month(month) or "", procedure, channel)
        fault = fault or _fault_of_copies(*key, month, number)
        if fault is None and key in seen:
            fault = f"{month} {procedure} {channel} stands here for the second time"
        if fault:
            yield BadRow(line, fault, tuple(cells))
        else:
            seen.add(key)
            yield Copies(line, *key, int(number))


def _fault_of_copies(
    month: str, procedure: str, channel: str, said: str, number: str
) -> str | None:
    if not month:
        return f"month {said!r} is not a month: write it like 2026-11"
    if not procedure or not channel:
        return "procedure and channel must be there"
    if not number.isdecimal():
        return f"copies {number!r} is not a whole number"
    return None


def read_uses(
    table: Table, sections: Collection[str], spellings: Mapping[str, str], latest: str
) -> Iterator[Use | BadRow]:
    """What freed time was used for: `date,section,category,minutes`. Equal rows are as many uses.

    `sections`: those there are, none: any; `spellings`: how a category may be written, without case, and
    its id; `latest`: the last date that is not yet to come. A table without sections is of the whole
    office.

    Raises:
        TicketLogError: a column is missing.
    """
    date, category, minutes = (table.place(name) for name in ("date", "category", "minutes"))
    section = table.header.index("section") if "section" in table.header else None
    for line, cells, broken in table.rows():
        row: Use | BadRow
        try:
            _refuse_other_encodings(cells)
            if broken:
                raise ValueError(broken)
            row = Use(
                _used_on(cells[date], latest),
                _section(WHOLE if section is None else cells[section], sections),
                _category(cells[category], spellings),
                _minutes(cells[minutes]),
            )
        except ValueError as fault:
            row = BadRow(line, str(fault), tuple(_printable(each) for each in cells))
        yield row


def _refuse_other_encodings(cells: Iterable[str]) -> None:
    if any(_printable(each) != each for each in cells):
        raise ValueError("it is not UTF-8: save the table as CSV UTF-8")


def _printable(text: str) -> str:
    """The text without what a byte that is no UTF-8 was read as."""
    return text.encode(errors="replace").decode()


def _used_on(text: str, latest: str) -> str:
    day = _day(text)
    if day is None:
        raise ValueError(f"date {text!r} is not a date: write it like 2026-11-23")
    if day > latest:
        raise ValueError(f"date {day} is still to come: what is planned is not used yet")
    return day


def _section(text: str, known: Collection[str]) -> str:
    section = text or WHOLE
    if known and section not in known:
        raise ValueError(f"section {section!r} is not among {', '.join(known)}")
    return section


def _category(text: str, spellings: Mapping[str, str]) -> str:
    if text.casefold() not in spellings:
        known = ", ".join(dict.fromkeys(spellings.values()))
        raise ValueError(f"category {text!r} is not among {known}")
    return spellings[text.casefold()]


def _minutes(text: str) -> int:
    if not _SIX_DIGITS.fullmatch(text) or not 1 <= int(text) <= MOST_MINUTES:
        raise ValueError(f"minutes {text!r} is not a whole number from 1 to {MOST_MINUTES}")
    return int(text)


def _start(text: str) -> int | None:
    found = _START.fullmatch(text.strip())
    if not found:
        return None
    minutes = int(found[1]) * 60 + int(found[2] or 0)
    return minutes if minutes < DAY and int(found[2] or 0) < 60 else None


def _day(text: str) -> str | None:
    return _dated(_DATE.fullmatch(text))


def _month(text: str) -> str | None:
    found = _MONTH.fullmatch(text)
    day = _dated((found[1], found[2], "1") if found else None)
    return day and day[:7]


def _dated(parts: re.Match[str] | Sequence[str] | None) -> str | None:
    if parts is None:
        return None
    year, month, day = parts.groups() if isinstance(parts, re.Match) else parts
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
