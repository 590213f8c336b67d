"""A WebSocket spoken byte by byte, so that every rule of RFC 6455 can be broken."""

import base64
import os
import re
import socket
import struct
from contextlib import suppress
from typing import NamedTuple, Self

PATIENCE_S = 15.0
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN = 0x80


def frame(
    payload: bytes = b"",
    opcode: int = TEXT,
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: bytes | None = None,
) -> bytes:
    """One frame; `length`: the bytes that announce its length, where they are to lie."""
    first = (FIN if fin else 0) | rsv << 4 | opcode
    if length is None:
        size = len(payload)
        if size < 126:
            length = bytes([size])
        elif size < 65536:
            length = b"\x7e" + struct.pack(">H", size)
        else:
            length = b"\x7f" + struct.pack(">Q", size)
    head = bytes([first, length[0] | (0x80 if masked else 0)]) + length[1:]
    if not masked:
        return head + payload
    mask = b"\x12\x34\x56\x78"
    return head + mask + bytes(each ^ mask[n % 4] for n, each in enumerate(payload))


def handshake(path: str, key: str | None = None, **more: str) -> bytes:
    """A request for a WebSocket; with a key, it is offered as a subprotocol."""
    headers = {
        "Host": "127.0.0.1",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    if key:
        headers["Sec-WebSocket-Protocol"] = f"madoguchi, madoguchi.{key}"
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class End(NamedTuple):
    """How a connection ended: the code that was sent, if any, and how many messages came before."""

    code: int | None
    messages: int


class Line:
    """A raw connection to a board."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._buffer = b""
        self.head = b""

    @classmethod
    def open(
        cls, port: int, path: str, key: str | None = None, then: bytes = b"", **more: str
    ) -> Self:
        """A connection that is a WebSocket; `then`: sent in one packet with the request for it."""
        line = cls(port)
        line.send(handshake(path, key, **more) + then)
        line.head = line.until(b"\r\n\r\n")
        return line

    @property
    def status(self) -> int:
        """Of the answer to the handshake; 0: there was none."""
        found = re.match(rb"HTTP/1\.1 (\d{3})", self.head)
        return int(found[1]) if found else 0

    def send(self, raw: bytes) -> None:
        """Send; whoever was hung up on does not mind."""
        with suppress(ConnectionError):
            self._socket.sendall(raw)

    def until(self, mark: bytes) -> bytes:
        """What comes up to a mark, or all there is."""
        while mark not in self._buffer:
            piece = self._receive()
            if not piece:
                return self._buffer
            self._buffer += piece
        found, _, self._buffer = self._buffer.partition(mark)
        return found + mark

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except ConnectionError:
            return b""

    def _take(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            piece = self._receive()
            if not piece:
                return None
            self._buffer += piece
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def message(self) -> tuple[int, bytes] | None:
        """The next frame, or None at the end."""
        head = self._take(2)
        if head is None:
            return None
        length = head[1] & 0x7F
        if length >= 126:
            more = self._take(2 if length == 126 else 8)
            if more is None:
                return None
            length = int.from_bytes(more, "big")
        payload = self._take(length)
        return None if payload is None else (head[0] & 0x0F, payload)

    def end(self) -> End:
        """Listen until it is over."""
        code, messages = None, 0
        while (came := self.message()) is not None:
            if came[0] == CLOSE:
                code = int.from_bytes(came[1][:2], "big") if came[1] else 1005
                self.send(frame(came[1][:2], CLOSE))
            elif came[0] == TEXT:
                messages += 1
        return End(code, messages)

    def hang_up(self) -> None:
        """Gone without a word."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
