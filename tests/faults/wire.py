"""A TCP line between screens and their server that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

PIECE = 1 << 16


class Wire:
    """Passes bytes on in both directions; `cut` breaks every connection at once.

    While `refusing`, whoever connects is hung up on.
    """

    def __init__(self, host: str, to: int) -> None:
        self._host = host
        self._to = to
        self._ends: set[asyncio.StreamWriter] = set()
        self.refusing = False
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, host: str, port: int) -> AsyncIterator[Self]:
        """Pass on to a port until the end of the block."""
        wire = cls(host, port)
        server = await asyncio.start_server(wire._serve, host, 0)
        wire.port = server.sockets[0].getsockname()[1]
        try:
            yield wire
        finally:
            server.close()
            wire.cut()

    def cut(self, refuse: bool = False) -> None:
        """Break every connection, as a pulled plug does; `refuse`: until told otherwise."""
        self.refusing = refuse
        for end in list(self._ends):
            end.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            up, down = await asyncio.open_connection(self._host, self._to)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, down}
        self._ends |= ends
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, down))
                both.create_task(self._pass_on(up, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    @staticmethod
    async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE):
                writer.write(piece)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except (ConnectionError, OSError):
            writer.transport.abort()
