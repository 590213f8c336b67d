"""`madoguchi report reception-hours`."""

import argparse
from fractions import Fraction

from queue_service.cli.command import Commands
from queue_service.cli.report.asking import add_ground, told
from queue_service.insights.week import Week
from queue_service.reports.hours import Hours, report_on_hours
from queue_service.settings import Settings


def add(reports: Commands) -> None:
    """`report reception-hours`."""
    parser = reports.add(
        "reception-hours",
        "which share of visitors proposed reception hours would receive",
        _run,
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
        type=a_week,
        metavar="HOURS",
        help="hours now (default: the office's, day by day)",
    )
    parser.add_argument(
        "--proposed", type=a_week, required=True, metavar="HOURS", help="like 09:00-16:30"
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
    add_ground(parser)


def a_week(text: str) -> Week:
    """Hours of a week as an argument."""
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


def _run(args: argparse.Namespace, settings: Settings) -> int:
    asked = Hours(
        proposed=args.proposed, current=args.current, target=args.target, basis=args.basis
    )
    return told(args, settings, lambda ground: report_on_hours(ground, asked, args.lang))
