"""Opening the ledger for a process that serves others: it starts without the engine if it has to.

Until the engine comes, whoever asks is told to come back; afterwards the connection mends itself.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from queue_service.access import Access
from queue_service.engine_trouble import why
from queue_service.ledger import Ledger
from queue_service.limits import Limits
from queue_service.refusals import Unavailable
from queue_service.settings import Settings

RECONNECT_S = 1.0
CANCEL_S = 0.1

log = structlog.get_logger("engine")


class State(Protocol):
    """What a server knows: all are None until the engine has been reached."""

    ledger: Ledger | None
    access: Access | None
    limits: Limits | None


@asynccontextmanager
async def opened(
    state: State, settings: Settings, *, ends_days: bool = True
) -> AsyncIterator[None]:
    """Work with the engine. One that is away is waited for, after it has been tried once.

    `ends_days`: see `RoundTrips`.
    """
    state.ledger = state.access = state.limits = None
    tried = asyncio.Event()
    working = asyncio.create_task(_hold(state, settings, tried, ends_days), name="ledger")
    working.add_done_callback(stop_loudly)
    working.add_done_callback(lambda _: tried.set())
    try:
        await tried.wait()
        yield
    finally:
        await end({working})


async def _hold(state: State, settings: Settings, tried: asyncio.Event, ends_days: bool) -> None:
    url = settings.redis_url or ""
    while True:
        try:
            async with Ledger.open(url, settings.archives, ends_days=ends_days) as ledger:
                access = Access(ledger.redis, settings.admin_key, settings.pepper)
                hashes = await access.hashes()  # or somebody is told now that no key will fit
                state.access, state.limits = access, Limits(ledger.redis, hashes)
                state.ledger = ledger
                tried.set()
                try:
                    await asyncio.Event().wait()  # until we are ended
                finally:
                    await access.close()
        except Unavailable as away:
            log.warning("engine_away", reason=why(away, url), retry_s=RECONNECT_S)
        tried.set()
        await asyncio.sleep(RECONNECT_S)


def stop_loudly(task: "asyncio.Task[None]") -> None:
    """End the process when a task that never ends has ended: frozen is worse than restarted."""
    if not task.cancelled():
        log.critical("task_died", task=task.get_name(), exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)


async def end(tasks: set["asyncio.Task[None]"]) -> None:
    """End tasks that run for ever."""
    # Asked again until they end: the client of the engine swallows what comes while it connects.
    while running := {task for task in tasks if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CANCEL_S)
