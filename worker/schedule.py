"""The tick: every half minute, one job for each office, and one for each day with new entries.

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

from queue_service.refusals import Unavailable
from worker.jobs import ROLL_UP, TEND, ask, job_queue
from worker.rollup import survey

TICK_S = 30.0  # a booking lapses at most this late, a day without visitors ends this late
AWAY_S = 2.0  # an engine that is away is asked again so often

log = structlog.get_logger("worker.schedule")


def tick(redis: Redis, ledger_url: str) -> int:
    """Ask for what has to be done at every office; returns at how many."""
    found = asyncio.run(survey(ledger_url))
    queue = job_queue(redis)
    for office, dates in found.items():
        ask(queue, TEND, office)
        for date in dates:
            ask(queue, ROLL_UP, office, date)
    return len(found)


class Schedule(threading.Thread):
    """Ticks until told to stop. A thread: rq keeps the main one for its signals."""

    def __init__(self, redis: Redis, ledger_url: str, tick_s: float = TICK_S) -> None:
        super().__init__(name="schedule", daemon=True)
        self._redis = redis
        self._ledger_url = ledger_url
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
            tick(self._redis, self._ledger_url)
        except (RedisError, Unavailable) as failure:
            log.warning("engine_away", error=type(failure).__name__)
            return AWAY_S
        return self._tick_s
