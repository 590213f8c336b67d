"""Whether the service lives, whether it can serve, and its figures for a monitor."""

from typing import Any

from litestar import Request, Response, get
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from queue_service import keys
from queue_service.api.guard import ADMIN, PUBLIC, holder
from queue_service.api.monitor import worker_figures
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable
from queue_service.round_trip import answered

CLOCK_AHEAD_MS = 5_000  # a ledger this far ahead of its clock has seen the clock jump


class Health(Struct, frozen=True, kw_only=True):
    """What was found."""

    status: str
    warnings: list[str] = []


@get("/health/live", opt={"roles": PUBLIC, "limit": None}, tags=["health"])
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@get("/health/ready", opt={"roles": PUBLIC}, tags=["health"])
async def ready(request: Request[Any, Any, Any]) -> Response[Health]:
    """The engine answers; 503 while it does not. Warnings say what will want attention."""
    ledger: Ledger | None = getattr(request.app.state, "ledger", None)
    if ledger is None:
        raise Unavailable
    async with answered():
        await ledger.redis.ping()
        seconds, _ = await ledger.redis.time()
    warnings = []
    for office in await ledger.offices():
        async with answered():
            at = await ledger.redis.hget(keys.of(office, "head"), "at")
            simulated = await ledger.redis.exists(keys.of(office, "clock"))
        ahead = int(at or 0) - seconds * 1000
        if ahead > CLOCK_AHEAD_MS and not simulated:
            warnings.append(
                f"The ledger of {office} is {ahead // 1000} s ahead of the engine's clock: it jumped."
            )
    return Response(Health(status="ok", warnings=warnings))


@get("/metrics", opt={"roles": ADMIN, "near": True}, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus figures, for an administrator's key or from this machine."""
    # The figures of this process are told whatever becomes of the engines.
    told = generate_latest(REGISTRY) + await worker_figures(request.app.state, holder(request))
    return Response(told, media_type=CONTENT_TYPE_LATEST)
