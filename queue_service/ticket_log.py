"""Ticket logs: reads the CSV of any ticket system, row by row, into instants.

It knows CSV, the ten columns a log may have, how their times are written, and which rows cannot be
true. It refuses to know any office: whether a service or a desk exists is asked elsewhere.

A log is read as a stream, so its length does not matter. A row that cannot be used is handed out as
a `BadRow` and costs no other row; a log is refused whole where its header cannot be used, and where it
is none: in another format, with a line without an end, or next to nothing packed into a small file.
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
TEXT_CHARS = 200  # of a number, a service, a desk: more is a column that was mapped by mistake
LINE_CHARS = 64 * 1024  # a row has a hundred
MOST_BAD = 200_000  # rows that cannot be used, if they are more than those that can
# Rows that differ are packed into a tenth, at most into a thirtieth. What unpacks to more than so many
# times its size would fill the disk with rows that cannot be used; the first bytes are not judged.
MOST_UNPACKED, UNJUDGED_BYTES = 200, 2 * 2**20

_GZIP = b"\x1f\x8b"
_SAVE = "save the table as CSV UTF-8"
_OTHERS = {  # how files begin that are often taken for CSV
    b"PK\x03\x04": f"is a workbook or a zip: {_SAVE}, or unpack it",
    b"\xd0\xcf\x11\xe0": f"is a workbook: {_SAVE}",
    b"\xff\xfe": f"is UTF-16 and not UTF-8: {_SAVE}",
    b"\xfe\xff": f"is UTF-16 and not UTF-8: {_SAVE}",
    b"BZh": "is packed with bzip2: unpack it, or pack it with gzip",
    b"\xfd7zXZ": "is packed with xz: unpack it, or pack it with gzip",
    b"(\xb5/\xfd": "is packed with zstd: unpack it, or pack it with gzip",
    _GZIP: "is packed twice: unpack it once",
}


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
        bad = good = 0
        for line, cells, fault in self._records:
            fault = fault or self._misshapen(cells)
            if fault:
                row: LogRow | BadRow = BadRow(line, fault, tuple(cells))
            elif all(cells[place].strip() == text for place, text in self._where.items()):
                row = self._read(line, cells)
            else:
                continue
            yield row
            good, bad = (good, bad + 1) if isinstance(row, BadRow) else (good + 1, bad)
            if isinstance(row, BadRow) and bad > max(MOST_BAD, good):
                raise TicketLogError(
                    f"{bad} rows cannot be used and only {good} can: line {row.line} {row.reason}"
                )

    def _misshapen(self, cells: list[str]) -> str | None:
        if len(cells) < len(self.header) or any(cells[len(self.header) :]):
            return f"has {len(cells)} columns, the header has {len(self.header)}"
        return None

    def _read(self, line: int, cells: list[str]) -> LogRow | BadRow:
        try:
            texts = {name: self._text(name, cells) for name in self._places}
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
        text = JOIN.join(part for part in parts if part)
        if len(text) > TEXT_CHARS:
            raise ValueError(
                f"{name} has {len(text)} characters, {TEXT_CHARS} are read: shorten it"
            )
        return text or None

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
        TicketLogError: it cannot be opened, it breaks off, or it is no log.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(len(_GZIP))[: len(_GZIP)] == _GZIP  # the name may lie
            unpacked = _Unpacked(raw) if packed else raw
            if other := next((_OTHERS[each] for each in _OTHERS if _begins(unpacked, each)), None):
                raise TicketLogError(f"{path} {other}")
            # newline="": what ends a line is left to the reader of CSV.
            with io.TextIOWrapper(unpacked, "utf-8-sig", "surrogateescape", newline="") as text:
                told = 0
                for number, line in enumerate(iter(lambda: text.readline(LINE_CHARS + 1), "")):
                    if len(line) > LINE_CHARS:
                        raise TicketLogError(
                            f"{path}: line {number + 1} has more than {LINE_CHARS} characters: a table has "
                            "one row a line, so this is none"
                        )
                    yield line
                    if number % LINES_AT_ONCE == 0:
                        told, before = raw.tell(), told
                        advance(told - before)
                advance(raw.tell() - told)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TicketLogError(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise TicketLogError(f"{path} cannot be read: {error.strerror or error}") from error


def _begins(stream: io.BufferedReader | gzip.GzipFile, mark: bytes) -> bool:
    return stream.peek(len(mark))[: len(mark)] == mark


class _Unpacked(gzip.GzipFile):
    """What is in a packed file, unless next to nothing was blown up to be much."""

    def __init__(self, raw: io.BufferedReader) -> None:
        super().__init__(fileobj=raw)
        self._raw = raw
        self._count = 0

    def read1(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = super().read1(size)
        self._count += len(piece)
        if self._count > max(UNJUDGED_BYTES, MOST_UNPACKED * self._raw.tell()):
            raise TicketLogError(
                f"{self._raw.name} unpacks to more than {MOST_UNPACKED} times its size: no log of tickets "
                "does. If it is one, unpack it first"
            )
        return piece
