"""A client that sends requests as they are, byte by byte, and reads what is answered."""

import asyncio
import json
import sys
from typing import NamedTuple

from tests.malformed import Wrong

PATIENCE_S = 20.0


class Answer(NamedTuple):
    """What came back for one request."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Asking:
    """A connection that is kept for as long as the other side keeps it."""

    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, sent: Wrong) -> Answer:
        """Send a request and read its answer, over a new line where the old one is gone."""
        for _ in range(2):
            if self._writer is None:
                own = (self._address, 0) if sys.platform == "linux" else None
                self._reader, self._writer = await asyncio.open_connection(
                    "127.0.0.1", self._port, local_addr=own
                )
            assert self._reader is not None
            try:
                self._writer.write(sent.raw)
                answer = await self._answer(self._reader, sent.method)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                continue
            if any(name == b"connection" and text == b"close" for name, text in answer.headers):
                self.close()
            return answer
        raise AssertionError(f"twice without an answer: {sent.raw[:300]!r}")

    @staticmethod
    async def _answer(reader: asyncio.StreamReader, method: str) -> Answer:
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head[:-4].split(b"\r\n")
            pairs = [line.partition(b":") for line in lines]
            headers = [(name.lower(), text.strip()) for name, _, text in pairs]
            status, told = int(first.split(b" ")[1]), dict(headers)
            if method == "HEAD" or status in (204, 304):
                return Answer(status, headers, b"")
            if told.get(b"transfer-encoding") == b"chunked":
                pieces = []
                while size := int(await reader.readline(), 16):
                    pieces.append(await reader.readexactly(size + 2))
                await reader.readline()
                return Answer(status, headers, b"".join(piece[:-2] for piece in pieces))
            return Answer(status, headers, await reader.readexactly(int(told[b"content-length"])))

    def close(self) -> None:
        """Gone."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def check(sent: Wrong, answer: Answer) -> None:
    """No mistake of ours, and nothing of the request in a header."""
    assert answer.status < 500, (sent.raw, answer.body)
    for name, text in answer.headers:
        assert name != b"x-injected" and text.isascii() and b"\0" not in text, (
            sent.raw,
            answer.headers,
        )
    kinds = [text for name, text in answer.headers if name == b"content-type"]
    if kinds == [b"application/problem+json"] and answer.body:
        told = json.loads(answer.body)
        assert told["status"] == answer.status and told["detail"], (sent.raw, told)
