"""What is written down while the service runs: lines that say what happened, never a secret.

No key, no body, no ticket's id: a request is named by the template of its route, because the path
itself may hold an id that is a capability.
"""

import logging
import secrets
import sys
import time
from typing import Literal

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked every few seconds

log = structlog.get_logger("api.access")


def configure(form: Literal["json", "text"]) -> None:
    """Send every line to standard error, as JSON or as text; libraries' own lines too."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # Never with local variables, as is its default: a key could be among them.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, last]
        if form == "json"
        else [*shared, last],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries log what goes wrong; what goes right is ours to say.
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )


class AccessLog:
    """One line a request, when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write down how it ended."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        request_id = secrets.token_hex(6)
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = scope.get("path_template", "unknown")
            if route not in QUIET:
                user = scope.get("user")
                log.info(
                    "request",
                    request=request_id,
                    method=scope["method"],
                    route=route,
                    status=status,
                    ms=round((time.perf_counter() - begin) * 1000, 1),
                    key=getattr(user, "id", None),
                )
