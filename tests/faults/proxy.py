"""A wire between client and engine that can fail: lose answers, or go mute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PIECE = 1 << 16


class Proxy:
    """Passes bytes on between a Unix socket of its own and the engine's.

    With `drop_every` n, the answer to every nth script is lost after the engine has run it: the
    connection breaks instead. While `mute`, it takes everything and answers nothing.
    """

    def __init__(self, engine: str, path: Path) -> None:
        self._engine = engine
        self._path = path
        self.drop_every: int | None = None
        self.mute = False
        self.dropped = 0
        self._scripts = 0
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where the client connects to."""
        return f"unix://{self._path}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """Pass on until the end of the block."""
        server = await asyncio.start_unix_server(self._serve, self._path)
        try:
            yield self
        finally:
            server.close()
            for end in self._ends:
                end.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_unix_connection(self._engine)
        ends = {writer, down}
        self._ends |= ends
        asked = asyncio.Event()  # a script was sent on this connection and not yet answered
        sending = asyncio.create_task(self._pass_on(reader, down, asked))
        try:
            while answer := await up.read(PIECE):
                if asked.is_set() and self._is_lost(asked):
                    break
                if not self.mute:
                    writer.write(answer)
                    await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            sending.cancel()
            self._ends -= ends
            for end in ends:
                end.close()

    def _is_lost(self, asked: asyncio.Event) -> bool:
        asked.clear()
        self._scripts += 1
        lost = self.drop_every is not None and self._scripts % self.drop_every == 0
        self.dropped += lost
        return lost

    @staticmethod
    async def _pass_on(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event
    ) -> None:
        try:
            while command := await reader.read(PIECE):
                if b"EVALSHA" in command:
                    asked.set()
                writer.write(command)
                await writer.drain()
            writer.close()
        except ConnectionError:
            pass
