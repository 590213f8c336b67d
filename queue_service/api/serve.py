"""Running the API: one process, one port, ended within ten seconds."""

import resource
import socket
import sys

import uvicorn
from litestar import Litestar

from queue_service.api.connections import CONNECTIONS, BoardSocket, Connection

DRAIN_S = 8  # requests in flight may finish; with what is around it, ten seconds
UNREAD_MS = 5_000  # a screen whose machine has gone silent is let go after so long
UNSENT_BYTES = 16 * 1024  # the kernel would take megabytes for one that reads too slowly
FILES = CONNECTIONS + 200  # one for each connection; the rest for the engine, logs, pages


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


def _allow_files() -> None:
    """Ask for as many open files as connections need; many systems give 1,024 unasked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(app: Litestar, host: str, port: int, proxies: str | None = None) -> None:
    """Answer until SIGTERM or Ctrl-C; then finish what is in flight and return.

    `proxies`: addresses and networks of those who may say for whom they ask, with commas.
    """
    _allow_files()
    listening = listen(host, port)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        # Forwarded addresses are believed from nobody else: whoever can send a header could be anyone.
        proxy_headers=proxies is not None,
        forwarded_allow_ips=proxies or "",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        limit_concurrency=CONNECTIONS,
        http=Connection,
        ws=BoardSocket,
        ws_max_size=4096,  # a screen sends its key and nothing else
        ws_ping_interval=5,
        ws_ping_timeout=5,
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listening])
