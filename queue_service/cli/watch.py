"""`madoguchi watch`: a board in the terminal, for operators, and the example for integrators.

A board frame is the whole board, so watching is three things: connect and offer the key, show every
frame, connect again when the line breaks. `websockets` does the last by itself.
"""

import argparse
import asyncio
import os
import sys
import time
import unicodedata
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import msgspec

from queue_service.cli.command import CommandFailed, Commands, add_format, add_office
from queue_service.settings import Settings

SILENT_S = 5.0  # the service speaks every few seconds; a line that is silent so long is cut
REASONS = {
    4401: "This key is unknown or was revoked: make one with `madoguchi keys new --role display`.",
    4403: "This key may not watch this office: it takes one of role display, staff or admin.",
    4404: "There is no such office; `GET /api/v1/offices` lists those there are.",
}
CLEAR = "\x1b[H\x1b[J"

Board = dict[str, Any]


def add(commands: Commands) -> None:
    """`watch`."""
    parser = commands.add(
        "watch",
        "show an office's board in the terminal",
        _watch,
        """
        Shows the calls, the numbers that are ready and how many wait, as they change, and says when
        the line is cut; it connects again by itself. On a terminal the board stays in its place;
        elsewhere every change is printed. --format json prints each frame as it came, one a line.

        example:
          MADOGUCHI_KEY=mg_… madoguchi watch --office cityhall
          madoguchi watch --office cityhall --key mg_… --once --format json | jq .queues
        """,
    )
    add_office(parser, "the office to watch")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the service is")
    parser.add_argument("--key", help="a key that may watch (default: MADOGUCHI_KEY)")
    parser.add_argument("--zone", help="only the desks and calls of this zone")
    parser.add_argument("--once", action="store_true", help="show the present board and end")
    add_format(parser)


def _watch(args: argparse.Namespace, settings: Settings) -> int:
    key = args.key or os.environ.get("MADOGUCHI_KEY") or settings.admin_key
    if not key:
        raise CommandFailed("Give a key that may watch: --key KEY, or MADOGUCHI_KEY.")
    asyncio.run(_show(args, key))
    return 0


async def _show(args: argparse.Namespace, key: str) -> None:
    seen: int | None = None
    async for frame in frames(_address(args), key):
        if isinstance(frame, str):
            _say(args, f"! {frame}")
            continue
        if args.format == "json":
            print(msgspec.json.encode(frame).decode(), flush=True)
        elif frame["as_of"] != seen or sys.stdout.isatty():
            _say(args, *lines(frame))
            seen = frame["as_of"]
        if args.once:
            return


def _say(args: argparse.Namespace, *text: str) -> None:
    if args.format == "json":
        print(*text, sep="\n", file=sys.stderr, flush=True)
    else:
        # What is said of the line stands below the board, which stays.
        start = CLEAR if sys.stdout.isatty() and not text[0].startswith("!") else ""
        print(start + "\n".join(text), flush=True)


def _address(args: argparse.Namespace) -> str:
    site = urlsplit(args.url)
    scheme = {"http": "ws", "https": "wss"}.get(site.scheme, site.scheme)
    path = f"{site.path.rstrip('/')}/ws/offices/{quote(args.office)}/board"
    query = urlencode({"zone": args.zone}) if args.zone else ""
    return str(urlunsplit((scheme, site.netloc, path, query, "")))


async def frames(address: str, key: str) -> AsyncIterator[Board | str]:
    """Every board as it comes; a sentence when the line is cut. It goes on until it is stopped.

    Raises:
        CommandFailed: the key may not watch, or there is no such office or service.
    """
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidURI
    from websockets.typing import Subprotocol

    offered = [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{key}")]
    try:
        async for socket in connect(address, subprotocols=offered):
            try:
                while True:
                    async with asyncio.timeout(SILENT_S):
                        frame = await socket.recv()
                    yield msgspec.json.decode(frame)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
                if code in REASONS:
                    raise CommandFailed(REASONS[code]) from None
            except TimeoutError:
                socket.transport.abort()
            yield f"offline since {time.strftime('%H:%M:%S')}; connecting again"
    except InvalidURI as wrong:
        raise CommandFailed(f"{wrong}: write --url like http://127.0.0.1:8000") from None


# Drawing


def lines(board: Board) -> list[str]:
    """A board as text, in columns."""
    standing = [call for call in board["calls"] if call["current"]]
    calls = [f"{call['number']} → {call['desk']}{_stage(call)}" for call in standing]
    desks = [f"{desk['desk']} {desk['number'] or desk['status']}" for desk in board["desks"]]
    width = max((_width(queue["service"]) for queue in board["queues"]), default=0)
    queues = [
        f"  {_padded(queue['service'], width)}  {queue['waiting']:>3}  {_lamp(queue)}"
        for queue in board["queues"]
    ]
    notice = next(iter((board["notice"] or {}).values()), None)
    return [
        f"{board['office']}  {board['at'][11:16]}  entry {board['as_of']}",
        f"Calling   {'   '.join(calls) or '–'}",
        f"Ready     {' '.join(board['ready']) or '–'}",
        f"Desks     {'   '.join(desks)}",
        "Waiting",
        *queues,
        *([f"Notice    {notice}"] if notice else []),
    ]


def _stage(call: Board) -> str:
    return " (hand-over)" if call["stage"] == "handover" else ""


def _lamp(queue: Board) -> str:
    return str(queue["lamp"] if queue["status"] == "open" else queue["status"])


def _width(text: str) -> int:
    """Columns on a terminal: Japanese takes two a character."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
