"""What goes wrong in the worker: it is seen, and it keeps nothing else from being done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from redis import Redis
from rq.registry import FailedJobRegistry

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.roll_ups import days, outstanding, roll_up
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue, wish
from tests.integration.test_worker import worked_off
from tests.live import Live, live
from worker.jobs import ROLL_UP, SEAL, TEND, ask, job_queue
from worker.schedule import tick

DAY = "2025-11-24"
DAY_MS = 86_400_000
TWIN = "twin"  # after the small office in the order of the alphabet


@pytest.fixture
def redis(engine_url: str) -> Iterator[Redis]:
    """A client as rq wants it: it answers in bytes."""
    with Redis.from_url(engine_url) as client:
        yield client


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Embedded]:
    """An engine for jobs alone."""
    with Embedded(tmp_path / "elsewhere") as engine:
        yield engine


@pytest.fixture
async def both(ledger: Ledger, office: Office) -> Ledger:
    """Two offices with a visitor each."""
    await ledger.simulate(TWIN, TEN_O_CLOCK, 0)
    await ledger.apply_office(replace(office, id=TWIN))
    await issue(ledger)
    await ledger.issue(TWIN, wish())
    return ledger


async def trimmed(ledger: Ledger) -> None:
    await ledger.redis.xtrim(keys.of(OFFICE, "ledger"), maxlen=1, approximate=False)


async def overwritten(ledger: Ledger) -> None:
    event = {"event": '{"type":"Issued","at":"never"}'}
    await ledger.redis.xadd(keys.of(OFFICE, "ledger"), event, id="99-0")


async def of_another_kind(ledger: Ledger) -> None:
    await ledger.redis.set(keys.of(OFFICE, "rolled"), "no hash")


async def undefined(ledger: Ledger) -> None:
    await ledger.redis.hdel(keys.of(OFFICE, "head"), "version")


Damage = Callable[[Ledger], Awaitable[None]]
DAMAGES = (trimmed, overwritten, of_another_kind, undefined)


def failed(redis: Redis) -> list[str]:
    """The ids of the jobs that failed."""
    return FailedJobRegistry(queue=job_queue(redis)).get_job_ids()


def told(service: Live) -> dict[str, float]:
    """Our figures for a monitor, by their names."""
    with service.client() as admin:
        answer = admin.get("/metrics")
    assert answer.status_code == 200
    lines = (line for line in answer.text.splitlines() if line.startswith("madoguchi_"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_office_keeps_no_other_waiting(
    both: Ledger, office: Office, redis: Redis, engine_url: str, damage: Damage
) -> None:
    open = partial(Ledger.open, engine_url)
    await damage(both)
    assert await asyncio.to_thread(tick, redis, open) == 2
    await worked_off(redis, open)
    twin = replace(office, id=TWIN)
    assert (await outstanding(both, twin)).dates == ()
    assert [day.visit_rows.size for day in await days(both, twin, DAY, DAY)] == [1]
    assert f"survey-{OFFICE}" in failed(redis)
    assert not [id for id in failed(redis) if TWIN in id]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_monitor_is_told_of_the_offices_that_are_well(
    both: Ledger, engine_url: str, tmp_path: Path, damage: Damage
) -> None:
    await damage(both)
    with live(engine_url, tmp_path) as service:
        found = told(service)
    assert found[f'madoguchi_rollup_days_behind{{office="{TWIN}"}}'] == 1
    assert not [name for name in found if f'"{OFFICE}"' in name]


async def test_one_job_that_fails_is_one_in_the_figures(
    ledger: Ledger, redis: Redis, engine_url: str, tmp_path: Path
) -> None:
    await issue(ledger)
    await trimmed(ledger)
    with live(engine_url, tmp_path) as service:
        assert told(service)["madoguchi_jobs_failed"] == 0
        for _ in range(2):
            ask(job_queue(redis), ROLL_UP, OFFICE, DAY)
            ask(job_queue(redis), TEND, OFFICE)
            await worked_off(redis, partial(Ledger.open, engine_url))
        assert failed(redis) == [f"{ROLL_UP}-{OFFICE}-{DAY}"]
        assert told(service)["madoguchi_jobs_failed"] == 1
        # Whether a worker lives that forgets it, or not: after an hour it is over.
        redis.zadd(keys.FAILED_JOBS, {f"{ROLL_UP}-{OFFICE}-{DAY}": time.time() - 1})
        assert told(service)["madoguchi_jobs_failed"] == 0


async def test_failures_are_looked_for_where_the_jobs_are(
    ledger: Ledger, redis: Redis, engine_url: str, elsewhere: Embedded, tmp_path: Path
) -> None:
    with Redis.from_url(elsewhere.url) as jobs:
        ask(job_queue(jobs), TEND, "nowhere")
        await worked_off(jobs, partial(Ledger.open, engine_url))
    assert failed(redis) == []
    days_behind = f'madoguchi_rollup_days_behind{{office="{OFFICE}"}}'
    with live(engine_url, tmp_path, jobs_url=elsewhere.url) as service:
        found = told(service)
        assert (found["madoguchi_jobs_failed"], found[days_behind]) == (1, 0)
        elsewhere.stop()
        found = told(service)
    assert "madoguchi_jobs_failed" not in found, "nobody knows: that is not zero"
    assert found[days_behind] == 0


async def test_a_monitor_is_told_nothing_of_an_engine_that_went_away(
    office: Office, tmp_path: Path
) -> None:
    """And not what was true before."""
    with Embedded(tmp_path / "data") as engine:
        async with Ledger.open(engine.url) as ledger:
            await ledger.apply_office(office)
        with live(engine.url, tmp_path) as service:
            before = told(service)
            engine.stop()
            after = told(service)
    gone = {"madoguchi_jobs_failed", f'madoguchi_rollup_days_behind{{office="{OFFICE}"}}'}
    assert gone <= before.keys()
    assert not gone & after.keys()


async def test_an_engine_that_is_away_is_no_failure(redis: Redis) -> None:
    for job in (TEND, SEAL):
        ask(job_queue(redis), job, OFFICE)
    await worked_off(redis, partial(Ledger.open, "unix:///nowhere/engine.sock"))
    assert failed(redis) == []
    assert job_queue(redis).get_job_ids() == []


async def test_an_engine_that_cannot_write_is_a_failure(
    ledger: Ledger, engine_url: str, elsewhere: Embedded
) -> None:
    await issue(ledger)
    with Redis.from_url(elsewhere.url) as jobs:
        ask(job_queue(jobs), ROLL_UP, OFFICE, DAY)
        await ledger.redis.config_set("maxmemory", 1)
        try:
            await worked_off(jobs, partial(Ledger.open, engine_url))
        finally:
            await ledger.redis.config_set("maxmemory", 0)
        assert failed(jobs) == [f"{ROLL_UP}-{OFFICE}-{DAY}"]


async def test_a_day_that_cannot_be_sealed_is_seen_and_sealed_when_it_can(
    ledger: Ledger, office: Office, redis: Redis, engine_url: str, tmp_path: Path
) -> None:
    archives = tmp_path / "archive"
    archives.write_text("in the way")
    await ledger.redis.set(keys.DATASET, "of-the-tests")
    await issue(ledger)
    await ledger.simulate(OFFICE, TEN_O_CLOCK + 2 * DAY_MS, 0)
    await ledger.tend(OFFICE)
    for day in (await outstanding(ledger, office)).dates:
        await roll_up(ledger, office, day)
    held = await ledger.redis.xlen(keys.of(OFFICE, "ledger"))
    open = partial(Ledger.open, engine_url, archives)
    with live(engine_url, tmp_path) as service:
        for n in (1, 1):
            await asyncio.to_thread(tick, redis, open)
            await worked_off(redis, open)
            found = told(service)
            assert found["madoguchi_jobs_failed"] == n
            assert found[f'madoguchi_sealing_days_behind{{office="{OFFICE}"}}'] == 1
        assert failed(redis) == [f"{SEAL}-{OFFICE}"]
        assert await ledger.redis.xlen(keys.of(OFFICE, "ledger")) == held
        archives.unlink()
        await asyncio.to_thread(tick, redis, open)
        await worked_off(redis, open)
        assert told(service)[f'madoguchi_sealing_days_behind{{office="{OFFICE}"}}'] == 0
    assert await ledger.redis.xlen(keys.of(OFFICE, "ledger")) < held
