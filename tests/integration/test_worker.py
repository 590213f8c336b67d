"""The worker: real jobs on a real engine, and the worker process as it is started."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from queue_service import keys
from queue_service.ledger import Ledger, OpenLedger
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.tickets import BOOKING_GRACE_MS, State
from tests.conftest import TEN_O_CLOCK
from tests.faults.engines import until
from tests.hall import OFFICE, issue
from worker.jobs import QUEUE, TEND, HouseJob, Times, ask, job_queue, make_worker
from worker.schedule import Schedule, tick

DAY_MS = 24 * 3_600_000


@pytest.fixture
def redis(engine_url: str) -> Iterator[Redis]:
    """A client as rq wants it: it answers in bytes."""
    with Redis.from_url(engine_url) as client:
        yield client


async def worked_off(redis: Redis, open: OpenLedger, retention_days: int | None = None) -> None:
    """Run every waiting job, as a worker process would."""
    # rq's worker wants a main thread without a loop; the loop of the tests has this one.
    await asyncio.to_thread(_burst, redis, open, retention_days)


def _burst(redis: Redis, open: OpenLedger, retention_days: int | None) -> None:
    worker = make_worker(redis, open, retention_days)
    worker._install_signal_handlers = lambda: None  # type: ignore[method-assign]
    worker.death_penalty_class = _NoPenalty  # type: ignore[assignment]
    worker.work(burst=True, logging_level="WARNING")


class _NoPenalty:
    """Alarms need the main thread."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


async def test_a_booking_lapses_without_anybody_touching_the_office(
    ledger: Ledger, redis: Redis, engine_url: str
) -> None:
    booked = TEN_O_CLOCK + 60_000
    ticket = (await issue(ledger, booked_for=booked)).ticket.seq
    await ledger.simulate(OFFICE, booked + BOOKING_GRACE_MS, 0)
    await asyncio.to_thread(tick, redis, partial(Ledger.open, engine_url))
    await worked_off(redis, partial(Ledger.open, engine_url))
    assert (await ledger.ticket(OFFICE, ticket)).ticket.state is State.EXPIRED


async def test_a_day_without_visitors_ends(ledger: Ledger, redis: Redis, engine_url: str) -> None:
    await issue(ledger)
    await ledger.simulate(OFFICE, TEN_O_CLOCK + DAY_MS, 0)
    await asyncio.to_thread(tick, redis, partial(Ledger.open, engine_url))
    await worked_off(redis, partial(Ledger.open, engine_url))
    names = [type(entry.event).__name__ for entry in await ledger.entries(OFFICE)]
    assert names[-3:] == ["Expired", "DayClosed", "DayOpened"]
    assert await verify(ledger, OFFICE) is None


async def test_asking_often_leaves_one_job_waiting(
    ledger: Ledger, redis: Redis, engine_url: str
) -> None:
    for _ in range(5):
        await asyncio.to_thread(tick, redis, partial(Ledger.open, engine_url))
    assert job_queue(redis).get_job_ids() == [f"tend-{OFFICE}"]


async def test_two_schedules_at_once_do_no_harm(
    ledger: Ledger, redis: Redis, engine_url: str
) -> None:
    often = Times(tick=0.02)
    schedules = [Schedule(redis, partial(Ledger.open, engine_url), often) for _ in range(2)]
    for schedule in schedules:
        schedule.start()
    deadline = time.monotonic() + 5
    while not job_queue(redis).get_job_ids():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    await worked_off(redis, partial(Ledger.open, engine_url))
    for schedule in schedules:
        schedule.stop()
    for schedule in schedules:
        await asyncio.to_thread(schedule.join, 5)
    await worked_off(redis, partial(Ledger.open, engine_url))
    assert await verify(ledger, OFFICE) is None


async def test_a_job_that_failed_is_asked_for_again(
    ledger: Ledger, redis: Redis, engine_url: str
) -> None:
    """rq's `unique` would refuse the id for a year."""
    queue = job_queue(redis)
    ask(queue, TEND, OFFICE)
    await worked_off(redis, "unix:///nowhere/engine.sock")
    ask(queue, TEND, OFFICE)
    assert queue.get_job_ids() == [f"tend-{OFFICE}"]
    booked = TEN_O_CLOCK + 60_000
    ticket = (await issue(ledger, booked_for=booked)).ticket.seq
    await ledger.simulate(OFFICE, booked + BOOKING_GRACE_MS, 0)
    await worked_off(redis, partial(Ledger.open, engine_url))
    assert (await ledger.ticket(OFFICE, ticket)).ticket.state is State.EXPIRED


async def test_jobs_leave_nothing_behind(ledger: Ledger, redis: Redis, engine_url: str) -> None:
    for _ in range(3):
        await asyncio.to_thread(tick, redis, partial(Ledger.open, engine_url))
        await worked_off(redis, partial(Ledger.open, engine_url))
    left = {key.decode() for key in redis.scan_iter(match="rq:*", count=1000)}
    without_end = {key for key in left if redis.ttl(key) == -1}
    assert not [key for key in left if "tend" in key]
    assert len(without_end) <= 3, f"keys that do not grow with the jobs: {without_end}"


async def test_a_job_that_is_not_ours_is_not_run(
    ledger: Ledger, redis: Redis, engine_url: str, tmp_path: Path
) -> None:
    """Whoever can write into the queue must not be able to run what he likes."""
    proof = tmp_path / "proof"
    foreign = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    job = foreign.enqueue("os.system", f"touch {proof}")
    await worked_off(redis, partial(Ledger.open, engine_url))
    assert not proof.exists()
    assert Job.fetch(job.id, connection=redis, serializer=JSONSerializer).is_failed


def test_the_test_above_would_notice(engine_url: str, redis: Redis, tmp_path: Path) -> None:
    """rq alone does run such a job."""
    proof = tmp_path / "proof"
    foreign = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    foreign.enqueue("os.system", f"touch {proof}")
    SimpleWorker([foreign], connection=redis, serializer=JSONSerializer).work(
        burst=True, logging_level="ERROR"
    )
    assert proof.exists()
    assert HouseJob is not Job


async def test_rq_info_shows_our_queue(ledger: Ledger, redis: Redis, engine_url: str) -> None:
    """With the address that `madoguchi doctor` prints, as `madoguchi worker --help` says."""
    ask(job_queue(redis), TEND, "nowhere")
    await worked_off(redis, partial(Ledger.open, engine_url))
    ask(job_queue(redis), TEND, OFFICE)
    rq = Path(sys.executable).with_name("rq")
    told = await asyncio.to_thread(
        subprocess.run, [rq, "info", "-u", engine_url], capture_output=True, text=True, check=True
    )
    queue, *_ = (line for line in told.stdout.splitlines() if line.startswith(QUEUE))
    assert re.findall(r"\d+ [a-z]+", queue) == ["0 executing", "0 finished", "1 failed"]
    assert re.search(r"\|█* *1,", queue), "one waits"
    assert told.stderr == ""


# ---- the process


@pytest.fixture
def process(engine_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker as it is started by hand."""
    env = os.environ | {"MADOGUCHI_REDIS_URL": engine_url}
    child = subprocess.Popen([sys.executable, "-m", "worker"], env=env)
    yield child
    child.kill()
    child.wait()


def registered(redis: Redis) -> bool:
    return bool(redis.scard("rq:workers"))


async def test_a_worker_process_tends_and_stops_when_asked(
    ledger: Ledger, office: Office, redis: Redis, process: "subprocess.Popen[bytes]"
) -> None:
    await issue(ledger)
    await ledger.simulate(OFFICE, TEN_O_CLOCK + DAY_MS, 0)
    await asyncio.to_thread(until, lambda: registered(redis))

    def ended() -> bool:
        # The first tick may have come before the clock was set: ask as the next one would.
        ask(job_queue(redis), TEND, OFFICE)
        return bool(redis.hget(keys.of(OFFICE, "head"), "date") != b"2025-11-24")

    await asyncio.to_thread(until, ended)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 5) == 0
    assert not registered(redis)


async def test_the_command_line_of_a_worker_stays(
    redis: Redis, process: "subprocess.Popen[bytes]"
) -> None:
    await asyncio.to_thread(until, lambda: registered(redis))
    line = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
    assert line[1:3] == [b"-m", b"worker"]
