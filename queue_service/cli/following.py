"""Following a board over WebSocket: the whole of it, as an integrator would write it.

Connect, send the key as the first message, and read: every message is a whole board, so whatever was
missed does not matter. The service speaks every two seconds though nothing happened; a line that is
silent for longer is cut. Then connect again, spread by chance, so that many do not come at once.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.client import process_exception
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from queue_service.cli.command import CommandFailed
from queue_service.signs import Signs

SILENT_S = 4.5  # the service speaks more often; with this we know within 5 s that we are offline
SPREAD_S = 5.0  # over so long those who lost their line come back
SIGNS_S = 3.0  # names are a kindness: the board does not wait longer for them

REFUSED = {  # close codes after which coming back is of no use
    4401: "This key is unknown or was revoked: make one with `madoguchi keys new --role display`.",
    4403: "This key may not watch this office: it takes one of role display, staff or admin.",
    4404: "There is no such office; `GET /api/v1/offices` lists those there are.",
}
REASONS = {1001: "it is ending", 1012: "it starts again", 1013: "its engine is away"}


class Cut(Struct, frozen=True):
    """The line is cut; what is known of the board is old."""

    reason: str


def address(url: str, office: str, zone: str | None = None) -> str:
    """Where an office's boards are.

    >>> address("https://queue.example.jp/", "cityhall", "2F")
    'wss://queue.example.jp/ws/offices/cityhall/board?zone=2F'
    """
    site = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(site.scheme)
    if scheme is None or not site.hostname:
        raise CommandFailed(f"--url {url}: write it like http://127.0.0.1:8000")
    path = f"{site.path.rstrip('/')}/ws/offices/{quote(office, safe='')}/board"
    return f"{scheme}://{site.netloc}{path}" + (f"?{urlencode({'zone': zone})}" if zone else "")


async def frames(address: str, key: str) -> AsyncIterator[str | Cut]:
    """Every board as it comes, as JSON, and a `Cut` for each time that there is none. Never ends.

    Raises:
        CommandFailed: the key may not watch, or there is no such office or service.
    """
    while True:
        try:
            async with connect(
                address,
                open_timeout=SILENT_S,
                close_timeout=1,
                compression=None,
                proxy=None,  # it is on our own network
            ) as socket:
                await socket.send(msgspec.json.encode({"key": key}).decode())
                while True:
                    yield await _next(socket)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 0
            if code in REFUSED:
                raise CommandFailed(REFUSED[code]) from None
            yield Cut(REASONS.get(code, "the line broke"))
        except TimeoutError:
            yield Cut("it is silent")
        except (OSError, InvalidHandshake) as error:
            if process_exception(error):  # it will not pass by itself
                raise CommandFailed(f"No boards at {address}: {error}.") from error
            yield Cut(str(error))
        await asyncio.sleep(random.uniform(0, SPREAD_S))  # noqa: S311 - no secret


async def _next(socket: ClientConnection) -> str:
    try:
        async with asyncio.timeout(SILENT_S):
            return await socket.recv(decode=True)
    except TimeoutError:
        socket.transport.abort()  # whoever is silent will not answer a farewell either
        raise


async def signs_of(url: str, office: str, version: int) -> Signs | None:
    """What services and desks are called, or None where nobody says: ids will do."""
    path = f"{url.rstrip('/')}/api/v1/offices/{quote(office, safe='')}/signs"
    try:
        async with httpx.AsyncClient(timeout=SIGNS_S, trust_env=False) as client:
            answer = await client.get(path, params={"version": version})
            return msgspec.json.decode(answer.raise_for_status().content, type=Signs)
    except (httpx.HTTPError, msgspec.DecodeError):
        return None
