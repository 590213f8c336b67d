"""Who may watch a board: the key that a screen shows, looked at again for as long as it watches.

It knows keys and close codes, and no board.
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import WebSocket

from queue_service.opening import State
from queue_service.refusals import Unavailable
from queue_service.rights import BOARD, Credential, Verdict, judge

PROTOCOL = "madoguchi"
KEY_S = 10.0  # how long a screen may take to send its key
NO_KEY, FORBIDDEN = 4401, 4403  # close codes, after their HTTP namesakes
CODES = {
    Verdict.UNKNOWN: NO_KEY,
    Verdict.WRONG_ROLE: FORBIDDEN,
    Verdict.ELSEWHERE: FORBIDDEN,
}
RULE = {"roles": BOARD, "door": True, "limit": None}  # see api.guard

Socket = WebSocket[Any, Any, Any]


class _Hello(msgspec.Struct, forbid_unknown_fields=True):
    key: str


def from_our_pages(socket: Socket, public_url: str | None) -> bool:
    """Whether no browser asks, or one that shows a page of ours: no other site opens our sockets.

    Behind a proxy that changes the name of the host, ours is the one in `public_url`.
    """
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    ours = {socket.headers.get("host"), urlsplit(public_url or "").netloc}
    try:
        return urlsplit(origin).netloc in ours - {None, ""}
    except ValueError:  # an address that is none
        return False


async def offered_key(socket: Socket) -> str | None:
    """Accept the connection and return the key it offers: as subprotocol, or as first message."""
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


class Door:
    """Lets screens in, and tells when one has to go.

    Cheap enough to be asked before each board: five hundred screens with one key ask the engine once
    every `access.FRESH_S`, which is also how soon a revoked key shows.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._asking: dict[str, asyncio.Task[Credential | None]] = {}

    async def refusal(self, key: str | None, office: str) -> int | None:
        """The close code for whoever shows this key, or None when it may watch.

        Raises:
            Unavailable: the engine is away, so nobody can tell.
        """
        holder = await self._holder(key) if key else None
        return CODES.get(judge(holder, BOARD, office))

    async def _holder(self, key: str) -> Credential | None:
        """Look a key up; who asks while somebody else is asking gets the same answer."""
        if self._state.access is None:  # the engine has not been reached yet
            raise Unavailable
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._state.access.find(key))
            self._asking[key].add_done_callback(lambda asked: self._answered(key, asked))
        return await asyncio.shield(self._asking[key])

    def _answered(self, key: str, asked: "asyncio.Task[Credential | None]") -> None:
        del self._asking[key]
        if not asked.cancelled():
            asked.exception()  # is told to whoever still waits, if anyone does
