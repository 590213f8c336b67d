"""The worker as a process of its own, as `madoguchi worker` runs it, but in a hurry; and its end."""

import os
import signal
import sys
from pathlib import Path
from random import Random
from typing import Self

from queue_service.embedded import Embedded
from queue_service.logs import configure
from queue_service.settings import Settings
from tests.faults.engines import connected, kill, until
from tests.live import forks
from worker.jobs import Times
from worker.work import work

# There is always something to be killed in, and the dead are forgotten within seconds.
HURRY = Times(tick=0.05, away=0.05, job=2, beat=1, grace=1, cleaning=0)


class Worker:
    """A worker process with its schedule, alive from the beginning of the block to its end."""

    def __init__(
        self,
        url: str,
        data_dir: Path,
        jobs_url: str | None = None,
        times: Times = HURRY,
        retention_days: int | None = None,
    ) -> None:
        self._args = (url, data_dir, jobs_url, times, retention_days)

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it again, as `up` does when it has died."""
        if not self._process.is_alive():
            self._start()

    def kill(self) -> None:
        """End it as a crash would; returns when it is gone."""
        self._process.kill()
        self._process.join()

    def stop(self, seconds: float = 10.0) -> int | None:
        """Ask it to end; returns its exit code."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGTERM)
        self._process.join(seconds)
        return self._process.exitcode

    def told(self, what: str) -> str | None:
        """What rq knows of this process: its `state`, or its `successful_job_count`."""
        with connected(self._args[2] or self._args[0]) as redis:
            for key in redis.smembers("rq:workers"):
                pid, told = redis.hmget(key, "pid", what)
                if pid == str(self._process.pid):
                    return told
        return None

    def job(self) -> str:
        """Which job it is in the middle of, "" if it is in none."""
        if self.told("state") != "busy":
            return ""
        with connected(self._args[2] or self._args[0]) as redis:
            (*_, running) = redis.zrange("rq:wip:madoguchi", -1, -1) or [""]
        return running.partition("-")[0]

    def _start(self) -> None:
        self._process = forks.Process(target=_work, args=self._args)
        self._process.start()


def _work(
    url: str, data_dir: Path, jobs_url: str | None, times: Times, retention_days: int | None
) -> None:
    configure("text")
    settings = Settings(
        data_dir=data_dir, redis_url=url, jobs_redis_url=jobs_url, retention_days=retention_days
    )
    sys.exit(work(settings, times))


def strike(chance: Random, engine: Embedded, worker: Worker) -> str:
    """Kill worker or engine or both, start again what has ended, and wait until work goes on.

    Schedule and jobs are one process: there is no killing one without the other. Returns in the
    middle of which job the worker was, "" for none.
    """
    victim = chance.choice(("worker", "engine", "both"))
    job = worker.job()
    if victim != "worker":
        kill(engine)
    if victim != "engine":
        worker.kill()
    engine.start()
    before = worker.told("successful_job_count")

    def works() -> bool:
        worker.start()  # without its engine it may have given up
        return worker.told("successful_job_count") not in (None, before)

    until(works, 30)
    return job
