"""`madoguchi report before-after`."""

import argparse
from collections.abc import Callable
from datetime import date
from textwrap import fill
from typing import TypeVar

from queue_service.cli.command import CommandFailed, Commands, a_date
from queue_service.cli.report.asking import add_ground, beside, found, write
from queue_service.insights.daily import METRICS
from queue_service.insights.week import Week
from queue_service.insights.windows import known_date, parse_span, reach
from queue_service.reports.before_after import Asked, report_on_change
from queue_service.settings import Settings

_T = TypeVar("_T")


def add(reports: Commands) -> None:
    """`report before-after`."""
    parser = reports.add(
        "before-after",
        "whether a metric changed on a date, and how sure that is",
        _run,
        f"""
        The days before the date and from it on are compared by the same mix of weekdays. A season is
        taken out where the data has the same dates a year earlier, or by other offices (--compare).
        Where chance alone could have done it, the answer is "cannot tell". Where hours were cut, it is
        told where those visitors went (of a file: state --current and --proposed).

        metrics:
          {fill(", ".join(METRICS), 96, subsequent_indent=" " * 10)}

        example:
          madoguchi report before-after --office cityhall --metric arrivals --at 2025-08-04
          madoguchi report before-after --tickets 2025.csv.gz --metric wait_p90_s --at 2025-08-04 \\
            --current 08:30-17:15 --proposed 09:00-16:30 --format html -o reform.html
        """,
    )
    parser.add_argument(
        "--metric", choices=METRICS, required=True, metavar="NAME", help="see below"
    )
    parser.add_argument(
        "--at",
        type=_of(_date),
        required=True,
        metavar="DATE",
        help="the first day on which it was so",
    )
    for name in ("before", "after"):
        parser.add_argument(
            f"--{name}",
            type=_of(parse_span),
            metavar="DAYS",
            help="a number of days, or DATE/DATE (default: what the data has, equal, at most 365)",
        )
    for name, when in (("current", "before"), ("proposed", "from")):
        parser.add_argument(
            f"--{name}",
            type=_of(Week.parse),
            metavar="HOURS",
            help=f"reception hours {when} the date (default: the office's)",
        )
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="ID",
        help="another office, or of a file another file of that kind; may be given again",
    )
    add_ground(parser, period=False)


def _date(text: str) -> date:
    return known_date(date.fromisoformat(a_date(text)))


def _of(parse: Callable[[str], _T]) -> Callable[[str], _T]:
    """A parser of an argument, that says what is wrong with it."""

    def read(text: str) -> _T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _run(args: argparse.Namespace, settings: Settings) -> int:
    if (args.current is None) != (args.proposed is None):
        raise CommandFailed("--current and --proposed: state both, or neither.")
    asked = Asked(
        metric=args.metric,
        at=args.at,
        before=args.before,
        after=args.after,
        hours=(args.current, args.proposed) if args.current else None,
    )
    period = reach(asked.at, asked.before, asked.after)
    ground, *others = [
        found(each, settings, period) for each in (args, *beside(args, args.compare))
    ]
    try:
        report = report_on_change(ground, asked, args.lang, others)
    except ValueError as wrong:
        raise CommandFailed(f"--{wrong}") from wrong
    write(args, report)
    return 0
