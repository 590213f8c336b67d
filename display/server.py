"""The WebSocket on which a screen gets its boards.

A screen is let in with a key of a display, of staff or of an administrator: offered as subprotocol
`madoguchi.KEY`, or as a first message `{"key": "…"}`. From then on it only listens.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Litestar, Request, Response, get, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, FromQuery

from display import site
from display.door import FORBIDDEN, RULE, Door, Socket, from_our_pages, offered_key
from display.feed import Feed
from queue_service.ledger import Ledger
from queue_service.opening import State, end, opened, stop_loudly
from queue_service.refusals import Unavailable, UnknownOffice
from queue_service.settings import Settings

SEND_S = 5.0  # a screen that does not read for so long is let go; it comes back by itself
UNKNOWN = 4404  # a close code, after its HTTP namesake
TRY_LATER = 1013


class Feeds:
    """The feeds of the offices that somebody watches or has watched."""

    def __init__(self, state: State, url: str) -> None:
        self._state = state
        self._url = url
        self._feeds: dict[str, Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def expect(self, office: str) -> None:
        """Return when an office's boards may come.

        Raises:
            Unavailable: the engine is known to be away. A thousand screens that come back meanwhile
                need not all find out by themselves.
        """
        if self._state.ledger is None:
            raise Unavailable
        if office in self._feeds:
            self._feeds[office].expect()

    async def of(self, office: str) -> Feed:
        """The feed of an office, started with its first screen.

        Raises:
            UnknownOffice, Unavailable
        """
        ledger = self._state.ledger
        if ledger is None:
            raise Unavailable
        await ledger.known_office(office)
        if office not in self._feeds:
            self._feeds[office] = Feed(ledger, self._url, office)
            task = asyncio.create_task(self._feeds[office].run(), name=f"feed of {office}")
            task.add_done_callback(stop_loudly)
            self._tasks.add(task)
        return self._feeds[office]

    async def close(self) -> None:
        """End every feed."""
        await end(self._tasks)


@websocket("/ws/offices/{office:str}/board", opt=RULE)
async def board_socket(
    socket: Socket, office: FromPath[str], zone: FromQuery[str | None] = None
) -> None:
    """Send whole boards: one at once, one after every change, one every few seconds.

    The key is looked at again before each board, so a screen whose key was revoked is let go.
    """
    feeds: Feeds = socket.app.state.feeds
    door: Door = socket.app.state.door
    if not from_our_pages(socket, socket.app.state.settings.public_url):
        await socket.close(FORBIDDEN)  # before it is accepted: the browser is answered 403
        return
    try:
        key = await offered_key(socket, socket.app.state.settings.public_url)
        feeds.expect(office)
        code = await door.refusal(key, office)
        if code is None:
            feed = await feeds.of(office)
            code = await _until_gone(socket, _send_boards(socket, feed, office, zone, door, key))
        if code is not None:
            await socket.close(code)
    except Unavailable:
        await socket.close(TRY_LATER)
    except UnknownOffice:
        await socket.close(UNKNOWN)
    except (WebSocketDisconnect, OSError):
        pass  # gone, or too slow to live: it comes back by itself


async def _send_boards(
    socket: Socket, feed: Feed, office: str, zone: str | None, door: Door, key: str | None
) -> int:
    """Send each newest board for as long as the key is good; returns the close code."""
    turn = 0
    while True:
        turn = await feed.beyond(turn)
        try:
            code = await door.refusal(key, office)
        except Unavailable:
            continue  # nobody can tell now; the next board comes when the engine does
        if code is not None:
            return code
        async with asyncio.timeout(SEND_S):
            await socket.send_text(feed.frame(zone))


async def _until_gone(socket: Socket, sending: Coroutine[Any, Any, int]) -> int | None:
    """Send for as long as the screen is there; what it says after its key is not listened to.

    Returns what the sending returned, or None when the screen is gone.
    """

    async def listen() -> None:
        with suppress(WebSocketDisconnect):
            while True:
                await socket.receive_data("text")

    sent, gone = asyncio.create_task(sending), asyncio.create_task(listen())
    try:
        await asyncio.wait({sent, gone}, return_when=asyncio.FIRST_COMPLETED)
        return None if gone.done() else sent.result()
    finally:
        sent.cancel()
        gone.cancel()
        await asyncio.gather(sent, gone, return_exceptions=True)


@asynccontextmanager
async def feeding(app: Litestar) -> AsyncIterator[None]:
    """The feeds of an application that has a ledger and access in its state."""
    app.state.door = Door(app.state)
    app.state.feeds = Feeds(app.state, app.state.settings.redis_url)
    try:
        yield
    finally:
        await app.state.feeds.close()


@asynccontextmanager
async def _ledger(app: Litestar) -> AsyncIterator[None]:
    # A display writes nothing that a ledger holds: the worker or the API begins the day.
    async with opened(app.state, app.state.settings, ends_days=False):
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
