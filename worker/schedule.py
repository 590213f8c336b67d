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

from queue_service.ledger import Ledger, OpenLedger
from queue_service.refusals import Unavailable
from worker.jobs import LEARN, ROLL_UP, SEAL, SURVEY, TEND, USUAL, Times, ask, job_queue
from worker.survey import due

log = structlog.get_logger("worker.schedule")

Wanted = tuple[str, ...]  # a job, and what it is about


def tick(redis: Redis, open: OpenLedger, times: Times = USUAL) -> int:
    """Ask for what has to be done at every office; returns at how many."""
    found = asyncio.run(_survey(open))
    queue = job_queue(redis, times)
    for wanted in found.values():
        for job in wanted:
            ask(queue, *job)
    return len(found)


async def _survey(open: OpenLedger) -> dict[str, list[Wanted]]:
    """What has to be done at every office."""
    async with open() as ledger:
        offices = await ledger.offices()
        return {id: [(TEND, id), *await _beside(ledger, id)] for id in offices}


async def _beside(ledger: Ledger, id: str) -> list[Wanted]:
    """What has to be done at an office beside tending it.

    One that cannot be looked at, because its ledger is damaged, keeps no other waiting: a job looks
    again, and fails where failures are seen.

    Raises:
        Unavailable: the engine is away, and with it every office.
    """
    try:
        found = await due(ledger, id)
    except Unavailable:
        raise
    except Exception as damage:  # noqa: BLE001 - however it is damaged; the job's failure tells more
        log.error("not_surveyed", office=id, reason=str(damage))
        return [(SURVEY, id)]
    wanted = [(ROLL_UP, id, date) for date in found.dates]
    return [*wanted, *([(SEAL, id)] * found.sealing), *([(LEARN, id)] * found.learning)]


class Schedule(threading.Thread):
    """Ticks until told to stop. A thread: rq keeps the main one for its signals."""

    def __init__(self, redis: Redis, open: OpenLedger, times: Times = USUAL) -> None:
        super().__init__(name="schedule", daemon=True)
        self._redis = redis
        self._open = open
        self._times = times
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
            tick(self._redis, self._open, self._times)
        except (RedisError, Unavailable) as failure:
            log.warning("engine_away", reason=str(failure.__cause__ or failure))
            return self._times.away
        return self._times.tick
