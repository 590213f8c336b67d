"""`madoguchi report freed-time`."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from queue_service.cli.command import CommandFailed, Commands, a_date
from queue_service.cli.engines import with_ledger
from queue_service.cli.report.asking import add_paper, tell_bad_rows, write
from queue_service.cli.report.hours import a_week
from queue_service.hours import HOLIDAY_COUNTRIES
from queue_service.insights.week import Week
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.offices import Closed, Office
from queue_service.reports.freed_time import (
    Desks,
    Freed,
    UsedTime,
    check_desks,
    report_on_freed_time,
    stated,
)
from queue_service.reports.gathering import used_time_of_office
from queue_service.reports.ground import EARLIEST, LATEST
from queue_service.reports.reading import used_time_of_table
from queue_service.settings import Settings

NO_HOLIDAYS = "none"
WORKING = range(5)  # Monday to Friday
ZONE = "Asia/Tokyo"  # of a table; its clocks are never changed, so an hour of it is an hour


def add(reports: Commands) -> None:
    """`report freed-time`."""
    parser = reports.add(
        "freed-time",
        "what shorter reception hours freed, and what it was used for",
        _run,
        """
        Freed are, on each open day, the minutes by which the hours in force are shorter than those
        before, at every desk. Of an office its own hours, closed days, desks and entries are taken. A table
        has the columns date, section, category and minutes; for it --current and --proposed state the
        hours (of Monday to Friday, unless they name weekdays), and dates that are closed besides public
        holidays stand in --closed.

        example:
          madoguchi report freed-time --office cityhall --from 2026-04-01 --to 2027-03-31
          madoguchi report freed-time --table freed.csv --from 2023-04-01 --to 2024-03-31 \\
            --current 08:30-17:15 --proposed 09:00-16:30 \\
            --closed 2023-12-29,2024-01-02,2024-01-03 --desks 12 --format html -o freed.html
        """,
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--office", metavar="ID", help="the entries of an office")
    which.add_argument("--table", type=Path, metavar="FILE", help="CSV, see below")
    for name, end in (("from", "first"), ("to", "last")):
        parser.add_argument(
            f"--{name}",
            dest=end,
            metavar="DATE",
            type=_date,
            required=True,
            help=f"{end} local date, included",
        )
    parser.add_argument(
        "--current",
        type=a_week,
        metavar="HOURS",
        help="hours before (default: the office's, before its last change)",
    )
    parser.add_argument("--proposed", type=a_week, metavar="HOURS", help="of a table: hours since")
    parser.add_argument(
        "--desks",
        type=_desks,
        default="",
        metavar="N",
        help="like 12, or by section 市民課:5,税務課:3 (default: the office's; of a table one)",
    )
    _add_calendar(parser)
    add_paper(parser)


def _add_calendar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--holidays",
        choices=(*HOLIDAY_COUNTRIES, NO_HOLIDAYS),
        default=HOLIDAY_COUNTRIES[0],
        help="of a table: whose public holidays are closed (default: %(default)s)",
    )
    parser.add_argument(
        "--closed",
        type=lambda text: [_date(each) for each in text.split(",")],
        default=[],
        metavar="DATE,…",
        help="of a table: further dates that are closed",
    )


def _date(text: str) -> date:
    day = date.fromisoformat(a_date(text.strip()))
    if not EARLIEST <= day <= LATEST:
        raise argparse.ArgumentTypeError(f"{day} is not from {EARLIEST} to {LATEST}")
    return day


def _desks(text: str) -> Desks:
    try:
        return Desks.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _run(args: argparse.Namespace, settings: Settings) -> int:
    if args.first > args.last:
        raise CommandFailed(f"--from {args.first} is after --to {args.last}: exchange them.")
    used = _of_table(args) if args.table else _of_office(args, settings)
    try:
        check_desks(used, args.desks)
    except ValueError as error:
        raise CommandFailed(f"--desks: {error}") from error
    try:
        asked = Freed.since_change(used.office, used.last, args.current, args.desks)
    except ValueError as error:
        raise CommandFailed(f"--current: {error}") from error
    write(args, report_on_freed_time(used, asked, args.lang))
    return 0


def _of_office(args: argparse.Namespace, settings: Settings) -> UsedTime:
    if args.proposed:
        raise CommandFailed("--proposed: an office has its hours; they are for a table.")

    async def gathered(ledger: Ledger) -> UsedTime:
        office = await ledger.office(args.office)
        return await used_time_of_office(ledger, office, args.first, args.last)

    return with_ledger(settings, gathered)


def _weekdays(proposed: Week, current: Week) -> Sequence[int]:
    """The weekdays of hours that name none: those of the hours before, else Monday to Friday."""
    if not proposed.every_day:
        return range(7)
    return WORKING if current.every_day else [day for day in range(7) if current.on(day)]


def _of_table(args: argparse.Namespace) -> UsedTime:
    if not args.current or not args.proposed:
        raise CommandFailed("--current and --proposed: say which hours were and are, for a table.")
    office = Office(
        id="file",
        timezone=ZONE,
        reception_hours=(stated(args.proposed, _weekdays(args.proposed, args.current)),),
        closed=Closed(
            holidays=None if args.holidays == NO_HOLIDAYS else args.holidays,
            dates=tuple(args.closed),
        ),
        services=(),
        desks=(),
    )
    try:
        used, bad = used_time_of_table(args.table, office, args.first, args.last)
    except TicketLogError as failure:
        raise CommandFailed(f"{args.table}: {failure}") from failure
    tell_bad_rows(bad)
    return used
