"""`madoguchi export`: entries or visits of some days as a file."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from queue_service import export
from queue_service.cli.command import (
    Commands,
    Parser,
    a_date,
    add_office,
    progress,
    say,
)
from queue_service.cli.engines import with_ledger
from queue_service.ledger import Ledger
from queue_service.parquet import check_installed, parquet
from queue_service.settings import Settings


def add(commands: Commands) -> None:
    """`export events|tickets|freed-time`."""
    parser = commands.add(
        "export",
        "write entries, visits or uses of freed time of some days as CSV, NDJSON or Parquet",
        _export,
        """
        events: one row an entry. tickets: one row a visit, with its legs, stages and items,
        beginning with the columns of a ticket log. What was undone is not in the visits.
        freed-time: one row a use, as `import freed-time` reads it; what was struck is left out. Times
        carry the office's offset. CSV is UTF-8 with CRLF; texts that a spreadsheet would run begin
        with an apostrophe. Parquet needs -o and the optional part `analysis`
        (pip install 'madoguchi[analysis]'); legs, stages and items are lists in it.

        example:
          madoguchi export tickets --office cityhall --from 2026-11-01 --to 2026-11-30 -o nov.csv
        """,
    )
    _add_which(parser)
    parser.add_argument("--format", choices=("csv", "ndjson", "parquet"), default="csv")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="appears when it is whole (default: standard output)",
    )


def _add_which(parser: Parser) -> None:
    """What is exported, and of which office and days."""
    parser.add_argument("what", choices=("events", "tickets", "freed-time"))
    add_office(parser, "which office")
    for name, end in (("from", "first"), ("to", "last")):
        parser.add_argument(
            f"--{name}",
            dest=end,
            metavar="DATE",
            type=a_date,
            required=True,
            help=f"{end} date, included",
        )


def _export(args: argparse.Namespace, settings: Settings) -> int:
    if args.first > args.last:
        say(f"--from {args.first} is after --to {args.last}: exchange them.")
        return 2

    if args.format == "parquet":
        if args.output is None:
            say("--format parquet: say with -o in which file; it is not for a terminal.")
            return 2
        check_installed()

    async def write(ledger: Ledger) -> int:
        office = await ledger.office(args.office)
        total = await ledger.entries_of(args.office).last()
        count = 0
        with _output(args) as out, progress(f"export {args.what}", total) as advance:
            out.write(export.header(args.what, args.format))
            rows = export.rows(ledger, office, args.what, args.first, args.last, progress=advance)
            async for row in rows:
                out.write(export.line(args.what, args.format, row))
                count += 1
        return count

    count = with_ledger(settings, write)
    if args.output:
        say(f"{args.output}: {count} rows.")
    return 0


@contextmanager
def _output(args: argparse.Namespace) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole or not at all. Both end lines as told."""
    file: Path | None = args.output
    if file is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if args.format == "parquet":
            _as_parquet(part, args.what)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _as_parquet(lines: Path, what: export.What) -> None:
    """Make Parquet of lines of NDJSON, in their place."""
    made = lines.with_suffix(".parquet")
    try:
        parquet(lines, export.kinds(what), made)
        made.replace(lines)
    finally:
        made.unlink(missing_ok=True)
