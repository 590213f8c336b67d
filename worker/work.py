"""One worker process: the schedule and an rq worker, from the first breath to the last."""

import time
from functools import partial

import structlog
from redis import Redis
from redis.exceptions import RedisError

from queue_service.connection import UNNAMED
from queue_service.engine_trouble import explained
from queue_service.ledger import Ledger
from queue_service.settings import Settings
from worker.jobs import USUAL, Times, make_worker
from worker.schedule import Schedule

log = structlog.get_logger("worker")


def work(settings: Settings, times: Times = USUAL) -> int:
    """Work until told to stop; returns the exit code.

    SIGTERM ends it after the present job, which takes seconds at most. An engine that is away is
    waited for; when it goes while a job runs, rq gives up: the exit code is 1, and whoever started
    us starts us again.
    """
    ledger_url = settings.redis_url
    assert ledger_url is not None, "whoever starts a worker knows the engine"
    open = partial(Ledger.open, ledger_url, settings.archives)
    jobs_url = settings.jobs_redis_url or ledger_url
    with Redis.from_url(jobs_url, **UNNAMED) as redis:
        _wait_for(redis, jobs_url, times)
        schedule = Schedule(redis, open, times)
        try:
            worker = make_worker(redis, open, settings.retention_days, times)
            schedule.start()
            worker.work(logging_level="WARNING")
        except RedisError as failure:
            log.error("worker_stops", error=explained(failure, jobs_url))
            return 1
        finally:
            schedule.stop()
        return 0 if worker.was_asked_to_stop and not schedule.failed else 1


def _wait_for(redis: Redis, url: str, times: Times) -> None:
    while True:
        try:
            redis.ping()
            return
        except RedisError as failure:
            log.warning("engine_away", reason=explained(failure, url))
            time.sleep(times.away)
