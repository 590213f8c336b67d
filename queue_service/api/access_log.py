"""One line a request. No key, no body, no ticket's id: a request is named by the template of its route,
because the path itself may hold an id that is a capability.
"""

import secrets
import time
from typing import Any

import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked every few seconds

log = structlog.get_logger("api.access")


class AccessLog(ASGIMiddleware):
    """Writes down each request when it has been answered."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and write down how it ended."""
        begin = time.perf_counter()
        request_id = secrets.token_hex(6)
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await next_app(scope, receive, noting)
        finally:
            route = scope.get("path_template", "unknown")
            if route not in QUIET:
                log.info(
                    "request",
                    request=request_id,
                    method=Request[Any, Any, Any](scope).method,
                    route=route,
                    status=status,
                    ms=round((time.perf_counter() - begin) * 1000, 1),
                    key=getattr(scope.get("user"), "id", None),
                )
