"""`madoguchi report avoidable`."""

import argparse

from queue_service.cli.command import Commands
from queue_service.cli.report.asking import add_ground_of_copies, told
from queue_service.reports.avoidable import report_on_avoidable
from queue_service.settings import Settings


def add(reports: Commands) -> None:
    """`report avoidable`."""
    parser = reports.add(
        "avoidable",
        "which copies and visits could have been had without the counter",
        _run,
        """
        Of an office: what visitors came for (the items of their tickets), beside what convenience stores,
        online and post issued (`madoguchi import channels`), month by month. Of a table alone, with the
        columns month, procedure, channel and copies: the channel `counter` is the counter, and whatever
        has a row of another channel, be it of 0 copies, can be had elsewhere.

        example:
          madoguchi report avoidable --office cityhall --from 2026-04-01 --to 2027-03-31
          madoguchi report avoidable --channels copies.csv --format html -o avoidable.html
        """,
    )
    add_ground_of_copies(parser)


def _run(args: argparse.Namespace, settings: Settings) -> int:
    return told(args, settings, lambda ground: report_on_avoidable(ground, args.lang))
