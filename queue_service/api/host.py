"""The host that a request names: what the framework cannot make an address of is refused at the door."""

import re
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from queue_service.api.exceptions import of_problem
from queue_service.api.problems import invalid

# A name or an IPv4 address, or an IPv6 address, and a port: RFC 3986, 3.2.
_HOST = re.compile(r"([\w.~%!$&'()*+,;=-]*|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{0,5}))?", re.ASCII)
HIGHEST = 65_535


class Host(ASGIMiddleware):
    """Answers 400 where the header `Host` is none."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, or answer for it."""
        if all(is_host(text) for name, text in scope["headers"] if name == b"host"):
            await next_app(scope, receive, send)
            return
        request = Request[Any, Any, Any](scope)
        response = of_problem(
            request, invalid("Host", "this is no host: write it like example.jp:8000")
        )
        await response.to_asgi_response(app=None, request=request)(scope, receive, send)


def is_host(text: bytes) -> bool:
    """Whether this may stand in the header.

    >>> is_host(b"example.jp:8000"), is_host(b"[::1]"), is_host(b""), is_host(b"a:b"), is_host(b"a:99999")
    (True, True, True, False, False)
    """
    found = _HOST.fullmatch(text.decode("latin-1"))
    return found is not None and int(found["port"] or 0) <= HIGHEST
