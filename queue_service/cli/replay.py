"""`madoguchi replay`: play a ticket log through the HTTP API."""

import argparse
from pathlib import Path

from queue_service.cli.command import Commands, Parser, a_date, a_zone, add_format
from queue_service.settings import Settings

USUAL_SPEED = 60.0  # a minute of the log in a second

TEACHES = """
    Without --url a service of its own is started, whose clock runs at the log's time; it is thrown
    away afterwards, unless --data-dir names an empty directory to keep it in, where its clock stands
    still from then on. An office that is not defined is made from the log: a service for each text
    in the service column, with the desks that the log names or needs.

    The columns of a log are number, service, issued_at, called_at, started_at, finished_at,
    outcome, desk, channel and priority; only issued_at is required. --map renames a column, or
    joins two. Playing the same log twice into the same service changes nothing.

    example:
      madoguchi replay tickets.csv.gz --office cityhall --speed 600 --timezone Europe/Warsaw \\
          --map issued_at=day+issued --map called_at=day+called --map service=queue
    """


def add(commands: Commands) -> None:
    """`replay`."""
    parser = commands.add(
        "replay",
        "play a ticket log through the HTTP API, as kiosks and staff would",
        _replay,
        TEACHES,
    )
    _add_log(parser)
    _add_pace(parser)
    add_format(parser)


def _replay(args: argparse.Namespace, settings: Settings) -> int:
    from queue_service.cli.playing import run

    return run(args, settings)


# Arguments


def _add_log(parser: Parser) -> None:
    """Which log, how it is read, and which part of it is played."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, or CSV packed with gzip")
    office = parser.add_mutually_exclusive_group(required=True)
    office.add_argument("--office", metavar="ID", help="the office that lives through the log")
    office.add_argument(
        "--office-column", metavar="COLUMN", help="the column that names each row's office"
    )
    parser.add_argument(
        "--map",
        metavar="NAME=COLUMN",
        action="append",
        default=[],
        help="which column holds what; COLUMN+COLUMN joins two",
    )
    parser.add_argument(
        "--timezone",
        metavar="TZ",
        type=a_zone,
        help="of times without offset, and of an office made from the log (default: the office's)",
    )
    parser.add_argument(
        "--where",
        metavar="COLUMN=TEXT",
        action="append",
        default=[],
        type=_condition,
        help="play only rows with this text in this column; may be repeated",
    )
    for name, end in (("from", "first"), ("to", "last")):
        parser.add_argument(
            f"--{name}",
            dest=end,
            metavar="DATE",
            type=a_date,
            help=f"{end} local date of issue, included",
        )


def _add_pace(parser: Parser) -> None:
    """Where it is played, and how fast."""
    parser.add_argument(
        "--speed",
        metavar="N",
        type=_speed,
        default=USUAL_SPEED,
        help=f"seconds of the log in one second, or max (default: {USUAL_SPEED:.0f})",
    )
    parser.add_argument("--url", metavar="URL", help="a service that runs; it has its own time")
    parser.add_argument(
        "--key", metavar="KEY", help="staff's or admin's key for --url (default: MADOGUCHI_KEY)"
    )
    parser.add_argument(
        "--port", metavar="PORT", type=int, default=0, help="of the service without --url"
    )
    parser.add_argument(
        "--run",
        dest="run_name",
        metavar="NAME",
        default="",
        help="a new name plays a log again",
    )


def _condition(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r}: write it like office=Wola")
    return column.strip(), value.strip()


def _speed(text: str) -> float | None:
    try:
        speed = 0.0 if text == "max" else float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: write a number like 60, or max")
    return speed or None
