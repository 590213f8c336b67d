"""Whether the service lives, whether it can serve, and its figures for a monitor."""

from contextlib import suppress
from typing import Any

from litestar import Request, Response, get
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

from queue_service import keys
from queue_service.api.guard import ADMIN, PUBLIC, holder
from queue_service.api.problems import Problem
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable
from queue_service.roll_ups import outstanding
from queue_service.round_trip import answered

DAYS_BEHIND = Gauge(
    "madoguchi_rollup_days_behind", "Days with entries newer than their figures.", ["office"]
)
ENTRIES_BEHIND = Gauge(
    "madoguchi_rollup_entries_behind", "Entries that no roll-up has looked at yet.", ["office"]
)
JOBS_FAILED = Gauge("madoguchi_jobs_failed", "Jobs of the worker that failed within the hour.")
FAILED_JOBS = "rq:failed:madoguchi"  # rq's own key

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


@get("/metrics", opt={"roles": PUBLIC}, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus figures, for an administrator's key or from this machine."""
    client = request.client
    who = holder(request)
    near = client is not None and (client.host == "::1" or client.host.startswith("127."))
    # What a proxy on this machine passes on comes from elsewhere.
    local = near and not {"forwarded", "x-forwarded-for"} & request.headers.keys()
    if not local and (who is None or who.role not in ADMIN):
        raise Problem("forbidden" if who else "no_key", "The figures take an administrator's key.")
    with suppress(Unavailable):  # the figures of this process are told all the same
        await _look_at_worker(request.app.state)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _look_at_worker(state: Any) -> None:
    """How far the worker is behind. It is asked of the engine: workers are other processes."""
    ledger: Ledger | None = getattr(state, "ledger", None)
    if ledger is None:
        return
    for office in await ledger.offices():
        behind = await outstanding(ledger, await ledger.known_office(office))
        DAYS_BEHIND.labels(office).set(len(behind.dates))
        ENTRIES_BEHIND.labels(office).set(behind.until - behind.cursor)
    if state.settings.jobs_redis_url in (None, state.settings.redis_url):
        async with answered():
            JOBS_FAILED.set(await ledger.redis.zcard(FAILED_JOBS))
