"""Ticket logs: reads the CSV of any ticket system, row by row, into instants.

It knows CSV, the ten columns a log may have, how their times are written, and which rows cannot be
true. It refuses to know any office: whether a service or a desk exists is asked elsewhere.

A log is read as a stream, so its length does not matter. A row that cannot be used is handed out as
a `BadRow` and costs no other row; only a log whose header cannot be used is refused whole.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_service.log_columns import JOIN, Columns, TicketLogError
from queue_service.log_records import Records
from queue_service.log_times import Correction, NotATime, Written, put_in_order, read_time

TIMES = ("issued_at", "called_at", "started_at", "finished_at")
OUTCOMES = {
    "finished": "finished",
    **dict.fromkeys(("no_show", "no-show", "noshow"), "no_show"),
    **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
    "expired": "expired",
}
LINES_AT_ONCE = 1000  # read before it is said how far the reading has come

_GZIP = b"\x1f\x8b"


class Row(Struct, frozen=True, kw_only=True):
    """One ticket of a log. Instants are milliseconds since the epoch, None where the log has none.

    What is there is in order: issued_at ≤ called_at ≤ started_at ≤ finished_at.
    """

    line: int  # in the file, the header being line 1
    office: str | None = None  # only where a column was mapped to it
    number: str | None = None
    service: str | None = None
    issued_at: int
    called_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    outcome: str | None = None  # finished, no_show, cancelled or expired
    desk: str | None = None
    channel: str | None = None
    priority: str | None = None
    day: str  # local date of issue, "2019-12-30"
    utc_offset: int  # minutes east of UTC at issue, as the log says or the time zone has it


class LogRow(Row, frozen=True, kw_only=True):
    """A row with what it was read from."""

    cells: tuple[str, ...] = ()
    corrected: tuple[Correction, ...] = ()  # of its times, those that are not read as they stand


class BadRow(Struct, frozen=True):
    """A row that cannot be used: where it is, why, and what stood there."""

    line: int
    reason: str
    cells: tuple[str, ...]


class TicketLog:
    """An open log; iterating reads it once, from the beginning to the end."""

    def __init__(
        self,
        lines: Iterable[str],
        columns: Columns,
        zone: ZoneInfo | None = None,
        where: Mapping[str, str] | None = None,
    ) -> None:
        """Read the header.

        `zone` is for times without offset; `where` keeps only rows whose columns hold these texts.

        Raises:
            TicketLogError: the header cannot be used.
        """
        self._records = Records(lines)
        self.zone = zone
        self.header = self._records.header
        self._places = columns.places(self.header)
        day = self._places["issued_at"][:1]  # the column of the day, if the time has one to itself
        self._rolling = {name for name, at in self._places.items() if len(at) > 1 and at[:1] == day}
        self._where = {
            columns.place(self.header, name): text for name, text in (where or {}).items()
        }

    @property
    def columns(self) -> dict[str, str]:
        """The columns that each name is read from, as `--map` would say it."""
        return {
            name: "+".join(self.header[place] for place in places)
            for name, places in self._places.items()
        }

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that are not read."""
        used = {*self._where, *(place for places in self._places.values() for place in places)}
        return tuple(name for place, name in enumerate(self.header) if name and place not in used)

    def __iter__(self) -> Iterator[LogRow | BadRow]:
        for line, cells, fault in self._records:
            fault = fault or self._misshapen(cells)
            if fault:
                yield BadRow(line, fault, tuple(cells))
            elif all(cells[place].strip() == text for place, text in self._where.items()):
                yield self._read(line, cells)

    def _misshapen(self, cells: list[str]) -> str | None:
        if len(cells) < len(self.header) or any(cells[len(self.header) :]):
            return f"has {len(cells)} columns, the header has {len(self.header)}"
        return None

    def _read(self, line: int, cells: list[str]) -> LogRow | BadRow:
        texts = {name: self._text(name, cells) for name in self._places}
        try:
            times = self._times(texts)
            outcome = _outcome(texts.get("outcome"))
        except ValueError as error:
            return BadRow(line, str(error), tuple(cells))
        issued = times["issued_at"]
        at = {name: time.at for name, time in times.items()}
        return LogRow(
            line=line,
            office=texts.get("office"),
            number=texts.get("number"),
            service=texts.get("service"),
            issued_at=issued.at,
            called_at=at.get("called_at"),
            started_at=at.get("started_at"),
            finished_at=at.get("finished_at"),
            outcome=outcome,
            desk=texts.get("desk"),
            channel=texts.get("channel"),
            priority=texts.get("priority"),
            day=issued.local.date().isoformat(),
            utc_offset=issued.offset_min,
            cells=tuple(cells),
            corrected=tuple(time.corrected for time in times.values() if time.corrected),
        )

    def _text(self, name: str, cells: list[str]) -> str | None:
        parts = [cells[place].strip() for place in self._places[name]]
        if name in TIMES and not all(parts):
            return None  # a day without a time of day says nothing
        return JOIN.join(part for part in parts if part) or None

    def _times(self, texts: Mapping[str, str | None]) -> dict[str, Written]:
        """The instants of a row by column, in order.

        Raises:
            NotATime: one cannot be read, or they contradict each other.
        """
        found = {}
        for name in TIMES:
            if text := texts.get(name):
                found[name] = read_time(name, text, self.zone)
        if "issued_at" not in found:
            raise NotATime("issued_at is empty")
        return put_in_order(found, self._rolling)


def _outcome(text: str | None) -> str | None:
    if text is None:
        return None
    outcome = OUTCOMES.get(text.lower())
    if outcome is None:
        raise ValueError(
            f"outcome {text!r} is none of finished, no_show, cancelled, expired: "
            "change it, or leave the column out with --map outcome="
        )
    return outcome


@contextmanager
def open_log(
    path: Path,
    columns: Columns,
    zone: ZoneInfo | None = None,
    where: Mapping[str, str] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[TicketLog]:
    """Open a log for one reading, compressed or not; `advance`: told of the bytes that were read.

    Raises:
        TicketLogError: it cannot be opened, or its header cannot be used; while reading: it breaks
            off.
    """
    with closing(lines_of(path, advance)) as lines:
        try:
            log = TicketLog(lines, columns, zone, where)
        except TicketLogError as error:
            raise TicketLogError(f"{path}: {error}") from None
        yield log


def lines_of(path: Path, advance: Callable[[int], None] = lambda _: None) -> Generator[str]:
    """The lines of a file, packed or not; `advance`: told of the bytes of the file that were read.

    Raises:
        TicketLogError: it cannot be opened, or it breaks off.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(len(_GZIP))[: len(_GZIP)] == _GZIP  # the name may lie
            unpacked = gzip.GzipFile(fileobj=raw) if packed else raw
            # newline="": what ends a line is left to the reader of CSV.
            with io.TextIOWrapper(unpacked, "utf-8-sig", "surrogateescape", newline="") as text:
                told = 0
                for number, line in enumerate(text):
                    yield line
                    if number % LINES_AT_ONCE == 0:
                        told, before = raw.tell(), told
                        advance(told - before)
                advance(raw.tell() - told)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TicketLogError(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise TicketLogError(f"{path} cannot be read: {error.strerror or error}") from error
