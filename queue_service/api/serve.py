"""Running the API: one process, one port, ended within ten seconds."""

import asyncio
import resource
import socket
import sys
from typing import cast

import uvicorn
from litestar import Litestar
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

DRAIN_S = 8  # requests in flight may finish; with what is around it, ten seconds
UNREAD_MS = 5_000  # a screen whose machine has gone silent is let go after so long
UNSENT_BYTES = 16 * 1024  # the kernel would take megabytes for one that reads too slowly
CONNECTIONS = 4_000  # beyond it new requests are told to come back; a screen is one
FILES = CONNECTIONS + 200  # one for each connection; the rest for the engine, logs, pages
HEAD_BYTES = 16 * 1024


class PortInUse(OSError):
    """The port is taken."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        PortInUse: names the port and what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":
        # Inherited by every connection. Without it, one that stopped reading is never dropped, and
        # holds up the end of the process.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortInUse(
            f"Cannot listen on {host}:{port} ({error.strerror}). "
            "Stop what uses that port, or choose another with --port."
        ) from None
    return listening


class _Socket(WebSocketsSansIOProtocol):
    """A WebSocket with nothing waiting in it: who is slow is sent the next board after this one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast(asyncio.Transport, transport).set_write_buffer_limits(high=0)


def _allow_files() -> None:
    """Ask for as many open files as connections need; many systems give 1,024 unasked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(app: Litestar, host: str, port: int) -> None:
    """Answer until SIGTERM or Ctrl-C; then finish what is in flight and return."""
    _allow_files()
    listening = listen(host, port)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        # Forwarded addresses are believed from nobody: whoever can send a header could be anyone.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        limit_concurrency=CONNECTIONS,
        ws=_Socket,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws_max_size=4096,  # a screen sends its key and nothing else
        ws_ping_interval=5,
        ws_ping_timeout=5,
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listening])
