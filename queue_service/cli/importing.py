"""`madoguchi import`: history from elsewhere."""

import argparse
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from queue_service.cli.command import (
    CommandFailed,
    Commands,
    Parser,
    a_zone,
    add_format,
    add_office,
    answer,
    progress,
    say,
    table,
)
from queue_service.cli.engines import with_ledger
from queue_service.imports import Import, Source, take_in
from queue_service.ledger import Ledger
from queue_service.log_columns import Columns, TicketLogError
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow, open_log

SHOWN = 12  # services and rejected rows named on the terminal

TEACHES = """
    Takes in the ticket log of any other system, as history beside what this one sees: statistics
    and reports then reach back to it. The columns of a log are number, service, issued_at,
    called_at, started_at, finished_at, outcome (finished, no_show, cancelled, expired, or empty),
    desk, channel and priority; only issued_at is required. --map renames a column, or joins two.

    A row that cannot be used is written to FILE.rejected.csv with its line and the reason; all
    others go in, also those outside the reception hours. The same file again changes nothing.
    --dry-run only says what was understood.

    example:
      madoguchi import tickets tickets.csv.gz --office cityhall --timezone Europe/Warsaw \\
          --map issued_at=day+issued --map called_at=day+called --map service=queue --dry-run
    """

GROUP = """
    example:
      madoguchi import tickets tickets.csv --office cityhall --dry-run
    """


def add(commands: Commands) -> None:
    """`import tickets`."""
    group = commands.group("import", "take in history from elsewhere", GROUP)
    parser = group.add("tickets", "a log with one row a ticket", _tickets, TEACHES)
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, or CSV packed with gzip")
    add_office(parser, "the office whose history it is")
    _add_reading(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="only read, and say what would be taken in"
    )
    add_format(parser)


def _add_reading(parser: Parser) -> None:
    parser.add_argument(
        "--map",
        metavar="NAME=COLUMN",
        action="append",
        default=[],
        help="which column holds what; COLUMN+COLUMN joins two; NAME= leaves it out",
    )
    parser.add_argument(
        "--timezone",
        type=a_zone,
        metavar="TZ",
        help="of times without offset (default: the office's)",
    )


def _tickets(args: argparse.Namespace, settings: Settings) -> int:
    folder = settings.data_dir / "archive" / args.office / "imports"
    try:
        columns = Columns.parse(args.map)

        async def work(ledger: Ledger) -> tuple[Import, bool]:
            return await _import(ledger, args, columns, folder)

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        what, new = with_ledger(settings, work)
    except TicketLogError as failure:
        raise CommandFailed(str(failure)) from failure
    except OSError as failure:
        raise CommandFailed(f"{args.file}: {failure.strerror or failure}") from failure
    if not new:
        say(f"{what.file} was taken in before, as import {what.id}; nothing was changed.")
    if what.rejected and new:
        say(f"{what.rejected} rows could not be used: see {args.file.name}.rejected.csv.")
    answer(args, to_builtins(what), _told(what))
    if args.dry_run and new:
        say("Nothing was taken in: without --dry-run it will be.")
    return 0 if what.rows else 1


async def _import(
    ledger: Ledger, args: argparse.Namespace, columns: Columns, folder: Path
) -> tuple[Import, bool]:
    """What the file holds, and whether that is new."""
    office = await ledger.office(args.office)
    zone: ZoneInfo = args.timezone or office.tz
    source = Source.of(args.file, f"{sorted(args.map)} {zone.key}")
    with (
        open_log(args.file, columns, zone) as log,
        _rejected(args.file) as reject,
        progress("import", None, " rows") as advance,
    ):
        return await take_in(
            ledger,
            office,
            source,
            log,
            folder,
            rejected=reject,
            advance=advance,
            dry=args.dry_run,
        )


@contextmanager
def _rejected(file: Path) -> Iterator[Any]:
    """Writes rows that cannot be used beside the log; no such row, no such file."""
    beside = file.with_name(f"{file.name}.rejected.csv")
    beside.unlink(missing_ok=True)
    stream = None

    def reject(row: BadRow) -> None:
        nonlocal stream
        if stream is None:
            stream = beside.open("w", encoding="utf-8-sig", newline="")
            csv.writer(stream).writerow(("line", "reason", "row"))
        csv.writer(stream).writerow((row.line, row.reason, ",".join(row.cells)))

    try:
        yield reject
    finally:
        if stream is not None:
            stream.close()


def _told(what: Import) -> str:
    rows = [
        (name, str(count), "not of the office" if name in what.new_services else "")
        for name, count in what.services.items()
    ]
    more = [f"… and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return "\n".join(
        (
            f"{what.rows} tickets on {what.days} business days, {what.first} to {what.last}",
            f"{what.outside_hours} of them outside the reception hours; they count all the same",
            "",
            table(("service", "tickets", ""), rows[:SHOWN]),
            *more,
        )
    )
