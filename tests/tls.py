"""TLS in front of an engine: a port of this machine, with certificates made for the test."""

import asyncio
import ssl
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import trustme

PIECE = 1 << 16


class Authority:
    """Who signs certificates; its own lies in a file."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._signs = trustme.CA()
        self._folder = folder
        self.file = folder / f"{name}.pem"
        self._signs.cert_pem.write_to_path(str(self.file))

    def server(
        self, *names: str, asks: bool = False, until: datetime | None = None
    ) -> ssl.SSLContext:
        """What a server of these names shows; with `asks`, whom it does not know it turns away."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._signs.issue_cert(*names, not_after=until).configure_cert(context)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            self._signs.configure_trust(context)
        return context

    def client(self) -> Path:
        """A file with a certificate and its key, to be shown to a server."""
        file = self._folder / "client.pem"
        self._signs.issue_cert("part@queue.example").private_key_and_cert_chain_pem.write_to_path(
            str(file)
        )
        return file


class Front:
    """Passes on what comes over TLS (without a context: as it is) to the Unix socket of an engine."""

    def __init__(self, engine: Path, context: ssl.SSLContext | None) -> None:
        self._engine, self._context = engine, context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def shows(self, context: ssl.SSLContext) -> None:
        """Show another certificate from now on, on the same port."""
        self._context = context
        asyncio.run_coroutine_threadsafe(self._listen_anew(), self._loop).result(10)

    async def _listen_anew(self) -> None:
        self._server.close()
        await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._begin, "127.0.0.1", self.port, ssl=self._context
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_unix_connection(str(self._engine))
        try:
            ways = {asyncio.create_task(_pass_on(*way)) for way in ((reader, down), (up, writer))}
            _, other = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in other:
                way.cancel()
            await asyncio.gather(*other, return_exceptions=True)
        finally:
            writer.transport.abort()
            down.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
