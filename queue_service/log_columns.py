"""Which column of a ticket log holds what: the ten names, and how `--map` renames or joins them.

It knows names, and refuses to look at a single row.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

COLUMNS = (
    *("number", "service", "issued_at", "called_at", "started_at", "finished_at"),
    *("outcome", "desk", "channel", "priority"),
)
REQUIRED = "issued_at"
OFFICE = "office"  # read only where a column was mapped to it
JOIN = " "  # between the texts of joined columns: makes a day and a time of day a time


class TicketLogError(ValueError):
    """The ticket log cannot be used; the message says what to do."""


class Columns:
    """What was mapped; every name that was not is looked for under itself."""

    def __init__(self, mapped: Mapping[str, str] | None = None) -> None:
        """`mapped`: name → column, or columns joined by `+`; empty: leave it out.

        Raises:
            TicketLogError: a log has no such name.
        """
        for name in mapped or ():
            if name not in (*COLUMNS, OFFICE):
                close = difflib.get_close_matches(name, COLUMNS, n=1)
                hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(COLUMNS)}"
                raise TicketLogError(f"--map {name}=…: a ticket log has no {name}: {hint}")
        self._mapped = dict(mapped or {})

    @classmethod
    def parse(cls, words: Iterable[str]) -> Self:
        """Read mappings as they are typed, like `issued_at=day+issued`.

        Raises:
            TicketLogError: one is not of that shape, or maps a name for the second time.
        """
        mapped: dict[str, str] = {}
        for word in words:
            name, sign, column = (part.strip() for part in word.partition("="))
            if not sign:
                raise TicketLogError(f"--map {word}: write it like --map issued_at=day+issued")
            if name in mapped:
                raise TicketLogError(f"--map {word}: {name} is mapped twice")
            mapped[name] = column
        return cls(mapped)

    def places(self, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Where each name stands in a log with this header.

        Raises:
            TicketLogError: a mapped column or `issued_at` is not there, or there twice.
        """
        found: dict[str, tuple[int, ...]] = {}
        for name in COLUMNS:
            if name not in self._mapped and name in header:
                found[name] = (self.place(header, name),)
        for name, column in self._mapped.items():
            # A column may have a plus in its own name.
            parts = [column] if column in header else column.split("+")
            if column:
                found[name] = tuple(self.place(header, part.strip()) for part in parts)
        if REQUIRED not in found:
            raise TicketLogError(
                f"no column {REQUIRED} among {', '.join(header)}: say which one holds the time of "
                f"issue, like --map {REQUIRED}=COLUMN or --map {REQUIRED}=DAY+TIME"
            )
        return found

    @staticmethod
    def place(header: Sequence[str], column: str) -> int:
        """Where one column stands.

        Raises:
            TicketLogError: it is not there, or there twice.
        """
        match header.count(column):
            case 1:
                return header.index(column)
            case 0:
                raise TicketLogError(f"no column {column!r} among {', '.join(header)}")
            case _:
                raise TicketLogError(f"the header names {column!r} twice: rename one of them")
