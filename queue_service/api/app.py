"""The API put together: settings, ledger, access, handlers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Response, Router
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.prometheus import PrometheusConfig
from litestar.routes import HTTPRoute
from litestar.types import Message, Scope

from queue_service.api import (
    access,
    board,
    desks,
    docs,
    entrance,
    estimates,
    events,
    freed_time,
    health,
    moves,
    offices,
    people,
    reports,
    sessions,
    stats,
    tickets,
    voice,
)
from queue_service.api.access_log import AccessLog
from queue_service.api.deadline import Deadline
from queue_service.api.exceptions import HANDLERS
from queue_service.api.guard import may
from queue_service.api.host import Host
from queue_service.api.openapi import describe
from queue_service.api.problems import HEADERS
from queue_service.api.request import provide_intent, provide_ledger, read_strictly
from queue_service.browsers import session_cookie
from queue_service.connection import connect
from queue_service.opening import opened
from queue_service.passwords import Passwords
from queue_service.settings import Settings
from queue_service.version import VERSION

BODY_LIMIT = 256 * 1024  # bytes: the largest sensible office definition has a tenth of it

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _engines(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    app.state.passwords = Passwords()
    # That of the jobs is only looked at, when a monitor asks.
    app.state.jobs = connect(settings.jobs_redis_url or settings.redis_url or "")
    try:
        async with opened(app.state, settings):
            yield
    finally:
        await app.state.jobs.aclose()


def _quiet(response: Response[Any]) -> Response[Any]:
    """Give a success the headers that every refusal has."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _name_methods(message: Message, scope: Scope) -> None:
    """Say in full which methods a path takes: Litestar names those it was told of first."""
    if message["type"] == "http.response.start" and scope.get("method") == "OPTIONS":
        template = scope.get("path_template")
        methods = {
            method
            for route in scope["litestar_app"].routes
            if isinstance(route, HTTPRoute) and route.path_format == template
            for method in route.methods
        }
        MutableScopeHeaders(message)["Allow"] = ", ".join(sorted(methods))


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
        route_handlers=[
            *(offices.router, entrance.router, tickets.router, moves.router),
            *(desks.router, board.router, voice.router, events.router),
            *(stats.router, estimates.router, reports.router, freed_time.router, access.router),
            *(sessions.router, people.router),
        ],
    )
    app = Litestar(
        route_handlers=[api, health.live, health.ready, health.metrics, docs.files, *more],
        guards=[may],
        middleware=[
            AccessLog(),
            Host(),
            PrometheusConfig(app_name="madoguchi", prefix="madoguchi", group_path=True).middleware,
            Deadline(),
        ],
        dependencies={"ledger": Provide(provide_ledger), "intent": Provide(provide_intent)},
        exception_handlers=HANDLERS,
        before_request=read_strictly,
        after_request=_quiet,
        before_send=[_name_methods],
        lifespan=[_engines, *lifespans],
        openapi_config=OpenAPIConfig(
            title="madoguchi",
            version=VERSION,
            description="A counter queue and visitor-tracking service.",
            use_handler_docstrings=True,
            path="/schema",
            render_plugins=docs.PAGES,
            openapi_router=docs.pages,
            components=Components(
                security_schemes={
                    "key": SecurityScheme(type="http", scheme="bearer"),
                    "session": SecurityScheme(
                        type="apiKey",
                        name=session_cookie(secure=False),
                        security_scheme_in="cookie",
                        description="Somebody who has signed in (`POST /api/v1/session`). Over TLS "
                        "the cookie is named `__Host-…`.",
                    ),
                }
            ),
            security=[{"key": []}, {"session": []}],
        ),
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
        debug=False,
    )
    app.state.settings = settings
    describe(app)
    _every_route_has_a_rule(app)
    return app
