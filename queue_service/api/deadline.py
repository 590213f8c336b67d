"""One deadline around a whole request: looking up the key, the ledger's work, everything.

Each step bounds its own talk with the engine; steps in a row would add up without this. Questions of
analysts are about years and may take longer; their routes say so.
"""

import asyncio
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

from queue_service.api.exceptions import of_refusal
from queue_service.refusals import Unavailable

DEADLINE_S = 3.0  # a ticket machine has its answer within 3.5 s
FOR_YEARS = {"deadline_s": 60.0}  # `opt` of routes whose answers count years of visits


class Deadline(ASGIMiddleware):
    """Begins an answer within `DEADLINE_S`, or says that the engine cannot be reached.

    A route may have another deadline: `deadline_s` in its `opt`.

    The time that the asker takes to send the body does not count, nor does that of reading a long
    answer.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, and answer for it when it takes too long."""
        answering = False

        async def receiving() -> ReceiveMessage:
            if answering:
                return await receive()
            asked, due = loop.time(), limit.when()
            limit.reschedule(None)
            message = await receive()
            if due is not None and not answering:
                limit.reschedule(due + loop.time() - asked)
            return message

        async def sending(message: Message) -> None:
            nonlocal answering
            if not answering:
                answering = True
                limit.reschedule(None)
            await send(message)

        loop = asyncio.get_running_loop()
        limit = asyncio.timeout(scope["route_handler"].opt.get("deadline_s", DEADLINE_S))
        try:
            async with limit:
                await next_app(scope, receiving, sending)
        except TimeoutError:
            if not limit.expired():
                raise
            request = Request[Any, Any, Any](scope)
            response = of_refusal(request, Unavailable())
            await response.to_asgi_response(app=None, request=request)(scope, receive, send)
