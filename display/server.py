"""The WebSocket on which a screen gets its boards.

A screen is let in with a key of a display, of staff or of an administrator: offered as subprotocol
`madoguchi.KEY`, or as a first message `{"key": "…"}`. From then on it only listens.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response, WebSocket, get, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, FromQuery

from display import site
from display.feed import Feed
from queue_service.access import Access
from queue_service.ledger import Ledger
from queue_service.opening import end, opened, stop_loudly
from queue_service.refusals import Unavailable, UnknownOffice
from queue_service.settings import Settings

PROTOCOL = "madoguchi"
ROLES = frozenset({"display", "staff", "admin"})
KEY_S = 10.0  # how long a screen may take to send its key
SEND_S = 5.0  # a screen that does not read for so long is let go; it comes back by itself
NO_KEY, FORBIDDEN, UNKNOWN = 4401, 4403, 4404  # close codes, after their HTTP namesakes
TRY_LATER = 1013

Socket = WebSocket[Any, Any, Any]

log = structlog.get_logger("display.server")


class _Hello(msgspec.Struct, forbid_unknown_fields=True):
    key: str


class Feeds:
    """The feeds of the offices that somebody watches or has watched."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._feeds: dict[str, Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, ledger: Ledger, office: str) -> Feed:
        """The feed of an office, started with its first screen."""
        if office not in self._feeds:
            self._feeds[office] = Feed(ledger, self._url, office)
            task = asyncio.create_task(self._feeds[office].run(), name=f"feed of {office}")
            task.add_done_callback(stop_loudly)
            self._tasks.add(task)
        return self._feeds[office]

    async def close(self) -> None:
        """End every feed."""
        await end(self._tasks)


async def _refusal(access: Access, office: str, key: str | None) -> int | None:
    """The close code for whoever shows this key, or None when it may watch."""
    holder = await access.find(key) if key else None
    if holder is None:
        return NO_KEY
    own = holder.office is None or holder.office == office
    return None if own and holder.role in ROLES else FORBIDDEN


async def _key(socket: Socket) -> str | None:
    """Accept the connection and return the key it offers."""
    offered: list[str] = socket.scope["subprotocols"]
    keys = [
        word.removeprefix(f"{PROTOCOL}.") for word in offered if word.startswith(f"{PROTOCOL}.")
    ]
    await socket.accept(subprotocols=PROTOCOL if PROTOCOL in offered else None)
    if keys:
        return keys[0]
    try:
        async with asyncio.timeout(KEY_S):
            return msgspec.json.decode(await socket.receive_text(), type=_Hello).key
    except (TimeoutError, msgspec.DecodeError, UnicodeError):
        return None


@websocket("/ws/offices/{office:str}/board", opt={"roles": frozenset()})
async def board_socket(
    socket: Socket, office: FromPath[str], zone: FromQuery[str | None] = None
) -> None:
    """Send whole boards: one at once, one after every change, one every few seconds.

    The key is looked at again before each board, so a screen whose key was revoked is let go.
    """
    feeds: Feeds = socket.app.state.feeds
    try:
        key = await _key(socket)
        ledger: Ledger | None = socket.app.state.ledger
        access: Access | None = socket.app.state.access
        if ledger is None or access is None:  # the engine has not been reached yet
            raise Unavailable
        code = await _refusal(access, office, key)
        if code is None:
            await ledger.known_office(office)
            async for frame in _until_gone(socket, feeds.of(ledger, office).frames(zone)):
                if code := await _refusal(access, office, key):
                    break
                async with asyncio.timeout(SEND_S):
                    await socket.send_text(frame)
        await socket.close(code or 1000)
    except Unavailable:
        await socket.close(TRY_LATER)
    except UnknownOffice:
        await socket.close(UNKNOWN)
    except (WebSocketDisconnect, TimeoutError):
        pass  # gone, or too slow to live: it comes back by itself


async def _until_gone(socket: Socket, frames: AsyncIterator[str]) -> AsyncIterator[str]:
    """Frames for as long as the screen is there; what it says after its key is not listened to."""

    async def listen() -> None:
        with suppress(WebSocketDisconnect):
            while True:
                await socket.receive_data("text")

    gone = asyncio.create_task(listen())
    try:
        while True:
            frame = asyncio.ensure_future(anext(frames))
            await asyncio.wait({frame, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                frame.cancel()
                return
            yield await frame
    finally:
        gone.cancel()


@asynccontextmanager
async def feeding(app: Litestar) -> AsyncIterator[None]:
    """The feeds of an application that has a ledger and access in its state."""
    app.state.feeds = Feeds(app.state.settings.redis_url)
    try:
        yield
    finally:
        await app.state.feeds.close()


@asynccontextmanager
async def _ledger(app: Litestar) -> AsyncIterator[None]:
    async with opened(app.state, app.state.settings):
        yield


@get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/health/ready")
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """The engine answers; 503 while it does not."""
    ledger: Ledger | None = request.app.state.ledger
    try:
        if ledger is None:
            raise Unavailable
        await ledger.offices()
    except Unavailable:
        return Response({"status": "engine away"}, status_code=503)
    return Response({"status": "ok"})


def create_app(settings: Settings) -> Litestar:
    """The display alone: boards over WebSocket, the pages, and whether it is well."""
    app = Litestar(
        [board_socket, live, ready, *site.handlers],
        lifespan=[_ledger, feeding],
        openapi_config=None,
        logging_config=None,
    )
    app.state.settings = settings
    return app
