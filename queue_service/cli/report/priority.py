"""`madoguchi report reform-priority`."""

import argparse
from pathlib import Path

from queue_service.cli.command import CommandFailed, Commands
from queue_service.cli.report.asking import add_paper, write
from queue_service.insights.reform_priority import STAGES
from queue_service.log_columns import TicketLogError
from queue_service.reports.priority import report_on_priority
from queue_service.reports.reading import works_of_table
from queue_service.settings import Settings
from queue_service.tickets import Stage


def add(reports: Commands) -> None:
    """`report reform-priority`."""
    parser = reports.add(
        "reform-priority",
        "which procedures take the most hours a year, and how sure that order is",
        _run,
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
    add_paper(parser)


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


def _run(args: argparse.Namespace, settings: Settings) -> int:
    try:
        works, sha256 = works_of_table(args.table, args.uncertainty)
    except TicketLogError as failure:
        raise CommandFailed(f"{args.table}: {failure}") from failure
    source = args.table.name
    write(args, report_on_priority(works, args.reduction, args.lang, source=source, sha256=sha256))
    return 0
