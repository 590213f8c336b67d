"""How a command says what it can do, and how it speaks: tables, JSON, progress.

It knows argparse and the terminal, and no command.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace
from tqdm import tqdm

from queue_service.settings import Settings

BYTES = "B"  # as a unit of progress

Run = Callable[[argparse.Namespace, Settings], int]
Parser = argparse.ArgumentParser


class CommandFailed(Exception):
    """The command could not do what it was asked; the message says what to do."""


class Commands:
    """The commands below one parser."""

    def __init__(self, parser: Parser, name: str) -> None:
        self._below = parser.add_subparsers(
            dest=name, metavar=name.upper(), required=True, title=f"{name}s"
        )

    def add(self, name: str, promise: str, run: Run, teaches: str) -> Parser:
        """Add a command. `promise` is its line in the list; `teaches` ends with an example."""
        parser = self._parser(name, promise, teaches)
        parser.add_argument(
            "--data-dir",
            type=_path,
            metavar="DIR",
            help="where the data set is (default: MADOGUCHI_DATA_DIR, else one of your own)",
        )
        parser.set_defaults(run=run)
        return parser

    def group(self, name: str, promise: str, teaches: str) -> "Commands":
        """Add a command that has commands of its own."""
        return Commands(self._parser(name, promise, teaches), "action")

    def _parser(self, name: str, promise: str, teaches: str) -> Parser:
        return self._below.add_parser(
            name,
            help=promise,
            description=promise[0].upper() + promise[1:] + ".",
            epilog=dedent(teaches).strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )


def settings_of(args: argparse.Namespace) -> Settings:
    """The environment's settings, with what the command line says instead.

    Raises:
        BadSetting
    """
    settings = Settings.from_env(os.environ)
    names = ("data_dir", "host", "port")
    given = {name: getattr(args, name, None) for name in names}
    settings = replace(settings, **{k: v for k, v in given.items() if v is not None})
    return replace(settings, data_dir=settings.data_dir.expanduser().absolute())


# Arguments that several commands have


def add_office(parser: Parser, promise: str, *, required: bool = True) -> None:
    """Which office."""
    parser.add_argument("--office", metavar="ID", required=required, help=promise)


def add_format(parser: Parser) -> None:
    """Text for people, or JSON and nothing else on standard output."""
    parser.add_argument("--format", choices=("text", "json"), default="text")


def add_keep_odd(parser: Parser) -> None:
    """Whether dates that cannot be true are."""
    parser.add_argument(
        "--keep-odd-dates",
        dest="keep_odd",
        action="store_true",
        help="also take in rows whose date lies so far from all others, or from the rows around them, "
        "that only a wrong clock can have written it: for a log in which they are right",
    )


def add_address(parser: Parser) -> None:
    """Where to listen."""
    parser.add_argument(
        "--host", help="address to listen on; 0.0.0.0 for every one (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=_port, help="port to listen on; 0 for any free one (default: 8000)"
    )


def a_date(text: str) -> str:
    """A business date as an argument."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it like 2026-11-23") from None


def a_zone(text: str) -> ZoneInfo:
    """A time zone as an argument."""
    try:
        return ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not known: write it like Asia/Tokyo"
        ) from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 0 to 65535")
    return int(text)


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("name a directory")
    return Path(text)


# Speaking


def say(*lines: str) -> None:
    """Tell the person, beside what the command answers."""
    for line in lines:
        print(line, file=sys.stderr)


def answer(given: argparse.Namespace, value: Any, text: str) -> None:
    """Give the command's answer, in the format asked for."""
    if given.format == "json":
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    print(text)


def written(at: int) -> str:
    """An instant in ms, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns for reading."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    )
    return "\n".join(lines)


@contextmanager
def progress(
    label: str, total: int | None, unit: str = " entries"
) -> Iterator[Callable[[int], None]]:
    """A bar on standard error while somebody looks, nothing otherwise."""
    with tqdm(
        total=total,
        desc=label,
        unit=unit,
        unit_scale=unit == BYTES,
        file=sys.stderr,
        leave=False,
        disable=not sys.stderr.isatty(),
    ) as bar:

        def advance(count: int) -> None:
            bar.update(count)

        yield advance
