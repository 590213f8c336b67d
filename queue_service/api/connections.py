"""Connections that do not wait for ever: uvicorn's own protocols, with deadlines for what comes in.

A request's head has to be there within `HEAD_S` and its body within `BODY_S`, however slowly the bytes
drip; what comes out has a deadline of the kernel's (`serve`). One address never holds more than its
share of the connections, so that a single machine cannot shut out a hall.
"""

import asyncio
from collections import Counter
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_S = 10.0  # a phone on a bad line sends its head in one or two packets
BODY_S = 20.0  # 256 KiB, the largest body there is, at the speed of the nineties
HEAD_BYTES = 16 * 1024
CONNECTIONS = 4_000  # beyond it new requests are told to come back; a screen is one
SHARE = CONNECTIONS // 2  # of one address
PIECES = 64  # of one message to us; browsers send it whole
NO_TEXT, TOO_LARGE = 1007, 1009  # close codes of RFC 6455

_held: Counter[str] = Counter()  # connections by address; of this process


class BoardSocket(WebSocketsSansIOProtocol):
    """A WebSocket with nothing waiting in it: who is slow is sent the next board after this one.

    Nor does anything wait that a screen sent: it may ask for an answer as often as it reads one, and has
    one thing to say.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep no board back."""
        super().connection_made(transport)
        cast(asyncio.Transport, transport).set_write_buffer_limits(high=0)

    def handle_ping(self) -> None:
        """Answer, unless earlier answers were not read: they would pile up."""
        answer = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(answer))

    def handle_cont(self, event: Any) -> None:
        """Take another piece of a message; without bytes in them they would never be too large."""
        if len(self.frames) >= PIECES:
            self._refuse(TOO_LARGE)
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Pass a message on; one that is no text is its sender's mistake, and no line in the log."""
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self._refuse(NO_TEXT)
        else:
            super().send_receive_event_to_app()

    def _refuse(self, code: int) -> None:
        self.frames = []
        if self.conn.close_sent is None:  # else it is closing already, by its own wish
            self.conn.send_close(code)
            self.handle_parser_exception()


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


class Connection(HttpToolsProtocol):
    """HTTP, from whoever is quick enough."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._due: asyncio.TimerHandle | None = None
        self._head: int | None = None  # bytes of a head that is not whole yet
        self._address: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, unless this address has its share already."""
        super().connection_made(transport)
        self._expect(HEAD_S)
        address = self.client[0] if self.client else None
        if address is None:
            return  # a Unix socket: whoever may open it is trusted
        if _held[address] >= SHARE:
            transport.abort()
            return
        self._address = address
        _held[address] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._expect(None)
        if self._address is not None:
            _held[self._address] -= 1
            if not _held[self._address]:
                del _held[self._address]
            self._address = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that grows too long is refused."""
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > HEAD_BYTES:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """Give a request its time: the first one has it from the start of the connection."""
        super().on_message_begin()
        self._head = 0
        if self._due is None:
            self._expect(HEAD_S)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._head = None
        self._expect(BODY_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._expect(None)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on it is a screen, which has its own deadlines."""
        self._expect(None)
        super().handle_websocket_upgrade()

    def _expect(self, within_s: float | None) -> None:
        """Refuse whoever has not come further by then; None: nothing is expected."""
        if self._due is not None:
            self._due.cancel()
        self._due = None if within_s is None else self.loop.call_later(within_s, self._late)

    def _late(self) -> None:
        self._due = None
        self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Say why, where nothing was said yet, and hang up."""
        self._head = None
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.write(
                STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
            self.transport.close()
        else:
            self.transport.abort()
