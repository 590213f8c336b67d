"""A worker is killed in the middle of a job: the next one does it, and nothing of the dead is left."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from redis import Redis

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.roll_ups import days, note_cursor, outstanding, roll_up
from tests.faults.engines import connected, until
from tests.faults.proxy import Proxy
from tests.faults.workers import HURRY, Worker
from tests.hall import OFFICE, issue
from worker.jobs import ROLL_UP, USUAL, Times, ask, job_queue

pytestmark = pytest.mark.faults
DAY = "2025-11-24"
JOB = f"{ROLL_UP}-{OFFICE}-{DAY}"
VISITS = 7
ENOUGH = 60  # jobs of each of two workers: without care a tenth of them fails
WORKERS, RUNNING, FAILED = "rq:workers", "rq:wip:madoguchi", "rq:failed:madoguchi"
PATIENCE_S = 20.0


class Scene(NamedTuple):
    """An office, and how a worker gets to it: the ledger through a wire, its jobs directly."""

    ledger: Ledger
    office: Office
    redis: Any
    url: str
    wire: Proxy
    folder: Path

    def worker(self) -> Worker:
        return Worker(self.wire.url, self.folder, self.url)

    async def in_the_middle(self, times: Times = HURRY) -> str:
        """Wait until a worker is in the middle of rolling up the day; returns its name."""
        await eventually(lambda: self.redis.scard(WORKERS) == 1)
        self.wire.mute = True  # from here on it waits for the ledger's answer, for seconds
        for _ in range(VISITS):
            await issue(self.ledger)
        with Redis.from_url(self.url) as asked:
            ask(job_queue(asked, times), ROLL_UP, OFFICE, DAY)
        await eventually(lambda: any(JOB in each for each in self.redis.zrange(RUNNING, 0, -1)))
        (name,) = self.redis.smembers(WORKERS)
        return str(name)

    async def rolled_up(self, visits: int = VISITS) -> None:
        """Wait until no figure is behind: then nobody was counted twice, and nobody is missing."""
        deadline = time.monotonic() + PATIENCE_S
        while (await outstanding(self.ledger, self.office)).dates:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await self.is_right(visits)

    async def is_right(self, visits: int = VISITS) -> None:
        told = await days(self.ledger, self.office, DAY, DAY)
        assert [day.visit_rows.size for day in told] == [visits]
        assert await verify(self.ledger, OFFICE) is None

    def is_clean(self, dead: str) -> bool:
        """Whether rq's lists know of one living worker, and of nothing that the dead one was at."""
        workers = self.redis.smembers(WORKERS)
        return (
            len(workers) == 1
            and dead not in workers
            and self.redis.smembers("rq:workers:madoguchi") == workers
            and not self.redis.exists(RUNNING, f"rq:job:{JOB}", f"rq:executions:{JOB}")
            and not self.redis.exists("rq:queue:madoguchi:intermediate")
        )


async def eventually(holds: Callable[[], Any]) -> None:
    await asyncio.to_thread(until, holds, PATIENCE_S)


@pytest.fixture
async def scene(
    ledger: Ledger, office: Office, engine: Embedded, tmp_path: Path
) -> AsyncIterator[Scene]:
    socket = engine.url.removeprefix("unix://").partition("?")[0]
    async with Proxy(socket, tmp_path / "wire.sock").running() as wire:
        with connected(engine.url) as redis:
            yield Scene(ledger, office, redis, engine.url, wire, tmp_path)


async def nothing(scene: Scene) -> None:
    """The next worker comes at once."""


async def all_is_forgotten(scene: Scene) -> None:
    """The next worker comes when rq has forgotten what the dead one was at."""
    await eventually(lambda: not list(scene.redis.scan_iter(match="rq:execution:*", count=1000)))


async def done_already(scene: Scene) -> None:
    """It was killed when the work was done and only rq had not been told."""
    await roll_up(scene.ledger, scene.office, DAY)
    cursor = (await outstanding(scene.ledger, scene.office)).cursor
    await note_cursor(scene.ledger.redis, OFFICE, cursor)


@pytest.mark.parametrize("meanwhile", [nothing, all_is_forgotten, done_already])
async def test_what_a_killed_worker_was_at_is_done_and_forgotten(
    scene: Scene, meanwhile: Callable[[Scene], Any]
) -> None:
    with scene.worker() as worker:
        dead = await scene.in_the_middle()
        await asyncio.to_thread(worker.kill)
        assert scene.redis.zcard(RUNNING) == 1
        scene.wire.mute = False
        await meanwhile(scene)
        worker.start()
        await scene.rolled_up()
        await eventually(lambda: scene.is_clean(dead))
        assert scene.redis.zrange(FAILED, 0, -1) == []
        await scene.is_right()
        assert await asyncio.to_thread(worker.stop) == 0
    assert scene.redis.exists(WORKERS, RUNNING) == 0


async def test_a_worker_that_was_forgotten_says_again_who_it_is(scene: Scene) -> None:
    """As after a pause of the engine that was longer than a beat."""
    with scene.worker() as worker:
        await eventually(lambda: worker.told("successful_job_count"))
        for key in scene.redis.smembers(WORKERS):
            scene.redis.delete(key, WORKERS, "rq:workers:madoguchi")
        await eventually(lambda: worker.told("queues") == "madoguchi")
        assert scene.redis.smembers("rq:workers:madoguchi") == scene.redis.smembers(WORKERS)


async def test_two_workers_side_by_side_fail_at_nothing(scene: Scene) -> None:
    """Both ask for the same jobs all the time, so that they often do one at the same time."""

    def done(what: str) -> list[int]:
        return [int(scene.redis.hget(name, what) or 0) for name in scene.redis.smembers(WORKERS)]

    visits = 0
    with scene.worker() as one, scene.worker() as other:
        deadline = time.monotonic() + 3 * PATIENCE_S
        while len(jobs := done("successful_job_count")) < 2 or min(jobs) < ENOUGH:
            assert time.monotonic() < deadline
            await issue(scene.ledger, "moving")
            visits += 1
            await asyncio.sleep(0.05)
        await scene.rolled_up(visits)
        assert done("failed_job_count") == [0, 0]
        assert scene.redis.zrange(FAILED, 0, -1) == []
        assert [await asyncio.to_thread(each.stop) for each in (one, other)] == [0, 0]


@contextmanager
def madoguchi_worker(scene: Scene) -> Iterator["subprocess.Popen[bytes]"]:
    """The command, as somebody types it."""
    line = [sys.executable, "-m", "queue_service.cli", "worker", "--data-dir", str(scene.folder)]
    where = {"MADOGUCHI_REDIS_URL": scene.wire.url, "MADOGUCHI_JOBS_REDIS_URL": scene.url}
    with subprocess.Popen(line, env=os.environ | where) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_madoguchi_worker_is_killed_and_started_again(scene: Scene) -> None:
    """With the times it really has: what the dead one has left is over after a minute and a half."""
    with madoguchi_worker(scene) as first:
        dead = await scene.in_the_middle(USUAL)
        first.kill()
        first.wait()
    ((running, forgotten_at),) = scene.redis.zrange(RUNNING, 0, -1, withscores=True)
    assert forgotten_at - time.time() <= USUAL.job + USUAL.grace
    for left in (dead, f"rq:execution:{running}"):
        assert 0 < scene.redis.ttl(left) <= USUAL.job + USUAL.grace
    scene.wire.mute = False
    with madoguchi_worker(scene) as second:
        await scene.rolled_up()
        await eventually(lambda: not scene.redis.exists(RUNNING, f"rq:job:{JOB}"))
        assert scene.redis.zrange(FAILED, 0, -1) == []
        second.terminate()
        assert await asyncio.to_thread(second.wait, 10) == 0
    assert scene.redis.smembers(WORKERS) == {dead}  # until the next cleaning
