"""The API put together: settings, ledger, access, handlers."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.prometheus import PrometheusConfig

from queue_service.access import Access
from queue_service.api import board, desks, docs, events, health, offices, tickets
from queue_service.api.exceptions import HANDLERS
from queue_service.api.guard import Bearer, may
from queue_service.api.request import provide_intent, provide_ledger
from queue_service.ledger import Ledger
from queue_service.logs import AccessLog
from queue_service.refusals import Refusal
from queue_service.settings import Settings

BODY_LIMIT = 256 * 1024  # bytes: the largest sensible office definition has a tenth of it
TEND_S = 10.0  # how late the day may end, or a booking lapse, when nobody touches anything
RECONNECT_S = 1.0

log = structlog.get_logger("api")
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _open_ledger(app: Litestar) -> AsyncIterator[None]:
    """Open the ledger, and keep house; an engine that is away is waited for, not died of."""
    settings: Settings = app.state.settings
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(Ledger.open(settings.redis_url or ""))
        app.state.ledger = ledger
        app.state.access = Access(ledger.redis, settings.admin_key)
        keeping = asyncio.create_task(_keep_house(ledger), name="housekeeping")
        keeping.add_done_callback(_stop_loudly)
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def _keep_house(ledger: Ledger) -> None:
    """End days and let bookings lapse though nobody touches anything. Safe in every process."""
    while True:
        try:
            for office in await ledger.offices():
                await ledger.tend(office)
        except Refusal as refusal:
            log.warning("housekeeping", refused=refusal.code)
        await asyncio.sleep(TEND_S)


def _stop_loudly(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        log.critical("task_died", task=task.get_name(), exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)


def _quiet(response: Response[Any]) -> Response[Any]:
    """Nothing is kept on the way unless its handler says so; nothing is guessed or passed on."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


def _every_route_has_a_rule(app: Litestar) -> None:
    for route in app.routes:
        handlers: list[BaseRouteHandler]
        handlers = getattr(route, "route_handlers", None) or [getattr(route, "route_handler")]  # noqa: B009
        for handler in handlers:
            made_by_litestar = getattr(handler, "http_methods", None) == {"OPTIONS"}
            assert made_by_litestar or "roles" in handler.opt, f"{route.path} names no roles"


def create_app(
    settings: Settings, more: Sequence[Any] = (), lifespans: Sequence[Lifespan] = ()
) -> Litestar:
    """The API, with whatever else shall answer on the same port."""
    api = Router(
        "/api/v1",
        route_handlers=[offices.router, tickets.router, desks.router, board.router, events.router],
    )
    app = Litestar(
        route_handlers=[api, health.live, health.ready, health.metrics, docs.files, *more],
        guards=[may],
        middleware=[
            DefineMiddleware(AccessLog),
            PrometheusConfig(app_name="madoguchi", prefix="madoguchi", group_path=True).middleware,
            DefineMiddleware(Bearer),
        ],
        dependencies={"ledger": Provide(provide_ledger), "intent": Provide(provide_intent)},
        exception_handlers=HANDLERS,
        after_request=_quiet,
        lifespan=[_open_ledger, *lifespans],
        openapi_config=OpenAPIConfig(
            title="madoguchi",
            version="0.1.0",
            description="A counter queue and visitor-tracking service.",
            use_handler_docstrings=True,
            path="/schema",
            render_plugins=docs.PAGES,
            openapi_router=docs.pages,
            components=Components(
                security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}
            ),
            security=[{"key": []}],
        ),
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
        debug=False,
    )
    app.state.settings = settings
    app.state.ledger = None
    _every_route_has_a_rule(app)
    return app
