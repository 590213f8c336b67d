"""Rows that cannot be used, written beside the file they stand in, to be mended and read from there."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from queue_service.cli.command import CommandFailed
from queue_service.lines import csv_line, harmless
from queue_service.ticket_log import BadRow
from queue_service.whole_file import whole_file


def beside_of(file: Path) -> Path:
    """Where the rows of a file are reported that cannot be used."""
    return file.with_name(f"{file.name}.rejected.csv")


@contextmanager
def rejected_beside(file: Path, header: Sequence[str]) -> Iterator[Callable[[BadRow], None]]:
    """Writes rows that cannot be used beside the log, under its own header; whole, or not at all.

    Where nothing was rejected, or the log was not read to its end, an earlier file stays as it is.
    """
    rows: io.TextIOWrapper | None = None
    with ExitStack() as stack:

        def reject(row: BadRow) -> None:
            nonlocal rows
            if rows is None:
                rows = stack.enter_context(_written(beside_of(file)))
                rows.write(csv_line(("line", "reason", *map(harmless, header))))
            # Whoever mends them in a spreadsheet runs nothing; read again, they are what they were.
            rows.write(csv_line((f"{row.line}", *map(harmless, (row.reason, *row.cells)))))

        yield reject


@contextmanager
def _written(beside: Path) -> Iterator[io.TextIOWrapper]:
    try:
        with whole_file(beside) as raw:
            # Bytes that are no text are written out, so that the file can be opened.
            text = io.TextIOWrapper(raw, "utf-8-sig", "backslashreplace", newline="")
            yield text
            text.detach()
    except PermissionError as failure:
        raise CommandFailed(
            f"{beside} cannot be written, and rows that cannot be used are reported there: "
            "copy the log to a folder of your own."
        ) from failure
