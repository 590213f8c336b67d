"""`madoguchi report reform-priority`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, get_args

from queue_service.cli.command import CommandFailed, Commands
from queue_service.cli.report.asking import add_ground, found, write
from queue_service.insights.ranking import TooMany
from queue_service.insights.reform_priority import By, part_of, reduction_of
from queue_service.log_columns import TicketLogError
from queue_service.reports.priority import Priority, Stated, StatedTwice, report_on_priority
from queue_service.reports.reading import works_of_table
from queue_service.settings import Settings

_T = TypeVar("_T")


def add(reports: Commands) -> None:
    """`report reform-priority`."""
    parser = reports.add(
        "reform-priority",
        "which procedures take the most hours a year, and how sure that order is",
        _run,
        """
        Of an office: every visit that was served is a case of the procedures that staff recorded, with the
        minutes of its stages as they were measured. Of a ticket log: its services stand in for them.
        Of a table: procedures as CSV: procedure, count (cases a year), and the minutes of a case in the
        columns reception, check, review, handover; section and uncertainty where there are. A table
        beside an office adds the sections that have no such system.

        example:
          madoguchi report reform-priority --office cityhall --from 2025-04-01 --to 2026-03-31 \\
            --table others.csv --reduction reception:0.3,review:0.5 --format html -o priority.html
          madoguchi report reform-priority --table procedures.csv --uncertainty 0.2 --by section
        """,
    )
    parser.add_argument("--table", type=Path, metavar="FILE", help="procedures as CSV, see below")
    parser.add_argument(
        "--uncertainty",
        type=_checked(part_of),
        default="0.2",
        metavar="PART",
        help="by which part minutes could be wrong: those of the table, and to see which ranks would "
        "change if those of all were (default: 0.2)",
    )
    parser.add_argument(
        "--reduction",
        type=_checked(reduction_of),
        default="",
        metavar="STAGE:PART,…",
        help="by which part stages would become shorter",
    )
    parser.add_argument("--by", choices=get_args(By), default="procedure", help="what is ranked")
    add_ground(parser, counts=False, required=False)


def _checked(read: Callable[[str], _T]) -> Callable[[str], _T]:
    def argument(text: str) -> _T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return argument


def _run(args: argparse.Namespace, settings: Settings) -> int:
    ground = found(args, settings) if args.office or args.tickets else None
    stated = _stated(args)
    if ground is None and stated is None:
        raise CommandFailed("Say what the report stands on: --office, --tickets or --table.")
    asked = Priority(reduction=args.reduction, by=args.by, uncertainty=args.uncertainty)
    try:
        write(args, report_on_priority(ground, stated, asked, args.lang))
    except (StatedTwice, TooMany) as failure:
        raise CommandFailed(str(failure)) from failure
    return 0


def _stated(args: argparse.Namespace) -> Stated | None:
    if args.table is None:
        return None
    try:
        return works_of_table(args.table, args.uncertainty)
    except TicketLogError as failure:
        raise CommandFailed(f"{args.table}: {failure}") from failure
