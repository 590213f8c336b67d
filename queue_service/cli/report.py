"""`madoguchi report`: the questions of a reform, asked of an office or of a file alone."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from queue_service.cli.command import (
    CommandFailed,
    Commands,
    Parser,
    a_date,
    a_zone,
    say,
)
from queue_service.cli.engines import with_ledger
from queue_service.insights.reform_priority import STAGES
from queue_service.insights.week import Week
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.reports.asking import Hours, Report, report_on_hours, report_on_priority
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import Ground
from queue_service.reports.reading import ground_of_counts, ground_of_tickets, works_of_table
from queue_service.reports.writing import FORMATS, written
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow
from queue_service.tickets import Stage
from queue_service.words import OWN, languages

ZONE = "Asia/Tokyo"
BAD_SHOWN = 5


def add(commands: Commands) -> None:
    """`report NAME`."""
    reports = commands.group(
        "report",
        "answer a question of a reform: would shorter hours do?",
        """
        Each report stands on an office, or on a file alone, for which no engine is needed: the log of any
        ticket system (--tickets), or a table of visitors counted by the interval (--counts).
        """,
    )
    parser = reports.add(
        "reception-hours",
        "which share of visitors proposed reception hours would receive",
        _hours,
        """
        Visitors who came outside the proposed hours are counted, refused ones included. On counts an
        interval that the hours cut gives bounds; when the target lies between them, the data cannot tell.
        Hours may differ by weekday: "mon 09:00-18:30; tue-fri 09:00-16:30".

        example:
          madoguchi report reception-hours --tickets 2025.csv.gz --current 08:30-17:15 \\
            --proposed 09:00-16:30
          madoguchi report reception-hours --office cityhall --from 2026-04-01 --to 2026-11-30 \\
            --proposed 09:00-16:30 --format html -o hours.html
        """,
    )
    parser.add_argument(
        "--current",
        type=_week,
        metavar="HOURS",
        help="hours now (default: the office's, day by day)",
    )
    parser.add_argument(
        "--proposed", type=_week, required=True, metavar="HOURS", help="like 09:00-16:30"
    )
    parser.add_argument(
        "--target",
        type=_share,
        default="0.9",
        metavar="SHARE",
        help="the share that is enough (default: 0.9)",
    )
    parser.add_argument(
        "--basis",
        choices=("arrival", "start"),
        default="arrival",
        help="whether a visit counts at its arrival, or when its serving began",
    )
    _add_ground(parser)
    _add_priority(reports)


def _add_priority(reports: Commands) -> None:
    parser = reports.add(
        "reform-priority",
        "which procedures take the most hours a year, and how sure that order is",
        _priority,
        """
        A table of procedures as CSV: procedure, count (cases a year), and the minutes of a case in the
        columns reception, check, review, handover; section and uncertainty where there are. Two
        procedures whose difference lies within what is not known of both could change their places.

        example:
          madoguchi report reform-priority --table procedures.csv --uncertainty 0.2 \\
            --reduction reception:0.3,review:0.5 --format html -o priority.html
        """,
    )
    parser.add_argument("--table", type=Path, required=True, metavar="FILE", help="CSV, see below")
    parser.add_argument(
        "--uncertainty",
        type=_part,
        default="0.2",
        metavar="PART",
        help="half of the 95 %% interval of minutes, as a part of them (default: 0.2)",
    )
    parser.add_argument(
        "--reduction",
        type=_reduction,
        default="",
        metavar="STAGE:PART,…",
        help="by which part stages would become shorter",
    )
    _add_paper(parser)


def _add_ground(parser: Parser) -> None:
    """What the report stands on, and how it is written."""
    ground = parser.add_argument_group("the data")
    which = ground.add_mutually_exclusive_group(required=True)
    which.add_argument("--office", metavar="ID", help="the days of an office")
    which.add_argument("--tickets", type=Path, metavar="FILE", help="a ticket log, gz or not")
    which.add_argument(
        "--counts", type=Path, metavar="FILE", help="a table of visitors by interval"
    )
    for name, end in (("from", "first"), ("to", "last")):
        ground.add_argument(
            f"--{name}",
            dest=end,
            metavar="DATE",
            type=a_date,
            help=f"{end} local date, included (default: of a file its {end})",
        )
    ground.add_argument("--interval", type=_interval, metavar="MIN", help="of the counts")
    ground.add_argument(
        "--map", metavar="NAME=COLUMN", action="append", default=[], help="as in `import tickets`"
    )
    ground.add_argument(
        "--timezone", type=a_zone, default=ZONE, metavar="TZ", help=f"of a file (default: {ZONE})"
    )
    _add_paper(parser)


def _add_paper(parser: Parser) -> None:
    """How the report is written, and where to."""
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--lang", choices=languages(), default=OWN)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: standard output"
    )


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _share(text: str) -> Fraction:
    try:
        share = Fraction(text)
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: write a share above 0 and up to 1, like 0.9")
    return share


def _part(text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = -1.0
    if not 0 <= part <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: write a part from 0 to 1, like 0.2")
    return part


def _reduction(text: str) -> dict[Stage, float]:
    found: dict[Stage, float] = {}
    for each in filter(None, text.split(",")):
        name, _, part = each.partition(":")
        if name not in STAGES:
            raise argparse.ArgumentTypeError(f"{name!r} is no stage: use {', '.join(STAGES)}")
        found[Stage(name)] = _part(part)
    return found


def _interval(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r}: write minutes, from 1 to 1440")
    return int(text)


def _hours(args: argparse.Namespace, settings: Settings) -> int:
    asked = Hours(
        proposed=args.proposed, current=args.current, target=args.target, basis=args.basis
    )
    return _told(args, settings, lambda ground: report_on_hours(ground, asked, args.lang))


def _priority(args: argparse.Namespace, settings: Settings) -> int:
    try:
        works, sha256 = works_of_table(args.table, args.uncertainty)
    except TicketLogError as failure:
        raise CommandFailed(f"{args.table}: {failure}") from failure
    source = args.table.name
    _write(args, report_on_priority(works, args.reduction, args.lang, source=source, sha256=sha256))
    return 0


def _told(args: argparse.Namespace, settings: Settings, ask: Callable[[Ground], Report]) -> int:
    """Find the ground, ask, and write the report down."""
    try:
        ground, bad = _ground(args, settings)
    except TicketLogError as failure:
        raise CommandFailed(str(failure)) from failure
    for row in bad[:BAD_SHOWN]:
        say(f"line {row.line}: {row.reason}")
    if bad:
        say(f"{len(bad)} rows could not be used and are not in the report.")
    _write(args, ask(ground))
    return 0


def _write(args: argparse.Namespace, report: Report) -> None:
    text = written(report, args.format, args.lang)
    if args.output is None:
        sys.stdout.write(text)
    else:
        part = args.output.with_name(f".{args.output.name}.{os.getpid()}.part")
        part.write_text(text, "utf-8")
        part.replace(args.output)


def _ground(args: argparse.Namespace, settings: Settings) -> tuple[Ground, list[BadRow]]:
    zone = args.timezone if isinstance(args.timezone, ZoneInfo) else ZoneInfo(args.timezone)
    if args.tickets:
        ground, bad = ground_of_tickets(args.tickets, args.map, zone)
    elif args.counts:
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
