"""The tick: every half minute, one job for each office, one for each day with new entries, one
where a day is final, and one each morning to learn from the days before.

Any number of schedules may run side by side; a tick that was missed is made up for by the next,
because a job does all that is outstanding.
"""

import asyncio
import os
import signal
import threading

import structlog
from redis import Redis
from redis.exceptions import RedisError

from queue_service.ledger import OpenLedger
from queue_service.refusals import Unavailable
from queue_service.roll_ups import note_cursor, outstanding
from queue_service.sealing import is_due
from queue_service.waits import are_due
from worker.jobs import LEARN, ROLL_UP, SEAL, TEND, ask, job_queue

TICK_S = 30.0  # a booking lapses at most this late, a day without visitors ends this late
AWAY_S = 2.0  # an engine that is away is asked again so often

log = structlog.get_logger("worker.schedule")


def tick(redis: Redis, open: OpenLedger) -> int:
    """Ask for what has to be done at every office; returns at how many."""
    found = asyncio.run(_survey(open))
    queue = job_queue(redis)
    for office, (dates, more) in found.items():
        ask(queue, TEND, office)
        for date in dates:
            ask(queue, ROLL_UP, office, date)
        for job in more:
            ask(queue, job, office)
    return len(found)


async def _survey(open: OpenLedger) -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """Every office: the business dates whose figures are behind, and what else has to be done."""
    found = {}
    async with open() as ledger:
        for id in await ledger.offices():
            office = await ledger.office(id)
            behind = await outstanding(ledger, office)
            await note_cursor(ledger.redis, id, behind.cursor)
            due = {SEAL: await is_due(ledger, office), LEARN: await are_due(ledger, id)}
            found[id] = (behind.dates, [job for job, holds in due.items() if holds])
    return found


class Schedule(threading.Thread):
    """Ticks until told to stop. A thread: rq keeps the main one for its signals."""

    def __init__(self, redis: Redis, open: OpenLedger, tick_s: float = TICK_S) -> None:
        super().__init__(name="schedule", daemon=True)
        self._redis = redis
        self._open = open
        self._tick_s = tick_s
        self._stopped = threading.Event()
        self.failed = False

    def stop(self) -> None:
        """End after the present tick."""
        self._stopped.set()

    def run(self) -> None:
        """Tick; a failure that is not the engine's stops the whole worker loudly."""
        try:
            while not self._stopped.wait(self._tick()):
                pass
        except Exception:
            self.failed = True
            log.critical("schedule_died", exc_info=True)
            os.kill(os.getpid(), signal.SIGTERM)

    def _tick(self) -> float:
        try:
            tick(self._redis, self._open)
        except (RedisError, Unavailable) as failure:
            log.warning("engine_away", error=type(failure).__name__)
            return AWAY_S
        return self._tick_s
