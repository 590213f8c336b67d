"""What a report is asked of (an office, or a file alone), and where its answer is written."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from queue_service.cli.command import CommandFailed, Parser, a_date, a_zone, say
from queue_service.cli.engines import with_ledger
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import EARLIEST, LATEST, Ground
from queue_service.reports.reading import ground_of_copies, ground_of_counts, ground_of_tickets
from queue_service.reports.telling import Report
from queue_service.reports.writing import FORMATS, written
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow
from queue_service.words import OWN, languages

ZONE = "Asia/Tokyo"
BAD_SHOWN = 5


def add_ground(parser: Parser, *, period: bool = True) -> None:
    """What a report on visits stands on, and how it is written. `period`: its days can be chosen."""
    files = {"tickets": "a ticket log, gz or not", "counts": "a table of visitors by interval"}
    ground = _add_data(parser, files, period=period)
    ground.add_argument("--interval", type=_interval, metavar="MIN", help="of the counts")
    ground.add_argument(
        "--map", metavar="NAME=COLUMN", action="append", default=[], help="as in `import tickets`"
    )
    ground.add_argument(
        "--timezone", type=a_zone, default=ZONE, metavar="TZ", help=f"of a file (default: {ZONE})"
    )
    add_paper(parser)


def add_ground_of_copies(parser: Parser) -> None:
    """What a report on copies stands on, and how it is written."""
    _add_data(parser, {"channels": "a table of copies by month and channel"})
    add_paper(parser)


def _add_data(
    parser: Parser, files: Mapping[str, str], *, period: bool = True
) -> argparse._ArgumentGroup:
    """An office, or one of some files, and its first and last day. `files`: what each option reads."""
    ground = parser.add_argument_group("the data")
    which = ground.add_mutually_exclusive_group(required=True)
    which.add_argument("--office", metavar="ID", help="the days of an office")
    for name, what in files.items():
        which.add_argument(f"--{name}", type=Path, metavar="FILE", help=what)
    parser.set_defaults(first=None, last=None)
    for name, end in (("from", "first"), ("to", "last")) if period else ():
        ground.add_argument(
            f"--{name}",
            dest=end,
            metavar="DATE",
            type=_day,
            help=f"{end} local date, included (default: of a file its {end})",
        )
    return ground


def add_paper(parser: Parser) -> None:
    """How the report is written, and where to."""
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--lang", choices=languages(), default=OWN)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: standard output"
    )


def _day(text: str) -> str:
    if not f"{EARLIEST}" <= (day := a_date(text)) <= f"{LATEST}":
        raise argparse.ArgumentTypeError(f"{text!r}: write a date from {EARLIEST} to {LATEST}")
    return day


def _interval(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r}: write minutes, from 1 to 1440")
    return int(text)


def told(args: argparse.Namespace, settings: Settings, ask: Callable[[Ground], Report]) -> int:
    """Find the ground, ask, and write the report down."""
    write(args, ask(found(args, settings)))
    return 0


def found(
    args: argparse.Namespace, settings: Settings, period: tuple[date, date] | None = None
) -> Ground:
    """The ground; `period`: of an office these days, where nobody could choose them."""
    try:
        ground, bad = _ground(args, settings, period)
    except TicketLogError as failure:
        raise CommandFailed(str(failure)) from failure
    tell_bad_rows(bad)
    return ground


def beside(args: argparse.Namespace, others: Sequence[str]) -> list[argparse.Namespace]:
    """The same arguments with other offices, or with other files of the same kind."""
    name = next(each for each in ("office", "tickets", "counts") if getattr(args, each))
    kind = str if name == "office" else Path
    return [argparse.Namespace(**vars(args) | {name: kind(each)}) for each in others]


def tell_bad_rows(bad: Sequence[BadRow]) -> None:
    """Say which rows of a file are not in the report."""
    for row in bad[:BAD_SHOWN]:
        say(f"line {row.line}: {row.reason}")
    if bad:
        say(f"{len(bad)} rows could not be used and are not in the report.")


def write(args: argparse.Namespace, report: Report) -> None:
    """Write the report to where it was asked for; a file appears whole."""
    text = written(report, args.format, args.lang)
    if args.output is None:
        sys.stdout.write(text)
    else:
        part = args.output.with_name(f".{args.output.name}.{os.getpid()}.part")
        part.write_text(text, "utf-8")
        part.replace(args.output)


def _ground(
    args: argparse.Namespace, settings: Settings, period: tuple[date, date] | None
) -> tuple[Ground, list[BadRow]]:
    if args.office:
        if period is None:
            if args.first is None or args.last is None:
                raise CommandFailed("--from and --to: say which days of the office.")
            period = date.fromisoformat(args.first), date.fromisoformat(args.last)
        first, last = period
        return with_ledger(settings, lambda ledger: _of_office(ledger, args, first, last)), []
    ground, bad = _of_file(args)
    return ground.between(args.first, args.last), bad


def _of_file(args: argparse.Namespace) -> tuple[Ground, list[BadRow]]:
    if channels := vars(args).get("channels"):
        return ground_of_copies(channels)
    zone = args.timezone if isinstance(args.timezone, ZoneInfo) else ZoneInfo(args.timezone)
    if args.tickets:
        return ground_of_tickets(args.tickets, args.map, zone)
    if args.interval is None:
        raise CommandFailed("--interval: say how many minutes each count of the table covers.")
    return ground_of_counts(args.counts, args.interval, zone)


async def _of_office(ledger: Ledger, args: argparse.Namespace, first: date, last: date) -> Ground:
    return await ground_of_office(ledger, await ledger.office(args.office), first, last)
