"""`madoguchi watch`: a board in the terminal, for operators.

The line to the service is in `following`, which is also the example for integrators; how a board
looks as text is in `board_text`.
"""

import argparse
import asyncio
import os
import shutil
import sys

import msgspec

from queue_service.board import Board
from queue_service.cli.board_text import cut_to, lines
from queue_service.cli.command import CommandFailed, Commands, add_format, add_office, say
from queue_service.settings import Settings
from queue_service.words import languages

USUAL_URL = "http://127.0.0.1:8000"
TOP, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def add(commands: Commands) -> None:
    """`watch`."""
    parser = commands.add(
        "watch",
        "show an office's board in the terminal",
        _watch,
        """
        Shows the calls, the numbers that are ready and how many wait, as they change. It says within
        5 s when the line is cut and how old the board is, and connects again by itself. On a
        terminal the board stays in its place; elsewhere it is printed whenever it has changed.
        --format json prints each frame as it came, one a line.

        example:
          MADOGUCHI_KEY=mg_… madoguchi watch --office cityhall
          madoguchi watch --office cityhall --key mg_… --once --format json | jq .queues
        """,
    )
    add_office(parser, "the office to watch")
    parser.add_argument(
        "--url", default=USUAL_URL, help=f"where the service is (default: {USUAL_URL})"
    )
    parser.add_argument("--key", help="a key that may watch (default: MADOGUCHI_KEY)")
    parser.add_argument("--zone", help="only the desks and calls of this zone")
    parser.add_argument(
        "--language", choices=languages(), help="of names and words (default: the office's own)"
    )
    parser.add_argument("--once", action="store_true", help="show the present board and end")
    add_format(parser)


def _watch(args: argparse.Namespace, settings: Settings) -> int:
    key = args.key or os.environ.get("MADOGUCHI_KEY") or settings.admin_key
    if not key:
        raise CommandFailed("Give a key that may watch: --key KEY, or MADOGUCHI_KEY.")
    asyncio.run(_show_frames(args, key) if args.format == "json" else _show_boards(args, key))
    return 0


async def _show_frames(args: argparse.Namespace, key: str) -> None:
    from queue_service.cli.following import Cut, address, frames  # takes a moment to load

    async for frame in frames(address(args.url, args.office, args.zone), key):
        if isinstance(frame, Cut):
            _fail_if_once(args, frame.reason)
            say(f"offline: {frame.reason}")
            continue
        print(frame, flush=True)
        if args.once:
            return


async def _show_boards(args: argparse.Namespace, key: str) -> None:
    from queue_service.cli.following import Cut, address, frames, signs_of

    board = signs = None
    paper = _Paper()
    async for frame in frames(address(args.url, args.office, args.zone), key):
        if isinstance(frame, Cut):
            _fail_if_once(args, frame.reason)
            if board is None:
                say(f"{args.url} cannot be reached yet: {frame.reason}")
                continue
        else:
            board = msgspec.json.decode(frame, type=Board)
            if signs is None or signs.version < board.version:
                signs = await signs_of(args.url, args.office, board.version)
        paper.show(lines(board, signs, args.language, is_cut=isinstance(frame, Cut)))
        if args.once:
            return


def _fail_if_once(args: argparse.Namespace, reason: str) -> None:
    if args.once:
        raise CommandFailed(
            f"{args.url} shows no board ({reason}). `madoguchi doctor` looks for the usual causes."
        )


class _Paper:
    """Where text goes: a terminal, on which it stays in its place, or anything else."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._shown: list[str] | None = None

    def show(self, text: list[str]) -> None:
        if self._is_terminal:
            size = shutil.get_terminal_size()
            drawn = [cut_to(size.columns, line) for line in text[: size.lines - 1]]
            print(TOP + "".join(f"{line}{REST_OF_LINE}\n" for line in drawn), end=REST_OF_SCREEN)
        elif self._shown is None or text[1:] != self._shown[1:]:  # the first line is the clock
            print(*([""] if self._shown else []), *text, sep="\n")
        sys.stdout.flush()
        self._shown = text
