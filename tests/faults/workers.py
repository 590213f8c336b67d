"""The worker as a process of its own, as `madoguchi worker` runs it, but in a hurry."""

import os
import signal
import sys
from pathlib import Path
from typing import Self

from queue_service.logs import configure
from queue_service.settings import Settings
from tests.live import forks
from worker.jobs import Times
from worker.work import work

# There is always something to be killed in, and the dead are forgotten within seconds.
HURRY = Times(tick=0.05, away=0.05, job=2, beat=1, grace=1, cleaning=0)


class Worker:
    """A worker process with its schedule, alive from the beginning of the block to its end."""

    def __init__(
        self, url: str, data_dir: Path, jobs_url: str | None = None, times: Times = HURRY
    ) -> None:
        self._args = (url, data_dir, jobs_url, times)

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

    def _start(self) -> None:
        self._process = forks.Process(target=_work, args=self._args)
        self._process.start()


def _work(url: str, data_dir: Path, jobs_url: str | None, times: Times) -> None:
    configure("text")
    sys.exit(work(Settings(data_dir=data_dir, redis_url=url, jobs_redis_url=jobs_url), times))
