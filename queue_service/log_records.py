"""The records of a CSV file as machines and spreadsheets write it, and the lines they stand on.

It knows quotation marks, delimiters and text that is not UTF-8. It refuses to know what a column means.

A file is read as a stream, so its length does not matter. A record that is none costs no other record,
and none is longer than `RECORD_CHARS`. An apostrophe that keeps spreadsheets from running a text is no
part of it.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

from queue_service.lines import as_meant
from queue_service.log_columns import TicketLogError

MOST_COLUMNS = (
    1_000  # a log has a dozen, a table with a column for each quarter of an hour a hundred
)
RECORD_CHARS = 128 * 1024  # of all its lines; a real one has a hundred

_DELIMITERS = ",;\t"  # spreadsheets of many countries write "CSV" with semicolons
# What surrogateescape leaves of a byte that is no text, and what no text holds.
_NO_TEXT = re.compile("[\0\udc80-\udcff]")


class Records:
    """A CSV file; iterating reads it once: each record with its first line, and why it is none."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read the header.

        Raises:
            TicketLogError: it cannot be used.
        """
        self._lines = _Lines(lines)
        first = next(self._lines, "")
        if _NO_TEXT.search(first):
            raise TicketLogError("the file is not UTF-8: save it as CSV UTF-8")
        self._delimiter = max(_DELIMITERS, key=first.count)
        if (width := first.count(self._delimiter) + 1) > MOST_COLUMNS:
            raise TicketLogError(
                f"the first line names {width} columns: leave those that are read, {MOST_COLUMNS} at most"
            )
        cells = next(csv.reader([first], delimiter=self._delimiter), [])
        self.header = tuple(as_meant(each.strip()) for each in cells)
        if not any(self.header):
            raise TicketLogError("the file is empty: its first line has to name the columns")

    def __iter__(self) -> Iterator[tuple[int, list[str], str | None]]:
        for line, cells, fault in self._records():
            if not any(cells) and not fault:
                continue  # spreadsheets leave empty rows behind
            if fault is None and (wrong := _NO_TEXT.search("".join(cells))):
                fault = "holds a NUL character: remove it" if wrong[0] == "\0" else "is not UTF-8"
            yield line, [as_meant(each) for each in cells], fault

    def _records(self) -> Iterator[tuple[int, list[str], str | None]]:
        """A quotation mark that is never closed would swallow the rest of the file: where a record of
        several lines makes no sense, only its first line is given up.
        """
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        while True:
            self._lines.begin()
            line = self._lines.number + 1
            fault, cells = None, list[str]()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                fault = f"is not CSV: {error}"
            if self._lines.number > line and (fault or len(cells) != len(self.header)):
                fault = "has a quotation mark that is never closed"
                cells = [self._lines.back_to_second()]
                reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
            yield line, cells, fault


class _Lines(Iterator[str]):
    """The lines of a file with their numbers, and the way back to the second of a record."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._chars = 0  # of this record
        self.number = 0  # of the line given last

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self._record.append(line)
        self._chars += len(line)
        self.number += 1
        if self._chars > RECORD_CHARS:
            raise csv.Error(f"it has more than {RECORD_CHARS} characters")
        return line

    def begin(self) -> None:
        """A record begins with the next line."""
        self._record, self._chars = [], 0

    def back_to_second(self) -> str:
        """Give all lines of this record but the first again; returns the first."""
        first, *others = self._record
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        return first.rstrip("\r\n")
