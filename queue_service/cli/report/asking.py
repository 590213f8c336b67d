"""What a report is asked of (an office, or a file alone), and where its answer is written."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from queue_service.cli.command import CommandFailed, Parser, a_date, a_zone, say
from queue_service.cli.engines import with_ledger
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import Ground
from queue_service.reports.reading import ground_of_counts, ground_of_tickets
from queue_service.reports.telling import Report
from queue_service.reports.writing import FORMATS, written
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow
from queue_service.words import OWN, languages

ZONE = "Asia/Tokyo"
BAD_SHOWN = 5


def add_ground(parser: Parser, *, counts: bool = True, required: bool = True) -> None:
    """What the report stands on, and how it is written.

    `counts`: whether visitors counted by the interval are enough for it; `required`: whether it
    stands on nothing else.
    """
    ground = parser.add_argument_group("the data")
    which = ground.add_mutually_exclusive_group(required=required)
    which.add_argument("--office", metavar="ID", help="the days of an office")
    which.add_argument("--tickets", type=Path, metavar="FILE", help="a ticket log, gz or not")
    if counts:
        help = "a table of visitors by interval"
        which.add_argument("--counts", type=Path, metavar="FILE", help=help)
        ground.add_argument("--interval", type=_interval, metavar="MIN", help="of the counts")
    for name, end in (("from", "first"), ("to", "last")):
        ground.add_argument(
            f"--{name}",
            dest=end,
            metavar="DATE",
            type=a_date,
            help=f"{end} local date, included (default: of a file its {end})",
        )
    ground.add_argument(
        "--map", metavar="NAME=COLUMN", action="append", default=[], help="as in `import tickets`"
    )
    ground.add_argument(
        "--timezone", type=a_zone, default=ZONE, metavar="TZ", help=f"of a file (default: {ZONE})"
    )
    add_paper(parser)


def add_paper(parser: Parser) -> None:
    """How the report is written, and where to."""
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--lang", choices=languages(), default=OWN)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: standard output"
    )


def _interval(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r}: write minutes, from 1 to 1440")
    return int(text)


def told(args: argparse.Namespace, settings: Settings, ask: Callable[[Ground], Report]) -> int:
    """Find the ground, ask, and write the report down."""
    write(args, ask(found(args, settings)))
    return 0


def found(args: argparse.Namespace, settings: Settings) -> Ground:
    """The ground; what of it cannot be used is said.

    Raises:
        CommandFailed
    """
    try:
        ground, bad = _ground(args, settings)
    except TicketLogError as failure:
        raise CommandFailed(str(failure)) from failure
    for row in bad[:BAD_SHOWN]:
        say(f"line {row.line}: {row.reason}")
    if bad:
        say(f"{len(bad)} rows could not be used and are not in the report.")
    return ground


def write(args: argparse.Namespace, report: Report) -> None:
    """Write the report to where it was asked for; a file appears whole."""
    text = written(report, args.format, args.lang)
    if args.output is None:
        sys.stdout.write(text)
    else:
        part = args.output.with_name(f".{args.output.name}.{os.getpid()}.part")
        part.write_text(text, "utf-8")
        part.replace(args.output)


def _ground(args: argparse.Namespace, settings: Settings) -> tuple[Ground, list[BadRow]]:
    if args.first and args.last and args.first > args.last:
        raise CommandFailed(f"--from: {args.first} lies after --to {args.last}.")
    zone = args.timezone if isinstance(args.timezone, ZoneInfo) else ZoneInfo(args.timezone)
    if args.tickets:
        ground, bad = ground_of_tickets(args.tickets, args.map, zone)
    elif getattr(args, "counts", None):
        if args.interval is None:
            raise CommandFailed("--interval: say how many minutes each count of the table covers.")
        ground, bad = ground_of_counts(args.counts, args.interval, zone)
    else:
        if args.first is None or args.last is None:
            raise CommandFailed("--from and --to: say which days of the office.")
        return with_ledger(settings, lambda ledger: _of_office(ledger, args)), []
    return ground.between(args.first, args.last), bad


async def _of_office(ledger: Ledger, args: argparse.Namespace) -> Ground:
    office = await ledger.office(args.office)
    first, last = date.fromisoformat(args.first), date.fromisoformat(args.last)
    return await ground_of_office(ledger, office, first, last)
